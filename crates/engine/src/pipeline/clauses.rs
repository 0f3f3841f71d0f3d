//! The clauses of a sentence in a script that has no full stop.

use std::ops::Range;

/// A clause has so many letters, or what is left: fewer say little by themselves.
const LEAST: usize = 60;

/// Returns the clauses of a sentence in Thai, Lao or Tibetan, which put a space where others put a full stop
/// or a comma: a whole passage would be one sentence to UAX #29. Of other scripts the sentence is one.
pub(super) fn clauses(text: &str, sentence: Range<usize>) -> Vec<Range<usize>> {
    let mut clauses = Vec::new();
    let mut start = sentence.start;
    // Most sentences need not be read: these letters have three bytes each.
    if sentence.len() > 3 * LEAST && !text[sentence.clone()].is_ascii() {
        let (mut letters, mut before, mut space) = (0, ' ', None);
        for (at, c) in text[sentence.clone()].char_indices() {
            if c.is_whitespace() {
                space = space.or(Some(sentence.start + at));
                continue;
            }
            if let Some(end) = space.take()
                && letters >= LEAST
                && has_no_full_stop(before)
                && has_no_full_stop(c)
            {
                clauses.push(start..end);
                (start, letters) = (sentence.start + at, 0);
            }
            letters += 1;
            before = c;
        }
    }
    clauses.push(start..sentence.end);
    clauses
}

/// Whether a letter or sign is of Thai, Lao or Tibetan.
fn has_no_full_stop(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        clauses(text, 0..text.len()).into_iter().map(|clause| &text[clause]).collect()
    }

    #[test]
    fn thai_is_cut_at_its_spaces_into_clauses_that_are_no_shorter_than_they_must_be() {
        let first = "เครื่องสูบน้ำของหมู่บ้านหยุดทำงานเมื่อเช้านี้เพราะมีทรายติดอยู่ในท่อ";
        let second = "ช่างมาดูแล้วเมื่อบ่าย และจะเปลี่ยนท่อใหม่ในวันพรุ่งนี้ก่อนที่เด็กจะกลับจากโรงเรียน";
        assert!(first.chars().count() >= LEAST);
        assert_eq!(cut(&format!("{first} {second}")), [first, second]);
        // 21 letters, and so not cut behind them.
        assert_eq!(cut(second), [second]);
    }

    /// Of the first two parts the first has 13 letters.
    #[test]
    fn tibetan_is_cut_behind_its_strokes() {
        let first = "ཁ་ས་ཆར་པ་བབས། ང་ཚོའི་གྲོང་གསེབ་ཀྱི་ཆུ་མིག་གསར་པ་དེ་ནས་ཆུ་ཁྱེར་ཏེ་ཚང་མས་ཇ་བཏུངས་པ་རེད།";
        let second = "དེ་རིང་ཉི་མ་ཤར་བས་བྱིས་པ་རྣམས་ཕྱི་ལོགས་སུ་རྩེད་མོ་རྩེ་བཞིན་འདུག";
        assert_eq!(cut(&format!("{first} {second}")), [first, second]);
    }

    #[test]
    fn other_scripts_are_not_cut() {
        for text in ["", " ", "a b", &"word ".repeat(40), &"漢字 ".repeat(40), &"ก".repeat(300)]
        {
            assert_eq!(cut(text), [text]);
        }
        assert_eq!(cut(&format!("{} Bangkok", "ก".repeat(99))).len(), 1);
    }
}
