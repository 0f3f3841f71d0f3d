//! Joins lines to running text: a word that was cut at the end of a line becomes whole.

use std::collections::HashSet;

use super::pdf_text::Page;

/// Words that follow the first half of a compound, as in `pre- and post-war`.
const BETWEEN: [&str; 10] = ["and", "or", "und", "oder", "et", "ou", "y", "e", "en", "bis"];

/// The words of a document, which tell a word that was cut from a compound.
#[derive(Default)]
pub(super) struct Vocabulary<'t> {
    words: HashSet<&'t str>,
}

impl<'t> Vocabulary<'t> {
    /// Returns the words of all pages.
    pub(super) fn of(pages: &'t [Page]) -> Self {
        let mut words = HashSet::new();
        for line in pages.iter().flat_map(Page::lines) {
            let written = |c: char| c.is_alphanumeric() || is_hyphen(c);
            // The end of a line may be half a word.
            words
                .extend(line.text.split(|c| !written(c)).filter(|word| !word.ends_with(is_hyphen)));
        }
        Self { words }
    }

    /// Joins a line to the text before it.
    pub(super) fn join(&self, text: &mut String, line: &str) {
        match self.seam(text, line) {
            Seam::Space => text.push(' '),
            Seam::None => {}
            Seam::CutWord => drop(text.pop()),
        }
        text.push_str(line);
    }

    fn seam(&self, text: &str, line: &str) -> Seam {
        let Some(next) = line.chars().next() else { return Seam::None };
        let Some(last) = text.chars().next_back() else { return Seam::None };
        if last == '\u{2014}' || next == '\u{2014}' || is_ideograph(last) && is_ideograph(next) {
            return Seam::None;
        }
        let body = &text[..text.len() - last.len_utf8()];
        if !is_hyphen(last) || !body.ends_with(char::is_alphanumeric) || !next.is_alphanumeric() {
            return Seam::Space;
        }
        let tail: &str = line.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        let head = body.rsplit(|c: char| !c.is_alphanumeric() && !is_hyphen(c)).next();
        let head = head.unwrap_or_default();
        self.seam_within(head, last, tail)
    }

    /// Returns how a word of which `head` and `tail` were parted by a hyphen is to be written.
    fn seam_within(&self, head: &str, hyphen: char, tail: &str) -> Seam {
        if hyphen == '\u{ad}' {
            return Seam::CutWord;
        }
        if !tail.starts_with(char::is_lowercase) {
            return Seam::None;
        }
        if self.words.contains(format!("{head}{tail}").as_str()) {
            return Seam::CutWord;
        }
        if BETWEEN.contains(&tail) {
            return Seam::Space;
        }
        let compound = self.words.contains(format!("{head}{hyphen}{tail}").as_str());
        let acronym = head.chars().count() > 1 && !head.contains(char::is_lowercase);
        if compound || acronym || !head.ends_with(char::is_alphabetic) {
            return Seam::None;
        }
        Seam::CutWord
    }
}

/// What stands between two lines that are joined.
enum Seam {
    Space,
    None,
    /// Nothing, and the hyphen goes as well.
    CutWord,
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}' | '\u{ad}')
}

/// Says whether a character is of a script that is written without spaces.
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}')
}

#[cfg(test)]
mod tests {
    use super::super::pdf_text::made;
    use super::*;

    fn joined(document: &[&str], first: &str, second: &str) -> String {
        let pages = [made::page(document)];
        let mut text = first.to_owned();
        Vocabulary::of(&pages).join(&mut text, second);
        text
    }

    #[test]
    fn a_cut_word_becomes_whole() {
        let none: &[&str] = &[];
        assert_eq!(joined(none, "a manip-", "ulation of"), "a manipulation of");
        assert_eq!(joined(none, "the dreami\u{ad}", "est, most"), "the dreamiest, most");
        assert_eq!(joined(none, "exam\u{2010}", "ples"), "examples");
        assert_eq!(joined(none, "one", "two"), "one two");
        assert_eq!(joined(none, "so on -", "and on"), "so on - and on");
    }

    #[test]
    fn a_compound_keeps_its_hyphen() {
        let known = &["any price-determining factor"];
        assert_eq!(joined(known, "a price-", "determining one"), "a price-determining one");
        // Where both are in use nothing is known.
        let both = &["a co-operation", "their cooperation"];
        assert_eq!(joined(both, "a co-", "operation"), "a cooperation");
        let none: &[&str] = &[];
        assert_eq!(joined(none, "an FAA-", "approved plan"), "an FAA-approved plan");
        assert_eq!(joined(none, "Anne-", "Marie"), "Anne-Marie");
        assert_eq!(joined(none, "in 2020-", "21"), "in 2020-21");
        assert_eq!(joined(none, "pre-", "and post-war"), "pre- and post-war");
        // A longer compound, cut at its second hyphen or within its last word.
        assert_eq!(joined(none, "state-of-the-art tech-", "nique"), "state-of-the-art technique");
    }

    #[test]
    fn dashes_and_ideographs_need_no_space() {
        let none: &[&str] = &[];
        assert_eq!(joined(none, "among lilies\u{2014}", "what is"), "among lilies\u{2014}what is");
        assert_eq!(joined(none, "quarrelsome", "\u{2014}sleep"), "quarrelsome\u{2014}sleep");
        assert_eq!(
            joined(none, "\u{4f60}\u{597d}", "\u{4e16}\u{754c}"),
            "\u{4f60}\u{597d}\u{4e16}\u{754c}"
        );
    }
}
