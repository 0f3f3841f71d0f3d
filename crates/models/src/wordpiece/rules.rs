//! What BERT's normalizer and pre-tokenizer do to one character.
//!
//! The definitions of categories and decompositions are those of the crates that the `tokenizers`
//! library uses, in the same versions: other Unicode tables would give other tokens.

use unicode_categories::UnicodeCategories;
use unicode_normalization_alignments::char::{canonical_combining_class, decompose_canonical};

/// The switches of `BertNormalizer`, with `strip_accents` resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) clean_text: bool,
    pub(super) handle_chinese_chars: bool,
    pub(super) strip_accents: bool,
    pub(super) lowercase: bool,
}

/// What becomes of a character of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It leaves nothing behind, not even the end of a word.
    Dropped,
    /// It ends the word before it, and is gone.
    Space,
    /// It is a word of its own after canonical decomposition.
    Ideograph,
    /// It goes on into canonical decomposition.
    Kept,
}

/// What a normalized character is to the pre-tokenizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Space,
    Punctuation,
    Letter,
}

impl Rules {
    /// Returns the four switches as the low bits of a number, in the order of the fields.
    pub(super) fn bits(self) -> u32 {
        u32::from(self.clean_text)
            | u32::from(self.handle_chinese_chars) << 1
            | u32::from(self.strip_accents) << 2
            | u32::from(self.lowercase) << 3
    }

    /// Returns the rules of [`Rules::bits`], if the number is one.
    pub(super) fn from_bits(bits: u32) -> Option<Self> {
        (bits < 16).then_some(Self {
            clean_text: bits & 1 != 0,
            handle_chinese_chars: bits & 2 != 0,
            strip_accents: bits & 4 != 0,
            lowercase: bits & 8 != 0,
        })
    }

    pub(super) fn fate(self, c: char) -> Fate {
        if self.clean_text {
            if is_cleaned_away(c) {
                return Fate::Dropped;
            }
            if c.is_whitespace() {
                return Fate::Space;
            }
        }
        if self.handle_chinese_chars && is_ideograph(c) { Fate::Ideograph } else { Fate::Kept }
    }

    /// Calls a function with each character of the canonical decomposition that is not stripped,
    /// and its combining class.
    pub(super) fn decompose(self, c: char, mut each: impl FnMut(char, u8)) {
        // Without stripping the library does not decompose either.
        if !self.strip_accents {
            return each(c, 0);
        }
        decompose_canonical(c, |part| {
            if !part.is_mark_nonspacing() {
                each(part, canonical_combining_class(part));
            }
        });
    }

    /// Calls a function with each character that a decomposed one becomes in the end.
    pub(super) fn lowercase(self, c: char, each: impl FnMut(char)) {
        if self.lowercase {
            c.to_lowercase().for_each(each);
        } else {
            std::iter::once(c).for_each(each);
        }
    }
}

impl Class {
    pub(super) fn of(c: char) -> Self {
        if c.is_whitespace() {
            Self::Space
        } else if c.is_ascii_punctuation() || c.is_punctuation() {
            Self::Punctuation
        } else {
            Self::Letter
        }
    }
}

fn is_cleaned_away(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => false,
        '\0' | char::REPLACEMENT_CHARACTER => true,
        _ => c.is_other(),
    }
}

/// The blocks that BERT sets apart; kana and hangul are not among them. The gap before U+2B920 is
/// the library's.
fn is_ideograph(c: char) -> bool {
    matches!(
        u32::from(c),
        0x4E00..=0x9FFF
            | 0x3400..=0x4DBF
            | 0x20000..=0x2A6DF
            | 0x2A700..=0x2B73F
            | 0x2B740..=0x2B81F
            | 0x2B920..=0x2CEAF
            | 0xF900..=0xFAFF
            | 0x2F800..=0x2FA1F
    )
}
