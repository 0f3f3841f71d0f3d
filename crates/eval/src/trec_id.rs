//! Ids in the columns of a run file.
//!
//! Those columns are split at white space, so ids that hold any are percent-encoded. All others stand as
//! they are, `%` and all: other tools take the columns as they stand.

use std::borrow::Cow;

/// Says whether an id can stand in a column as it is.
#[must_use]
pub fn is_column(id: &str) -> bool {
    !id.contains(cannot_stand)
}

fn cannot_stand(c: char) -> bool {
    c.is_whitespace() || c.is_control() || is_unseen(c)
}

/// Returns an id without white space, control characters and what turns the direction of writing:
/// they, and `%` itself, become `%XX` for each byte.
#[must_use]
pub fn encode_id(id: &str) -> Cow<'_, str> {
    let encoded = |c: char| c == '%' || cannot_stand(c);
    if !id.contains(encoded) {
        return Cow::Borrowed(id);
    }
    let mut plain = String::with_capacity(id.len() + 8);
    let mut bytes = [0; 4];
    for c in id.chars() {
        if encoded(c) {
            for byte in c.encode_utf8(&mut bytes).bytes() {
                plain.push_str(&format!("%{byte:02X}"));
            }
        } else {
            plain.push(c);
        }
    }
    Cow::Owned(plain)
}

/// Says whether a character is a mark of direction, an annotation or a tag, which nobody sees.
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Returns the id that [`encode_id`] was given; `None` if it gave no such text.
#[must_use]
pub fn decode_id(encoded: &str) -> Option<Cow<'_, str>> {
    if !encoded.contains('%') {
        return Some(Cow::Borrowed(encoded));
    }
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%' {
            // On bytes: the two behind a stray `%` may be a part of one character, where a text
            // cannot be split.
            let (digits, after) = rest.split_at_checked(2)?;
            let digit = |byte: u8| char::from(byte).to_digit(16);
            bytes.push((digit(digits[0])? * 16 + digit(digits[1])?) as u8);
            rest = after;
        } else {
            bytes.push(byte);
        }
    }
    // `encode_id` escapes whole characters, so other bytes are none of its texts.
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_survive_the_columns_of_a_run_file() {
        for id in [
            "a b",
            "100%",
            "%41",
            "tab\there",
            "nbsp\u{a0}x",
            "line\u{85}",
            "right\u{202e}left",
            "ü/é.md",
            "\u{0}",
        ] {
            let encoded = encode_id(id);
            assert_eq!(encoded.split_whitespace().count(), 1, "{encoded}");
            assert!(!encoded.contains(|c: char| c.is_whitespace() || c.is_control()));
            assert_eq!(decode_id(&encoded).as_deref(), Some(id));
        }
        assert_eq!(encode_id("a b%"), "a%20b%25");
        assert_eq!(encode_id("ü/é.md"), "ü/é.md");
    }

    #[test]
    fn a_broken_escape_is_no_id() {
        assert_eq!(decode_id("a%2"), None);
        assert_eq!(decode_id("a%zz"), None);
        assert_eq!(decode_id("%FF"), None);
        // from_str_radix alone would take a sign.
        assert_eq!(decode_id("%+1"), None);
    }
}
