//! Making text fit into columns.

use trommel_core::{ceil_grapheme, floor_grapheme};
use unicode_width::UnicodeWidthStr;

/// Returns text in at most `width` columns; what is cut ends in `…`.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    format!("{}…", beginning(text, width.saturating_sub(1)).trim_end())
}

/// Returns the longest beginning of whole characters, as a reader sees them, that is not wider than `width`
/// columns.
fn beginning(text: &str, width: usize) -> &str {
    let mut end = 0;
    // No line of a terminal needs more characters than that, however many are invisible.
    for (at, c) in text.char_indices().take(8 * width) {
        let next = at + c.len_utf8();
        if text[..next].width() > width {
            break;
        }
        end = next;
    }
    &text[..floor_grapheme(text, end)]
}

/// Returns a beginning of a word that is not wider than `width` columns, but at least its first character.
fn part(word: &str, width: usize) -> &str {
    let first = word.chars().next().map_or(0, char::len_utf8);
    match beginning(word, width) {
        "" => &word[..ceil_grapheme(word, first)],
        beginning => beginning,
    }
}

/// Returns text in lines of at most `width` columns, broken at spaces; every line begins with
/// `indent`.
pub(super) fn wrap(text: &str, width: usize, indent: &str) -> Vec<String> {
    let room = width.saturating_sub(indent.width()).max(2);
    let (mut lines, mut line) = (Vec::new(), String::new());
    for mut word in text.split(' ').filter(|word| !word.is_empty()) {
        // A word that does not fit ends the line; one that is wider than a whole line is cut into
        // parts.
        if !line.is_empty() {
            if line.width() + 1 + word.width() <= room {
                line.push(' ');
                line.push_str(word);
                continue;
            }
            lines.push(std::mem::take(&mut line));
        }
        while word.width() > room {
            let part = part(word, room);
            lines.push(part.to_owned());
            word = &word[part.len()..];
        }
        line.push_str(word);
    }
    lines.push(line);
    lines.iter().map(|line| format!("{indent}{line}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(cut("recall", 6), "recall");
        assert_eq!(cut("recall ceiling", 8), "recall…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("ab", 0), "…");
        assert_eq!(cut("กำลังกำลัง", 4), "กำลั…");
        assert_eq!(cut("👍🏽👍🏽", 3), "👍🏽…");
    }

    #[test]
    fn lines_break_at_spaces_or_where_they_must() {
        assert_eq!(wrap("one two three", 9, "  "), ["  one two", "  three"]);
        assert_eq!(wrap("abcdefgh ij", 4, ""), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("日本語", 4, ""), ["日本", "語"]);
        assert_eq!(wrap("", 4, ""), [""]);
        assert_eq!(wrap("e\u{301}te\u{301}a", 3, ""), ["e\u{301}te\u{301}", "a"]);
        // One character that is wider than a line.
        assert_eq!(wrap("ᄀᄀ각x", 2, ""), ["ᄀᄀ각", "x"]);
    }
}
