//! Text from documents and queries, made harmless.

use trommel_core::escape;

/// Returns `text` on one line, with single spaces and every deceptive character as `\u{…}`.
pub(crate) fn on_one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for (n, word) in text.split_whitespace().enumerate() {
        if n > 0 {
            line.push(' ');
        }
        line.push_str(&escape(word));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_for_a_terminal_to_obey() {
        assert_eq!(on_one_line("a\u{1b}[31mred\u{9b}2J\u{7f}"), r"a\u{1b}[31mred\u{9b}2J\u{7f}");
        assert_eq!(on_one_line(" a\tb\r\n\u{2028} c "), "a b c");
        let bidi = "\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}";
        for c in bidi.chars().chain(['\u{200e}', '\u{200f}', '\u{61c}', '\u{e0041}']) {
            assert!(on_one_line(&format!("a{c}b")).is_ascii(), "{c:?}");
        }
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        // A zero-width joiner is part of the emoji.
        for text in ["größer als 3 µm", "日本語 עברית", "👩\u{200d}🚀", ""] {
            assert_eq!(on_one_line(text), text);
        }
    }
}
