//! Text of documents, made harmless for the reader of an answer.

use std::borrow::Cow;

use trommel_core::is_deceptive;

/// Returns text with every deceptive character but line feeds and tabs written as `\u{…}`: what cannot
/// be seen must not reach an agent as if it had been said.
pub(super) fn harmless(text: &str) -> Cow<'_, str> {
    let deceptive = |c: char| is_deceptive(c) && c != '\n' && c != '\t';
    if !text.contains(deceptive) {
        return Cow::Borrowed(text);
    }
    let mut harmless = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match deceptive(c) {
            true => harmless.extend(c.escape_unicode()),
            false => harmless.push(c),
        }
    }
    Cow::Owned(harmless)
}

/// Returns text on one line, made harmless.
pub(super) fn on_one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    harmless(&line).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_shown_and_what_code_needs_stays() {
        assert_eq!(harmless("if a:\n\tb\u{e0041}\u{202e}"), "if a:\n\tb\\u{e0041}\\u{202e}");
        assert_eq!(on_one_line(" a\n\tb\u{1b} "), "a b\\u{1b}");
    }
}
