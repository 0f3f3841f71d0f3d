//! Text from documents, made harmless for a terminal and a reader's eye.

use std::borrow::Cow;

/// Says whether a terminal or a reader's eye would take a character for something else than
/// itself: control characters, marks that turn the direction of writing, invisible tags.
#[must_use]
pub fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061c}' | '\u{200e}' | '\u{200f}'    // marks of direction
            | '\u{202a}'..='\u{202e}'               // embeddings and overrides
            | '\u{2066}'..='\u{2069}'               // isolates
            | '\u{2028}' | '\u{2029}'               // line and paragraph separator
            | '\u{feff}'                            // byte order mark
            | '\u{fff9}'..='\u{fffb}'               // interlinear annotation
            | '\u{e0000}'..='\u{e007f}') // tags
}

/// Returns `text` with every deceptive character written as `\u{…}`.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    escape_but(text, |_| false)
}

/// Returns `text` with every deceptive character but line feeds written as `\u{…}`.
#[must_use]
pub fn escape_lines(text: &str) -> Cow<'_, str> {
    escape_but(text, |c| c == '\n')
}

fn escape_but(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    let escaped = |c: char| is_deceptive(c) && !keep(c);
    if !text.contains(escaped) {
        return Cow::Borrowed(text);
    }
    let mut harmless = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if escaped(c) {
            harmless.extend(c.escape_unicode());
        } else {
            harmless.push(c);
        }
    }
    Cow::Owned(harmless)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_escape_sequence_reaches_the_terminal() {
        assert_eq!(escape("a\u{1b}[31mred\u{9b}2J\u{7f}"), r"a\u{1b}[31mred\u{9b}2J\u{7f}");
        assert_eq!(escape("a\tb\r\nc"), r"a\u{9}b\u{d}\u{a}c");
        assert_eq!(escape_lines("a\r\nb"), "a\\u{d}\nb");
    }

    /// The characters of CVE-2021-42574.
    #[test]
    fn no_character_turns_the_direction_of_writing() {
        let bidi = "\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}";
        for c in bidi.chars().chain(['\u{200e}', '\u{200f}', '\u{61c}', '\u{e0041}']) {
            assert!(escape(&format!("a{c}b")).is_ascii(), "{c:?}");
        }
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        // A zero-width joiner is part of the emoji.
        for text in ["größer als 3 µm", "日本語 עברית", "👩\u{200d}🚀", ""] {
            assert!(matches!(escape(text), Cow::Borrowed(same) if same == text));
        }
    }
}
