//! A table of what common characters become, worked out once and kept in the file.
//!
//! Category look-ups cost a tenth of a microsecond each and a character needs several, so curly
//! quotes and accents would take longer than all the plain letters around them.

use super::rules::{Class, Fate, Rules};

/// Characters below this one are in the table: alphabets, punctuation, symbols and kana.
pub(super) const TABLE_END: u32 = 0x3400;

/// What a character becomes, where one number says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Simple {
    /// Only the full rules tell.
    Not,
    Dropped,
    Space,
    Punctuation(char),
    Letter(char),
}

/// Returns the entries of the table: the kind in the highest byte, the character below.
pub(super) fn build(rules: Rules) -> Vec<u32> {
    (0..TABLE_END)
        .map(|code| char::from_u32(code).map_or(Simple::Not, |c| simple(rules, c)).entry())
        .collect()
}

fn simple(rules: Rules, c: char) -> Simple {
    match rules.fate(c) {
        Fate::Dropped => return Simple::Dropped,
        Fate::Space => return Simple::Space,
        Fate::Ideograph => return Simple::Not,
        Fate::Kept => {}
    }
    let mut becomes = Vec::new();
    let mut moves = false;
    rules.decompose(c, |part, combining_class| {
        // Where such a mark ends up depends on the marks beside it.
        moves |= combining_class != 0;
        rules.lowercase(part, |c| becomes.push(c));
    });
    match becomes[..] {
        _ if moves => Simple::Not,
        [] => Simple::Dropped,
        [c] => match Class::of(c) {
            Class::Space => Simple::Space,
            Class::Punctuation => Simple::Punctuation(c),
            Class::Letter => Simple::Letter(c),
        },
        _ => Simple::Not,
    }
}

impl Simple {
    fn entry(self) -> u32 {
        match self {
            Self::Not => 0,
            Self::Dropped => 1 << 24,
            Self::Space => 2 << 24,
            Self::Punctuation(c) => 3 << 24 | u32::from(c),
            Self::Letter(c) => 4 << 24 | u32::from(c),
        }
    }

    /// Reads an entry; one that says nothing sensible sends its character to the full rules.
    pub(super) fn of(entry: u32) -> Self {
        let c = char::from_u32(entry & 0x00ff_ffff);
        match (entry >> 24, c) {
            (1, _) => Self::Dropped,
            (2, _) => Self::Space,
            (3, Some(c)) => Self::Punctuation(c),
            (4, Some(c)) => Self::Letter(c),
            _ => Self::Not,
        }
    }
}
