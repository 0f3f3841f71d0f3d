//! The lines of a text, by their looks: headings, items of lists, rows of tables, code and prose.

use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use super::line_break::may_break_between;

/// The fewest columns that the longest line of wrapped prose has.
pub(super) const NARROWEST: usize = 40;

/// What ends a line in the middle of a sentence: the commas of Latin, Chinese, Japanese and Arabic.
const COMMAS: [char; 4] = [',', '，', '、', '،'];

/// A line of a text.
pub(super) struct Line<'t> {
    pub(super) kind: Kind,
    /// What it says, without marks and white space around it.
    says: &'t str,
    /// The place of that in the text.
    pub(super) range: Range<usize>,
    /// How many marks of a quote stand before it.
    quotes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
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
    /// Whether the next line may go on with it.
    pub(super) fn runs(&self) -> bool {
        matches!(self.kind, Kind::Item | Kind::Prose)
    }

    /// Returns how many columns it has: a letter of Chinese or Japanese has two.
    pub(super) fn width(&self) -> usize {
        columns(self.says)
    }

    /// Whether it goes on with a word that begins no sentence.
    pub(super) fn begins_in_lower_case(&self) -> bool {
        let opening = |c: char| !c.is_alphanumeric();
        self.says.trim_start_matches(opening).starts_with(char::is_lowercase)
    }

    /// Whether it is a name with a value, such as `Status: closed`.
    fn is_labelled(&self) -> bool {
        let name = self.says.split_once(':').map_or("", |(name, _)| name);
        (1..=3).contains(&name.split_whitespace().count()) && !self.begins_in_lower_case()
    }

    /// Whether the next line is the same sentence as far as the look of both tells, in a run whose
    /// longest line has so many columns.
    pub(super) fn is_wrapped(&self, next: &Self, longest: usize) -> bool {
        let is_code = self.says.ends_with([';', '{', '}', '\\']);
        let are_labelled = self.is_labelled() && next.is_labelled();
        if is_code || are_labelled || self.quotes != next.quotes {
            return false;
        }
        // Whoever wraps fills the lines: with the next word this one would have become too long. A
        // quarter is for those who wrap by hand.
        let word = columns(first_word(next.says));
        let is_full = longest >= NARROWEST && 4 * (self.width() + 1 + word) > 3 * longest;
        is_full || next.begins_in_lower_case() || self.says.ends_with(COMMAS)
    }
}

/// Returns what a text begins with that no line break parts: a word, or one letter where words have no spaces
/// between them.
fn first_word(text: &str) -> &str {
    let word = text.split_whitespace().next().unwrap_or_default();
    if word.is_ascii() {
        return word;
    }
    let mut neighbours = word.chars().zip(word.char_indices().skip(1));
    let end = neighbours.find(|(before, (_, after))| may_break_between(*before, *after));
    end.map_or(word, |(_, (at, _))| &word[..at])
}

/// The first letter that has two columns.
const FIRST_WIDE: char = '\u{1100}';

/// Returns how many columns a text has, near enough to tell full lines: each `char` by itself, and one for all
/// before the first wide letter.
fn columns(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    let columns = |c: char| if c < FIRST_WIDE { 1 } else { c.width().unwrap_or(0) };
    text.chars().map(columns).sum()
}

/// Returns the lines of a text.
pub(super) fn lines(text: &str) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    let mut is_fenced = false;
    // Whether an item stands in the run of lines so far.
    let mut in_list = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = at + line.trim_end().len();
        let (quotes, bare) = unquoted(line.trim_end());
        let is_fence = is_fence(bare);
        is_fenced ^= is_fence;
        let is_first = lines.last().is_none_or(|before| !before.runs());
        in_list &= !is_first;
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
        in_list |= kind == Kind::Item;
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
pub(super) fn unquoted(line: &str) -> (usize, &str) {
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
