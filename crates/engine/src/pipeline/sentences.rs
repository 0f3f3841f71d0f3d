//! The sentences of a text, whose lines may be wrapped.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::clauses::clauses;
use super::line_break::joins_without_space;
use super::text_lines::{Kind, Line, NARROWEST, lines, unquoted};

/// A sentence of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sentence {
    /// Its place, in bytes.
    pub(super) range: Range<usize>,
    /// Whether it is a heading.
    pub(super) is_heading: bool,
}

/// Returns the sentences of a text that have a letter or a digit, in order.
///
/// A line break inside a paragraph is white space. Blank lines, headings, list items, table rows, lines
/// of code and short lines that nobody wrapped, such as verses and addresses, end a sentence; what is
/// left is cut at the sentence boundaries of Unicode (UAX #29), and long Thai at its spaces. The mark of a
/// list item or a quote is no part of its first sentence.
pub(super) fn sentences(text: &str) -> Vec<Sentence> {
    let mut sentences: Vec<Sentence> = Vec::new();
    for block in blocks(text) {
        let (from, block_text) = (block.lines[0].start, block.on_one_line(text));
        let first = sentences.len();
        for sentence in bounds(&block_text) {
            let mut range = trimmed(&block_text, sentence);
            let marks = closing_marks(&block_text[range.clone()]);
            if marks > 0
                && let Some(before) = sentences[first..].last_mut()
            {
                before.range.end = from + range.start + marks;
                range = trimmed(&block_text, range.start + marks..range.end);
            }
            for clause in clauses(&block_text, range) {
                if block_text[clause.clone()].contains(char::is_alphanumeric) {
                    let range = from + clause.start..from + clause.end;
                    sentences.push(Sentence { range, is_heading: block.is_heading });
                }
            }
        }
    }
    sentences
}

/// What opens a sentence of Chinese or Japanese, where no space stands before it.
const OPENING: [char; 14] =
    ['「', '『', '（', '［', '｛', '【', '〈', '《', '〔', '〖', '〘', '〚', '“', '‘'];

/// Returns the sentences of Unicode (UAX #29), to which an opening bracket right behind a full stop closes
/// the sentence before; here it opens the next one. What ends the text opens nothing: `“` closes in German.
fn bounds(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.split_sentence_bound_indices().scan(0, |start, (at, sentence)| {
        let is_last = at + sentence.len() == text.len();
        let own = if is_last { sentence } else { sentence.trim_end_matches(OPENING) };
        let end = at + own.len();
        let range = *start..end;
        *start = end;
        Some(range)
    })
}

/// Returns the length of the marks at the beginning that end what was emphasised in the sentence before, as
/// in `**Never.** Not even then.`
fn closing_marks(sentence: &str) -> usize {
    let rest = sentence.trim_start_matches(['*', '_']);
    if rest.starts_with(char::is_whitespace) { sentence.len() - rest.len() } else { 0 }
}

/// Returns a sentence with all white space as single spaces, without the marks of quotes at the
/// beginnings of its lines. Lines of Chinese and Japanese are joined without a space.
pub(super) fn on_one_line(sentence: &str) -> String {
    let mut whole = String::with_capacity(sentence.len());
    for line in sentence_lines(sentence) {
        for (place, word) in line.split_whitespace().enumerate() {
            let (before, first) = (whole.chars().next_back(), word.chars().next());
            let touch = |(before, first)| joins_without_space(before, first);
            let is_joined = place == 0 && before.zip(first).is_some_and(touch);
            if !whole.is_empty() && !is_joined {
                whole.push(' ');
            }
            whole.push_str(word);
        }
    }
    whole
}

/// Returns the lines of a sentence, each with its line break; all but the first without the marks of a
/// quote.
#[must_use = "an iterator does nothing by itself"]
pub fn sentence_lines(sentence: &str) -> impl Iterator<Item = &str> {
    let rest = |(place, line)| if place == 0 { line } else { unquoted(line).1 };
    sentence.split_inclusive('\n').enumerate().map(rest)
}

/// Returns the range without the white space at its ends.
pub(super) fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let slice = &text[range.clone()];
    let start = range.start + (slice.len() - slice.trim_start().len());
    start..start + slice.trim().len()
}

/// Lines that are read as one.
struct Block {
    /// Their places, without marks and white space around them; at least one.
    lines: Vec<Range<usize>>,
    is_heading: bool,
}

impl Block {
    /// Returns its text with all between its lines as spaces, each byte in its place: for UAX #29, which
    /// ends a sentence at every line break.
    fn on_one_line(&self, text: &str) -> String {
        let mut whole = String::new();
        let mut end = self.lines[0].start;
        for line in &self.lines {
            whole.extend(std::iter::repeat_n(' ', line.start - end));
            whole.push_str(&text[line.clone()]);
            end = line.end;
        }
        whole
    }
}

fn blocks(text: &str) -> Vec<Block> {
    let lines = lines(text);
    let mut blocks: Vec<Block> = Vec::new();
    // Only prose goes on in the line after it, and only prose goes on from a line before it.
    for run in lines.chunk_by(|line, next| line.runs() && next.kind == Kind::Prose) {
        // A line by itself goes on nowhere.
        let widths = run.iter().filter(|_| run.len() > 1).map(Line::width);
        let longest = widths.max().unwrap_or(0);
        let is_prose = longest >= NARROWEST || !run[0].begins_in_lower_case();
        for (at, line) in run.iter().enumerate().filter(|(_, line)| line.kind != Kind::Gap) {
            match blocks.last_mut() {
                Some(block) if at > 0 && is_prose && run[at - 1].is_wrapped(line, longest) => {
                    block.lines.push(line.range.clone());
                }
                _ => {
                    let is_heading = line.kind == Kind::Heading;
                    blocks.push(Block { lines: vec![line.range.clone()], is_heading });
                }
            }
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Cut by hand.
    #[track_caller]
    fn cut(text: &str, expected: &[&str]) {
        let lines: Vec<String> =
            sentences(text).into_iter().map(|it| on_one_line(&text[it.range])).collect();
        assert_eq!(lines, expected, "{text}");
    }

    #[test]
    fn a_line_break_inside_a_paragraph_is_white_space() {
        cut(
            "The seal of the pump wears out, and\nthe manual says that whoever runs\npumps by Lark \
             must replace it\nyearly. Valves\nare another matter.\n\nSo are\nhoses.",
            &[
                "The seal of the pump wears out, and the manual says that whoever runs pumps by Lark \
                 must replace it yearly.",
                "Valves are another matter.",
                "So are hoses.",
            ],
        );
        // A name in capitals at the beginning of a line, in text filled to 44 columns, and line breaks
        // of Windows.
        cut(
            "Both were repaired in spring by the firm of\r\nMessrs Achebe and Tolley from the other\r\n\
             end of the town.",
            &[
                "Both were repaired in spring by the firm of Messrs Achebe and Tolley from the other end \
               of the town.",
            ],
        );
    }

    #[test]
    fn headings_items_rows_and_code_end_a_sentence() {
        cut(
            "# Pumps\nThey hum.\nCare of pumps\n-------------\n- Replace the seal,\n  which wears out\n- \
             Clean it\n3. Look\n\n| part | price |\n|---|---|\n| seal | 4 |\n```\nlet a = 1\nlet b = 2\n\
             ```\nIt hums on\n> and on.",
            &[
                "# Pumps",
                "They hum.",
                "Care of pumps",
                "Replace the seal, which wears out",
                "Clean it",
                "Look",
                "| part | price |",
                "| seal | 4 |",
                "let a = 1",
                "let b = 2",
                "It hums on",
                "and on.",
            ],
        );
        let headings = sentences("# A\nb.\n\nC\n=====\n\nD\ne.\n---\nf");
        let headings: Vec<bool> = headings.into_iter().map(|it| it.is_heading).collect();
        assert_eq!(headings, [true, false, true, false, false]);
        // No year begins an item, nor does a number within a paragraph.
        cut(
            "It was built by hand in the old shed on the\n2. or 3. of May",
            &["It was built by hand in the old shed on the 2. or 3. of May"],
        );
    }

    #[test]
    fn short_lines_that_nobody_wrapped_end_a_sentence() {
        cut(
            "Shall I compare thee\nTo a summer's day",
            &["Shall I compare thee", "To a summer's day"],
        );
        cut("larkctl --evict\nlarkctl --drain", &["larkctl --evict", "larkctl --drain"]);
        cut("Status: closed\nOwner: ana", &["Status: closed", "Owner: ana"]);
        // A title, then lines of more than 50 columns.
        cut(
            "Passwords\nThis page replaces the one from 2023, which you should\nForget.",
            &["Passwords", "This page replaces the one from 2023, which you should Forget."],
        );
    }

    #[test]
    fn marks_of_emphasis_end_the_sentence_that_they_are_of() {
        cut(
            "- **Bulk.** A handful of rice.\n- _No._ **Never** again. * See below.",
            &["**Bulk.**", "A handful of rice.", "_No._", "**Never** again. *", "See below."],
        );
    }

    #[test]
    fn quotes_go_on_without_their_marks() {
        cut(
            "> The pump hums, and\n> nobody knows\n> why.",
            &["The pump hums, and nobody knows why."],
        );
        cut(
            "> It hums. It leaks.\n> Why? and\n> how?",
            &["It hums.", "It leaks.", "Why?", "and how?"],
        );
        cut("The value is\n>= 5 bar.", &["The value is", ">= 5 bar."]);
    }

    #[test]
    fn sentences_end_with_the_full_stops_of_every_script() {
        cut(
            "水泵昨天坏了,我们只好去井边打水。今天师傅来了,他说要换新的密封圈。",
            &["水泵昨天坏了,我们只好去井边打水。", "今天师傅来了,他说要换新的密封圈。"],
        );
        cut(
            "何ですか？はい！「そうです。」と言う。",
            &["何ですか？", "はい！", "「そうです。」", "と言う。"],
        );
        cut("他说：“好。”“不！”", &["他说：“好。”", "“不！”"]);
        cut("Er sagt: „Nein.“ Sie: „Doch.“", &["Er sagt: „Nein.“", "Sie: „Doch.“"]);
        cut("पानी ठंडा है। पंप चालू है।", &["पानी ठंडा है।", "पंप चालू है।"]);
        cut("هل هذا صحيح؟ نعم.", &["هل هذا صحيح؟", "نعم."]);
    }

    #[test]
    fn wrapped_lines_of_chinese_and_japanese_are_joined_without_a_space() {
        cut(
            "ポンプは昨日から動かず、井戸の水も少なくなったので、\n隣の町まで水を買いに行った。",
            &["ポンプは昨日から動かず、井戸の水も少なくなったので、隣の町まで水を買いに行った。"],
        );
        // A title above a line of 50 columns, and a line that ends in a comma.
        cut(
            "通知\n水泵昨天坏了，今天大家都要去井边打水，请带上水桶。\n以下，\n见下。",
            &["通知", "水泵昨天坏了，今天大家都要去井边打水，请带上水桶。", "以下，见下。"],
        );
        let thai = "เครื่องสูบน้ำของหมู่บ้านหยุดทำงานเมื่อเช้านี้เพราะมีทรายติดอยู่ในท่อ";
        cut(&format!("ประกาศ\n{thai}"), &["ประกาศ", thai]);
        assert_eq!(on_one_line("他说：\n“好。”"), "他说：“好。”");
        assert_eq!(on_one_line("自由\nand\n平等\n한국\n한국"), "自由 and 平等 한국 한국");
    }

    proptest! {
        #[test]
        fn sentences_rise_and_hold_every_letter_but_those_of_marks(
            text in "[ab A.,>#|*_\\-\n\r\té雨กำ。=;1]{0,80}",
        ) {
            let sentences = sentences(&text);
            let mut end = 0;
            for Sentence { range, .. } in &sentences {
                prop_assert!(end <= range.start && range.start < range.end);
                prop_assert_eq!(text[range.clone()].trim(), &text[range.clone()]);
                end = range.end;
            }
            let left_out = |at: usize| sentences.iter().all(|it| !it.range.contains(&at));
            let lost = text.char_indices().filter(|(at, c)| c.is_alphabetic() && left_out(*at));
            // The alphabet makes no mark of a letter: these end with `)`.
            prop_assert_eq!(lost.count(), 0);
        }
    }
}
