//! The words of a sentence that are marked because the query has them, too.

use std::ops::Range;

use trommel_core::{ceil_grapheme, floor_grapheme};

use super::sentence::Shown;

/// Adds a word behind marked ones. What it shares with the last, as the letters of scripts without spaces do,
/// is marked once.
pub(super) fn mark(marked: &mut Vec<Range<usize>>, word: &Range<usize>) {
    match marked.last_mut().filter(|last| word.start < last.end) {
        Some(last) => last.end = last.end.max(word.end),
        None => marked.push(word.clone()),
    }
}

/// Returns a sentence of a text and its marks so that each begins and ends where a reader sees a character
/// begin and end (UAX #29): to the analyzer some vowel signs are letters of their own, and the space between
/// two sentences may carry an accent.
pub(super) fn whole(text: &str, (sentence, marks): Shown) -> Shown {
    let mut whole: Vec<Range<usize>> = Vec::with_capacity(marks.len());
    for word in marks {
        // A character may have any number of words, and is looked through once.
        let is_marked = whole.last().is_some_and(|last| word.end <= last.end);
        if !is_marked {
            mark(&mut whole, &characters(text, &word));
        }
    }
    (characters(text, &sentence), whole)
}

/// Returns the range of all characters, as a reader sees them, that a range has a part of.
fn characters(text: &str, range: &Range<usize>) -> Range<usize> {
    floor_grapheme(text, range.start)..ceil_grapheme(text, range.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str, marks: &[(usize, usize)]) -> Vec<String> {
        let marks = marks.iter().map(|&(start, end)| start..end).collect();
        let (_, marks) = whole(text, (0..text.len(), marks));
        marks.into_iter().map(|mark| text[mark].to_owned()).collect()
    }

    #[test]
    fn a_mark_has_whole_characters() {
        // Thai sara am is a letter of its own, and a reader's character together with the one before it.
        assert_eq!(marked("กำลัง", &[(3, 9)]), ["กำลั"]);
        assert_eq!(marked("กำลังดี", &[(0, 3), (3, 6)]), ["กำ"]);
        assert_eq!(marked("e\u{301}te", &[(0, 1), (4, 5)]), ["e\u{301}", "e"]);
        assert_eq!(marked("👩\u{200d}🚀 up", &[(7, 11)]), ["👩\u{200d}🚀"]);
        assert_eq!(marked("plain é", &[(0, 5)]), ["plain"]);
        // One character with many words, and a mark that goes on behind it.
        assert_eq!(marked("กำำำข", &[(3, 6), (6, 9), (9, 12), (9, 15)]), ["กำำำข"]);
    }

    #[test]
    fn a_sentence_has_whole_characters() {
        let shown = |text: &'static str, sentence| {
            let (sentence, _) = whole(text, (sentence, vec![]));
            &text[sentence]
        };
        assert_eq!(shown("a. \u{301}b", 3..6), " \u{301}b");
        assert_eq!(shown("。ำข", 3..9), "。ำข");
        assert_eq!(shown("a.\r\nb.", 0..2), "a.");
        assert_eq!(shown("", 0..0), "");
    }
}
