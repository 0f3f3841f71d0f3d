//! What a query says as one: words that no space parts, such as `KD-1`, and words in quotes.

use crate::analyzer::{Analyzer, MAX_QUERY_TERMS};

/// A query's further phrases are not looked at: this bounds the work of any query.
const MAX_QUERY_PHRASES: usize = 16;

/// What may stand between words that are one: a code, a path, an address, a hyphenated word.
const JOINERS: &str = "-\u{2010}\u{2011}\u{2013}_./\\:+#&@~'\u{2019}";

/// Words that stand side by side wherever they are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phrase {
    /// At least two terms as they stand in the index, each with its place from that of the first: stop
    /// words between them leave gaps.
    pub(crate) terms: Vec<(usize, String)>,
}

/// Returns the distinct phrases of a query in order of first occurrence.
pub(crate) fn phrases(analyzer: Analyzer, query: &str) -> Vec<Phrase> {
    let words: Vec<Word> = analyzer
        .words(query)
        .into_iter()
        .take(MAX_QUERY_TERMS)
        .map(|token| Word {
            term: token.text,
            position: token.position,
            bytes: (token.offset_from, token.offset_to),
        })
        .collect();
    let joined =
        words.chunk_by(|a, b| joins(&query[a.bytes.1..b.bytes.0]) || is_number(query, a, b));
    let quoted = quotes(query).into_iter().map(|(from, to)| {
        let first = words.partition_point(|word| word.bytes.0 < from);
        let end = words.partition_point(|word| word.bytes.0 < to);
        &words[first..end]
    });
    let mut phrases: Vec<Phrase> = Vec::new();
    for words in joined.chain(quoted).filter(|words| words.len() > 1) {
        let place = |word: &Word| (word.position - words[0].position, word.term.clone());
        let phrase = Phrase { terms: words.iter().map(place).collect() };
        if phrases.len() < MAX_QUERY_PHRASES && !phrases.contains(&phrase) {
            phrases.push(phrase);
        }
    }
    phrases
}

/// A word of a query.
struct Word {
    term: String,
    position: usize,
    bytes: (usize, usize),
}

/// Whether what stands between two words, stop words included, makes them one.
fn joins(between: &str) -> bool {
    between.chars().all(|c| c.is_alphanumeric() || JOINERS.contains(c))
}

/// Whether a comma between two words parts the digits of a number.
fn is_number(query: &str, a: &Word, b: &Word) -> bool {
    let ends_in_digit = query[..a.bytes.1].ends_with(|c: char| c.is_ascii_digit());
    let begins_with_digit = query[b.bytes.0..].starts_with(|c: char| c.is_ascii_digit());
    &query[a.bytes.1..b.bytes.0] == "," && ends_in_digit && begins_with_digit
}

/// Returns the bytes between two quotation marks, for every pair of them.
fn quotes(query: &str) -> Vec<(usize, usize)> {
    let marks = query.match_indices(['"', '\u{201c}', '\u{201d}', '\u{201e}']);
    let marks: Vec<(usize, &str)> = marks.collect();
    let pair = |pair: &[(usize, &str)]| (pair[0].0 + pair[0].1.len(), pair[1].0);
    marks.chunks_exact(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(query: &str) -> Vec<String> {
        let one = |phrase: Phrase| {
            let terms: Vec<String> =
                phrase.terms.into_iter().map(|(at, term)| format!("{at}:{term}")).collect();
            terms.join(" ")
        };
        phrases(Analyzer::NEWEST, query).into_iter().map(one).collect()
    }

    #[test]
    fn words_without_a_space_between_them_are_one() {
        assert_eq!(written("where is KD-1 sold"), ["0:kd 1:1"]);
        assert_eq!(written("x86_64 and v1.2, v1.2"), ["0:x86 1:64", "0:v1 1:2"]);
        assert_eq!(written("state-of-the-art design"), ["0:state 3:art"]);
        assert_eq!(written("a dose of 1,000 units"), ["0:1 1:000"]);
    }

    #[test]
    fn words_in_quotes_are_one() {
        assert_eq!(written("who wrote \"call the plumber\" twice"), ["0:call 2:plumber"]);
        assert_eq!(written("\u{201c}red fox\u{201d} or \"red fox\""), ["0:red 1:fox"]);
    }

    #[test]
    fn nothing_else_is() {
        let none: [&str; 0] = [];
        for query in
            ["red fox", "salt,pepper", "why - not", "the patient's nurse", "\"fox", "e-", ""]
        {
            assert_eq!(written(query), none, "{query}");
        }
    }

    #[test]
    fn their_number_is_bounded() {
        let long: String = (0..10_000).map(|i| format!("a{i}-b{i} ")).collect();
        assert_eq!(phrases(Analyzer::NEWEST, &long).len(), MAX_QUERY_PHRASES);
        let one = vec!["w"; 10_000].join("-");
        assert_eq!(phrases(Analyzer::NEWEST, &one)[0].terms.len(), MAX_QUERY_TERMS);
    }
}
