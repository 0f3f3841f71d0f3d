//! What bytes are, for the texts that are nothing but ASCII.

use super::char_table::Simple;

/// What a byte is to a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Byte {
    /// A letter or digit; it becomes what [`Ascii::fold`] says.
    Letter,
    Space,
    /// A word of its own.
    Punctuation,
    /// A control character, or part of a longer character.
    Other,
}

/// The classes of bytes and what letters become.
#[derive(Debug, Clone)]
pub(super) struct Ascii {
    pub(super) class: [Byte; 256],
    /// Never 0, as a trie needs it.
    pub(super) fold: [u8; 256],
}

impl Ascii {
    /// Reads the first entries of the table of characters.
    pub(super) fn new(char_table: &[[u8; 4]]) -> Self {
        let mut ascii =
            Self { class: [Byte::Other; 256], fold: std::array::from_fn(|byte| byte as u8) };
        for (byte, entry) in char_table.iter().take(128).enumerate() {
            ascii.class[byte] = match Simple::of(u32::from_le_bytes(*entry)) {
                Simple::Space => Byte::Space,
                Simple::Punctuation(c) if usize::from(c as u16) == byte => Byte::Punctuation,
                Simple::Letter(c) if c.is_ascii() => {
                    ascii.fold[byte] = c as u8;
                    Byte::Letter
                }
                _ => Byte::Other,
            };
        }
        // No token has a byte 0xff, so that it stands for one that is in no token either.
        for folded in &mut ascii.fold {
            if *folded == 0 {
                *folded = 0xff;
            }
        }
        ascii
    }
}
