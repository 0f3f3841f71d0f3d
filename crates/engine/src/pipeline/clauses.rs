//! The clauses of a sentence in a language that has no full stop.

use std::ops::Range;

/// A clause has so many letters, or what is left: fewer say little by themselves.
const LEAST: usize = 60;

/// Returns the clauses of a sentence in Thai or Lao, which put a space where others put a full stop or a
/// comma: a whole passage would be one sentence to UAX #29. Of other languages the sentence is one.
pub(super) fn clauses(text: &str, sentence: Range<usize>) -> Vec<Range<usize>> {
    let mut clauses = Vec::new();
    let mut start = sentence.start;
    let (mut letters, mut before, mut space) = (0, ' ', None);
    for (at, c) in text[sentence.clone()].char_indices() {
        if c.is_whitespace() {
            space = space.or(Some(sentence.start + at));
            continue;
        }
        if let Some(end) = space.take()
            && letters >= LEAST
            && is_thai_or_lao(before)
            && is_thai_or_lao(c)
        {
            clauses.push(start..end);
            (start, letters) = (sentence.start + at, 0);
        }
        letters += 1;
        before = c;
    }
    clauses.push(start..sentence.end);
    clauses
}

fn is_thai_or_lao(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        clauses(text, 0..text.len()).into_iter().map(|clause| &text[clause]).collect()
    }

    /// The first article of the Universal Declaration of Human Rights, as it is printed.
    #[test]
    fn thai_is_cut_at_its_spaces_into_clauses_that_are_no_shorter_than_they_must_be() {
        let first = "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ";
        let second = "ต่างมีเหตุผลและมโนธรรม และควรปฏิบัติต่อกันด้วยเจตนารมณ์แห่งภราดรภาพ";
        assert!(first.chars().count() >= LEAST);
        assert_eq!(cut(&format!("{first} {second}")), [first, second]);
        // 22 letters, and so not cut behind them.
        assert_eq!(cut(second), [second]);
    }

    #[test]
    fn other_languages_are_not_cut() {
        for text in ["", " ", "a b", &"word ".repeat(40), &"漢字 ".repeat(40), &"ก".repeat(300)]
        {
            assert_eq!(cut(text), [text]);
        }
        assert_eq!(cut(&format!("{} Bangkok", "ก".repeat(99))).len(), 1);
    }
}
