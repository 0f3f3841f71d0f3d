//! Characters as a reader sees them: a letter with its marks, a flag of two letters (UAX #29).

use unicode_segmentation::GraphemeCursor;

/// Returns a place of a text, or the last one before it, that parts no character as a reader sees it.
///
/// The place must be one between two `char`s.
#[must_use]
pub fn floor_grapheme(text: &str, at: usize) -> usize {
    match inside(text, at) {
        Some(mut cursor) => cursor.prev_boundary(text, 0).ok().flatten().unwrap_or(0),
        None => at,
    }
}

/// Returns a place of a text, or the first one behind it, that parts no character as a reader sees it.
///
/// The place must be one between two `char`s.
#[must_use]
pub fn ceil_grapheme(text: &str, at: usize) -> usize {
    match inside(text, at) {
        Some(mut cursor) => cursor.next_boundary(text, 0).ok().flatten().unwrap_or(text.len()),
        None => at,
    }
}

/// Returns a cursor at a place that is inside a character; nothing if it is not. With the whole text at hand
/// a cursor is never at a loss.
fn inside(text: &str, at: usize) -> Option<GraphemeCursor> {
    let cursor = || GraphemeCursor::new(at, text.len(), true);
    (cursor().is_boundary(text, 0) == Ok(false)).then(cursor)
}

#[cfg(test)]
mod tests {
    use unicode_segmentation::UnicodeSegmentation;

    use super::*;

    #[test]
    fn a_place_inside_a_character_goes_to_its_ends_and_others_stay() {
        let texts = [
            "",
            "plain é",
            "e\u{301}te",
            "กำลัง",
            "a\r\nb",
            "👩\u{200d}🚀👍🏽",
            "🇩🇪🇫🇷🇯🇵x",
            "क्\u{200d}षक्ष",
            " \u{301}각\u{1100}\u{1161}\u{11a8}",
        ];
        for text in texts {
            let starts = text.grapheme_indices(true).map(|(at, _)| at);
            let bounds: Vec<usize> = starts.chain([text.len()]).collect();
            for at in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
                let floor = bounds.iter().copied().filter(|bound| *bound <= at).max();
                let ceil = bounds.iter().copied().find(|bound| *bound >= at);
                assert_eq!(Some(floor_grapheme(text, at)), floor, "{text:?} {at}");
                assert_eq!(Some(ceil_grapheme(text, at)), ceil, "{text:?} {at}");
            }
        }
    }
}
