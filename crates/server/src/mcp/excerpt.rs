//! A part of a text around its best sentence.

use std::ops::Range;

use trommel_core::{ceil_grapheme, floor_grapheme};

/// How many bytes half a word has at most: what is longer has no spaces between its words.
const HALF_A_WORD: usize = 64;
/// What stands where text was left out.
const GAP: &str = "…";

/// A text, or the part of it that there is room for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub(super) text: String,
    /// Whether something was left out.
    pub(super) cut: bool,
}

/// Returns at most `room` characters of a text, and the marks of what was left out: all of it if it
/// fits, else its best sentence (a range of bytes) with what stands around it.
pub(super) fn excerpt(text: &str, sentence: Option<Range<usize>>, room: usize) -> Excerpt {
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    if starts.len() <= room {
        return Excerpt { text: text.to_owned(), cut: false };
    }
    let sentence = sentence.filter(|bytes| text.get(bytes.clone()).is_some()).unwrap_or(0..0);
    // From here on in characters.
    let first = starts.partition_point(|&at| at < sentence.start);
    let last = starts.partition_point(|&at| at < sentence.end);
    let spare = room.saturating_sub(last - first);
    // Half of what is spare goes in front of the sentence, unless there is less text than that, or
    // less behind it.
    let behind = (starts.len() - last).min(spare - (spare / 2).min(first));
    let begin = first - first.min(spare - behind);
    let end = (begin + room).min(starts.len());
    let at = |place: usize| starts.get(place).copied().unwrap_or(text.len());
    let kept = at(begin)..at(end);
    let part = at_words(text, kept, &sentence);
    let front = if begin > 0 { GAP } else { "" };
    let back = if end < starts.len() { GAP } else { "" };
    Excerpt { text: format!("{front}{part}{back}"), cut: true }
}

/// Returns a part of a text without the halves of words at its ends, but with all that it has of the
/// sentence. Where words have no spaces between them, halves of characters are left out.
fn at_words<'t>(text: &'t str, part: Range<usize>, sentence: &Range<usize>) -> &'t str {
    let Range { start, end } = part;
    let begins_within = start > 0 && !text[..start].ends_with(char::is_whitespace);
    let ends_within = end < text.len() && !text[end..].starts_with(char::is_whitespace);
    let from = text[start..end].find(char::is_whitespace).map(|at| start + at);
    let from = from.filter(|at| at - start <= HALF_A_WORD && *at <= sentence.start);
    let to = text[start..end].rfind(char::is_whitespace).map(|at| start + at);
    let is_behind = |at: usize| at >= sentence.end || end < sentence.end;
    let to = to.filter(|at| end - at <= HALF_A_WORD && is_behind(*at) && *at > start);
    let from = from.filter(|_| begins_within).unwrap_or_else(|| ceil_grapheme(text, start));
    let to = to.filter(|_| ends_within).unwrap_or_else(|| floor_grapheme(text, end));
    text.get(from..to).unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "one two three. four five six. seven eight nine.";

    fn around(sentence: &str, room: usize) -> Excerpt {
        let at = TEXT.find(sentence).unwrap();
        excerpt(TEXT, Some(at..at + sentence.len()), room)
    }

    #[test]
    fn a_text_that_fits_is_whole() {
        assert_eq!(excerpt(TEXT, None, TEXT.len()), Excerpt { text: TEXT.to_owned(), cut: false });
    }

    #[test]
    fn a_text_is_cut_at_words_around_its_sentence() {
        assert_eq!(around("four five six.", 28).text, "…three. four five six. seven…");
        assert_eq!(around("four five six.", 14).text, "…four five six.…");
        assert_eq!(around("one two three.", 25).text, "one two three. four five…");
        assert_eq!(around("seven eight nine.", 32).text, "…four five six. seven eight nine.");
    }

    #[test]
    fn a_sentence_that_is_too_long_is_cut_itself() {
        assert_eq!(around("four five six.", 10).text, "…four five…");
        assert_eq!(excerpt(TEXT, None, 8).text, "one two…");
    }

    #[test]
    fn no_character_is_cut_and_a_bad_sentence_is_none() {
        let text = "größe über alles";
        assert_eq!(excerpt(text, Some(3..99), 5).text, "größe…");
        assert_eq!(excerpt(text, Some(3..4), 5).text, "größe…");
        assert_eq!(excerpt("日本語日本語", None, 3).text, "日本語…");
        // Four letters of two characters each, then one: the third would be cut.
        assert_eq!(excerpt("กำกำกำกำข", None, 5).text, "กำกำ…");
        assert_eq!(excerpt("กำกำกำกำข", Some(24..27), 4).text, "…กำข");
        assert_eq!(excerpt("e\u{301}\u{302}x", None, 2).text, "…");
    }

    #[test]
    fn without_spaces_the_sentence_stays_whole() {
        let (before, sentence) = ("昨日は雨。".repeat(20), "API の中で洗濯機が壊れた。");
        let text = format!("{before}{sentence}{}", "明日は 晴れ。".repeat(20));
        let at = before.len()..before.len() + sentence.len();
        let length = sentence.chars().count();
        for room in length..length + 40 {
            let kept = excerpt(&text, Some(at.clone()), room).text;
            assert!(kept.contains(sentence), "{kept}");
            assert!(kept.chars().count() <= room + 2, "{kept}");
        }
    }
}
