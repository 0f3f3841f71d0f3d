//! The words of a sentence that are marked because the query has them, too.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// Adds a word behind marked ones. What it shares with the last, as the letters of scripts without spaces do,
/// is marked once.
pub(super) fn mark(marked: &mut Vec<Range<usize>>, word: &Range<usize>) {
    match marked.last_mut().filter(|last| word.start < last.end) {
        Some(last) => last.end = last.end.max(word.end),
        None => marked.push(word.clone()),
    }
}

/// Returns the marks of a sentence so that each begins and ends where a reader sees a character begin and end
/// (UAX #29): to the analyzer some vowel signs are letters of their own.
pub(super) fn whole(
    text: &str,
    sentence: &Range<usize>,
    marks: Vec<Range<usize>>,
) -> Vec<Range<usize>> {
    let says = &text[sentence.clone()];
    if marks.is_empty() || says.is_ascii() {
        return marks;
    }
    let starts = says.grapheme_indices(true).map(|(at, _)| sentence.start + at);
    let bounds: Vec<usize> = starts.chain([sentence.end]).collect();
    let mut whole = Vec::with_capacity(marks.len());
    for word in marks {
        let first = bounds.partition_point(|bound| *bound <= word.start).saturating_sub(1);
        let last = bounds.partition_point(|bound| *bound < word.end).min(bounds.len() - 1);
        mark(&mut whole, &(bounds[first]..bounds[last]));
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_has_whole_characters() {
        let marked = |text: &str, marks: &[(usize, usize)]| -> Vec<String> {
            let marks = marks.iter().map(|&(start, end)| start..end).collect();
            let marks = whole(text, &(0..text.len()), marks);
            marks.into_iter().map(|mark| text[mark].to_owned()).collect()
        };
        // Thai sara am is a letter of its own, and a reader's character together with the one before it.
        assert_eq!(marked("กำลัง", &[(3, 9)]), ["กำลั"]);
        assert_eq!(marked("กำลังดี", &[(0, 3), (3, 6)]), ["กำ"]);
        assert_eq!(marked("e\u{301}te", &[(0, 1), (4, 5)]), ["e\u{301}", "e"]);
        assert_eq!(marked("👩\u{200d}🚀 up", &[(7, 11)]), ["👩\u{200d}🚀"]);
        assert_eq!(marked("plain é", &[(0, 5)]), ["plain"]);
    }
}
