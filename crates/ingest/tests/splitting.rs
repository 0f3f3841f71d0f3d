//! Passages must cover the text, keep to their size, and say where they are.

use proptest::prelude::*;
use trommel_core::{Document, Lines, Markup, Passage, TokenCounter};
use trommel_ingest::{SplitSettings, Splitter};

/// Counts as WordPiece does: a punctuation character is one token, every four letters of a word one.
struct WordPieceLike;

impl TokenCounter for WordPieceLike {
    fn count(&self, text: &str) -> usize {
        let (mut tokens, mut run) = (0, 0usize);
        for character in text.chars() {
            if character.is_alphanumeric() {
                run += 1;
            } else {
                tokens += run.div_ceil(4) + usize::from(!character.is_whitespace());
                run = 0;
            }
        }
        tokens + run.div_ceil(4)
    }
}

fn document(text: &str, markup: Markup) -> Document {
    Document::new("d", text).with_markup(markup)
}

fn split(document: &Document, max_tokens: usize, overlap_tokens: usize) -> Vec<Passage> {
    Splitter::new(&WordPieceLike, SplitSettings { max_tokens, overlap_tokens }).split(document)
}

/// Checks all that holds for any text, and returns what is wrong.
fn check(document: &Document, max_tokens: usize, overlap_tokens: usize) -> Result<(), String> {
    let text = &document.text;
    let passages = split(document, max_tokens, overlap_tokens);
    let mut covered = 0;
    let mut previous = None::<std::ops::Range<usize>>;
    for passage in &passages {
        let bytes = passage.bytes.clone();
        let own = text.get(bytes.clone()).ok_or(format!("{bytes:?} is no range of the text"))?;
        if own.is_empty() || own.trim() != own {
            return Err(format!("not trimmed: {own:?}"));
        }
        if WordPieceLike.count(own) > max_tokens {
            return Err(format!("{} tokens in {own:?}", WordPieceLike.count(own)));
        }
        if let Some(previous) = &previous {
            if bytes.start <= previous.start || bytes.end <= previous.end {
                return Err(format!("{bytes:?} does not follow {previous:?}"));
            }
            let shared = text.get(bytes.start..previous.end).unwrap_or("");
            if WordPieceLike.count(shared) > overlap_tokens.min(max_tokens / 2) {
                return Err(format!("overlap too large: {shared:?}"));
            }
        }
        let gap = text.get(covered..bytes.start).unwrap_or("");
        if !gap.trim().is_empty() {
            return Err(format!("left out: {gap:?}"));
        }
        let line = |at: usize| 1 + text[..at].matches('\n').count() as u32;
        let last = bytes.end - own.chars().next_back().map_or(0, char::len_utf8);
        if passage.lines != (Lines { first: line(bytes.start), last: line(last) }) {
            return Err(format!("{} is wrong for {bytes:?}", passage.lines));
        }
        covered = bytes.end;
        previous = Some(bytes);
    }
    let rest = &text[covered..];
    if rest.trim().is_empty() { Ok(()) } else { Err(format!("left out at the end: {rest:?}")) }
}

fn fragment() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[a-z]{1,12}[.,;!?]? ",
        2 => "\\PC{0,20}",
        1 => "(\r?\n){1,4}",
        1 => "\n#{1,6} [A-Z][a-z]{2,8}\n\n",
        1 => Just("\n```\n# code\n\n  more code\n```\n".to_owned()),
        1 => Just("\n- item\n  - item [a link](http://a.b/c)\n\n> quoted *text*\n".to_owned()),
        1 => Just("\n| a | b |\n|---|---|\n| 1 | 2 |\n".to_owned()),
        1 => "[a-z0-9/_-]{40,300}",
        1 => "[\u{4e00}-\u{4eff}]{10,120}",
        1 => "[e\u{301}\u{200d}👩🏽 \t\u{a0}]{1,9}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn any_text_is_covered_by_passages_of_the_right_size(
        fragments in prop::collection::vec(fragment(), 0..120),
        times in prop_oneof![4 => Just(1usize), 1 => Just(20)],
        max_tokens in 1usize..80,
        overlap_tokens in 0usize..50,
        markdown in any::<bool>(),
    ) {
        let markup = if markdown { Markup::Markdown } else { Markup::Plain };
        let document = document(&fragments.concat().repeat(times), markup);
        prop_assert_eq!(check(&document, max_tokens, overlap_tokens), Ok(()));
    }
}

#[test]
fn a_markdown_passage_knows_the_headings_above_it() {
    let text = "# Soups\n\nHot food in bowls.\n\n## Stock\n\nBones and water simmer.\n\n\
        ### Fish\n\nTwenty minutes.\n\n```\n# not a heading\n```\n\n## Serving\n\nWith bread.\n";
    let document = document(text, Markup::Markdown);
    let passages = split(&document, 12, 0);
    let seen: Vec<(String, &str)> = passages
        .iter()
        .map(|passage| (passage.headings.join(" > "), passage.text(&document)))
        .map(|(trail, text)| (trail, text.lines().next().unwrap()))
        .collect();
    assert_eq!(
        seen,
        [
            ("Soups".to_owned(), "# Soups"),
            ("Soups > Stock".to_owned(), "## Stock"),
            ("Soups > Stock > Fish".to_owned(), "### Fish"),
            ("Soups > Stock > Fish".to_owned(), "```"),
            ("Soups > Serving".to_owned(), "## Serving"),
        ]
    );
    assert_eq!(passages[1].lines, Lines { first: 5, last: 7 });
}

#[test]
fn a_title_without_text_can_be_found() {
    let mut titled = document(" \n ", Markup::Plain);
    assert_eq!(split(&titled, 10, 0), []);
    titled.title = "Title only".into();
    let lines = Lines { first: 1, last: 1 };
    assert_eq!(
        split(&titled, 10, 0),
        [Passage { bytes: 0..0, lines, headings: vec![], location: None }]
    );
}

#[test]
fn a_short_text_is_one_passage() {
    let text = document("\n\nOne short paragraph.\n", Markup::Plain);
    let passages = split(&text, 64, 16);
    assert_eq!(passages.len(), 1);
    assert_eq!((passages[0].bytes.clone(), passages[0].lines.first), (2..22, 3));
}

#[test]
fn settings_that_make_no_sense_lose_no_text() {
    let text = document("some words, and more", Markup::Plain);
    assert_eq!(check(&text, 1, 0), Ok(()));
    assert_eq!(split(&text, 0, 9), split(&text, 1, 0));
    assert_eq!(split(&text, 4, 99), split(&text, 4, 2));
    assert_eq!(split(&text, usize::MAX, usize::MAX).len(), 1);
}

#[test]
fn a_long_text_without_white_space_gives_bounded_passages() {
    for text in ["a".repeat(1_000_000), "語".repeat(100_000), "ab/=".repeat(100_000)] {
        let document = document(&text, Markup::Plain);
        let longest = split(&document, 256, 32).iter().map(|p| p.bytes.len()).max();
        assert!(longest <= Some(256 * 64), "{longest:?}");
        assert_eq!(check(&document, 256, 32), Ok(()));
    }
}

/// One token for any word, however long, as WordPiece has for words over 100 characters.
struct OneEach;

impl TokenCounter for OneEach {
    fn count(&self, text: &str) -> usize {
        text.split_whitespace().count()
    }
}

#[test]
fn a_megabyte_that_counts_as_one_token_is_cut_all_the_same() {
    let document = document(&"a".repeat(1 << 20), Markup::Plain);
    let settings = SplitSettings { max_tokens: 256, overlap_tokens: 0 };
    let passages = Splitter::new(&OneEach, settings).split(&document);
    assert_eq!(passages.len(), (1 << 20) / (256 * 64));
}

#[test]
fn passages_do_not_depend_on_what_was_split_before() {
    let splitter =
        Splitter::new(&WordPieceLike, SplitSettings { max_tokens: 20, overlap_tokens: 5 });
    let text = document(&"The quick brown fox, at last. ".repeat(900), Markup::Plain);
    let first = splitter.split(&text);
    let _ = splitter.split(&document("other words", Markup::Plain));
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..4).map(|_| scope.spawn(|| splitter.split(&text))).collect();
        for passages in all {
            assert_eq!(passages.join().unwrap(), first);
        }
    });
}
