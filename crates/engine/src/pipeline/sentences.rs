//! The sentences of a text, whose lines may be wrapped.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// The fewest characters that the longest line of wrapped prose has.
const NARROWEST: usize = 40;

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
/// left is cut at the sentence boundaries of Unicode (UAX #29). The mark of a list item or a quote is
/// no part of its first sentence.
pub(super) fn sentences(text: &str) -> Vec<Sentence> {
    let mut sentences: Vec<Sentence> = Vec::new();
    for block in blocks(text) {
        // UAX #29 ends a sentence at every line break.
        let (from, block_text) = (block.lines[0].start, block.on_one_line(text));
        let first = sentences.len();
        for (start, sentence) in block_text.split_sentence_bound_indices() {
            let mut range = trimmed(&block_text, start..start + sentence.len());
            let marks = closing_marks(&block_text[range.clone()]);
            if marks > 0
                && let Some(before) = sentences[first..].last_mut()
            {
                before.range.end = from + range.start + marks;
                range = trimmed(&block_text, range.start + marks..range.end);
            }
            if block_text[range.clone()].chars().any(char::is_alphanumeric) {
                let range = from + range.start..from + range.end;
                sentences.push(Sentence { range, is_heading: block.is_heading });
            }
        }
    }
    sentences
}

/// Returns the length of the marks at the beginning that end what was emphasised in the sentence before, as
/// in `**Never.** Not even then.`
fn closing_marks(sentence: &str) -> usize {
    let rest = sentence.trim_start_matches(['*', '_']);
    if rest.starts_with(char::is_whitespace) { sentence.len() - rest.len() } else { 0 }
}

/// Returns a sentence with all white space as single spaces, without the marks of quotes at the
/// beginnings of its lines.
pub(super) fn on_one_line(sentence: &str) -> String {
    let words: Vec<&str> = sentence_lines(sentence).flat_map(str::split_whitespace).collect();
    words.join(" ")
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
    /// Returns its text with all between its lines as spaces, each byte in its place.
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
        let longest = run.iter().map(Line::width).max().unwrap_or(0);
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

/// A line of a text.
struct Line<'t> {
    kind: Kind,
    /// What it says, without marks and white space around it.
    says: &'t str,
    /// The place of that in the text.
    range: Range<usize>,
    /// How many marks of a quote stand before it.
    quotes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A blank line, or one that underlines, parts or fences.
    Gap,
    Heading,
    /// A line that stands for itself: of a table, or of code.
    Alone,
    /// The first line of a list item.
    Item,
    Prose,
}

impl Line<'_> {
    fn runs(&self) -> bool {
        matches!(self.kind, Kind::Item | Kind::Prose)
    }

    fn width(&self) -> usize {
        self.says.chars().count()
    }

    fn begins_in_lower_case(&self) -> bool {
        let opening = |c: char| !c.is_alphanumeric();
        self.says.trim_start_matches(opening).starts_with(char::is_lowercase)
    }

    /// Whether it is a name with a value, such as `Status: closed`.
    fn is_labelled(&self) -> bool {
        let name = self.says.split_once(':').map_or("", |(name, _)| name);
        (1..=3).contains(&name.split_whitespace().count()) && !self.begins_in_lower_case()
    }

    /// Whether the next line is the same sentence as far as the look of both tells, in a run whose
    /// longest line has so many characters.
    fn is_wrapped(&self, next: &Self, longest: usize) -> bool {
        let is_code = self.says.ends_with([';', '{', '}', '\\']);
        let are_labelled = self.is_labelled() && next.is_labelled();
        if is_code || are_labelled || self.quotes != next.quotes {
            return false;
        }
        // Whoever wraps fills the lines: with the next word this one would have become too long. A
        // quarter is for those who wrap by hand.
        let word = next.says.split_whitespace().next().map_or(0, |word| word.chars().count());
        let is_full = longest >= NARROWEST && 4 * (self.width() + 1 + word) > 3 * longest;
        is_full || next.begins_in_lower_case() || self.says.ends_with(',')
    }
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    let mut is_fenced = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = at + line.trim_end().len();
        let (quotes, bare) = unquoted(line.trim_end());
        let is_fence = is_fence(bare);
        is_fenced ^= is_fence;
        let is_first = lines.last().is_none_or(|before| !before.runs());
        let in_list =
            lines.iter().rev().take_while(|line| line.runs()).any(|line| line.kind == Kind::Item);
        let (kind, says) = match item(bare, is_first || in_list) {
            _ if is_fence => (Kind::Gap, bare),
            _ if !bare.contains(char::is_alphanumeric) => (Kind::Gap, bare),
            _ if is_fenced => (Kind::Alone, bare),
            Some(says) => (Kind::Item, says),
            None if is_heading(bare) => (Kind::Heading, bare),
            None if is_row(bare) => (Kind::Alone, bare),
            None => (Kind::Prose, bare),
        };
        if is_underline(bare) && !is_fenced && !is_fence {
            underline(&mut lines);
        }
        lines.push(Line { kind, says, range: end - says.len()..end, quotes });
        at += line.len();
    }
    lines
}

/// Makes the last line a heading if it is a paragraph by itself.
fn underline(lines: &mut [Line<'_>]) {
    if let [before @ .., last] = lines
        && last.kind == Kind::Prose
        && before.last().is_none_or(|before| !before.runs())
    {
        last.kind = Kind::Heading;
    }
}

/// Returns how many marks of a quote stand before a line, and the line without them.
fn unquoted(line: &str) -> (usize, &str) {
    let (mut marks, mut rest) = (0, line.trim_start());
    while let Some(quoted) = rest.strip_prefix('>') {
        // `>= 5` is a comparison.
        if !quoted.is_empty() && !quoted.starts_with(|c: char| c.is_whitespace() || c == '>') {
            break;
        }
        marks += 1;
        rest = quoted.trim_start();
    }
    (marks, rest)
}

/// Whether a line begins or ends a block of code; one that begins with a piece of code does not.
fn is_fence(line: &str) -> bool {
    let code = line.strip_prefix("```").map(|rest| rest.trim_start_matches('`'));
    code.is_some_and(|language| !language.contains('`')) || line.starts_with("~~~")
}

/// Returns what stands behind the mark of a list item, if the line has one. A number in the middle of a
/// paragraph is none, but for 1.
fn item(line: &str, may_count: bool) -> Option<&str> {
    let (mark, says) = line.split_once([' ', '\t'])?;
    let number = mark.strip_suffix(['.', ')']).unwrap_or_default();
    let is_number = (1..=3).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && (may_count || number == "1");
    let is_letter =
        mark.len() == 2 && mark.ends_with(')') && mark.as_bytes()[0].is_ascii_alphabetic();
    (is_number || is_letter || ["-", "*", "+", "•", "–"].contains(&mark)).then(|| says.trim_start())
}

fn is_heading(line: &str) -> bool {
    let rest = line.trim_start_matches('#');
    rest.len() < line.len() && rest.starts_with(' ')
}

/// Whether a line is cut into columns.
fn is_row(line: &str) -> bool {
    line.starts_with('|') || [" | ", "\t", "   "].iter().any(|between| line.contains(between))
}

/// Whether a line is one sign again and again.
fn is_underline(line: &str) -> bool {
    let mut signs = line.chars();
    let first = signs.next().filter(|sign| "=-~^\"'*+#_".contains(*sign));
    line.len() >= 3 && first.is_some_and(|first| signs.all(|sign| sign == first))
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

    proptest! {
        #[test]
        fn sentences_rise_and_hold_every_letter_but_those_of_marks(
            text in "[ab A.,>#|*_\\-\n\r\té雨=;1]{0,80}",
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
