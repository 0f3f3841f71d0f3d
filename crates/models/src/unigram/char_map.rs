//! What normalisation makes of each character: a table in two stages, laid out once and read in
//! place.
//!
//! The index has the number of a block of 128 entries for each 128 characters; all that no rule is
//! about share block 0. An entry is 0 for a character that stays as it is. Else its lower 24 bits
//! say where in the text of replacements its own begins, the 7 above how many bytes it has, and one
//! more, and the highest whether it may join the character before it.

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization_alignments::char::decompose_canonical;

use super::UnigramError;

/// Characters of one block.
const BLOCK: usize = 128;
/// Numbers in the index.
pub(super) const INDEX: usize = (char::MAX as usize + 1) / BLOCK;
const JOINS: u32 = 1 << 31;
const LENGTH_AT: u32 = 24;
const LENGTHS: u32 = 0x7f;
const OFFSETS: u32 = 0x00ff_ffff;

/// The parts of the table.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) index: Vec<u16>,
    pub(super) entries: Vec<u32>,
    pub(super) text: String,
}

/// Lays the table out.
pub(super) fn build(replacements: &BTreeMap<char, String>) -> Result<Parts, UnigramError> {
    let mut parts = Parts { index: vec![0; INDEX], entries: vec![0; BLOCK], text: String::new() };
    for (c, replacement) in replacements {
        let entry = parts.text.len() as u32 | (replacement.len() as u32 + 1) << LENGTH_AT;
        if replacement.len() >= LENGTHS as usize || parts.text.len() > OFFSETS as usize {
            let got = format!("{} for {c:?}", replacement.len());
            return Err(UnigramError::vocabulary("replacements of up to 126 bytes", got));
        }
        parts.text.push_str(replacement);
        *parts.entry(*c) |= entry;
    }
    for c in joining() {
        *parts.entry(c) |= JOINS;
    }
    Ok(parts)
}

/// Returns the characters that stand second in a canonical composition.
fn joining() -> BTreeSet<char> {
    let mut joining = BTreeSet::new();
    for c in '\0'..=char::MAX {
        let mut is_first = true;
        decompose_canonical(c, |part| {
            if !std::mem::take(&mut is_first) {
                joining.insert(part);
            }
        });
    }
    joining
}

impl Parts {
    fn entry(&mut self, c: char) -> &mut u32 {
        let block = &mut self.index[c as usize / BLOCK];
        if *block == 0 {
            // There are fewer blocks than characters over 128, which a u16 holds.
            *block = (self.entries.len() / BLOCK) as u16;
            self.entries.resize(self.entries.len() + BLOCK, 0);
        }
        &mut self.entries[usize::from(*block) * BLOCK + c as usize % BLOCK]
    }
}

/// The table, as it lies in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct CharMap<'a> {
    pub(super) index: &'a [[u8; 2]],
    pub(super) entries: &'a [[u8; 4]],
    pub(super) text: &'a [u8],
}

/// What the table says of a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry(u32);

impl<'a> CharMap<'a> {
    #[inline]
    pub(super) fn entry(self, c: char) -> Entry {
        let block =
            self.index.get(c as usize / BLOCK).map_or(0, |block| u16::from_le_bytes(*block));
        let entry = self.entries.get(usize::from(block) * BLOCK + c as usize % BLOCK);
        Entry(entry.map_or(0, |entry| u32::from_le_bytes(*entry)))
    }

    /// Returns what the character of an entry becomes, if it does not stay as it is.
    pub(super) fn replacement(self, Entry(entry): Entry) -> Option<&'a str> {
        let length = (entry >> LENGTH_AT & LENGTHS).checked_sub(1)? as usize;
        let start = (entry & OFFSETS) as usize;
        std::str::from_utf8(self.text.get(start..start + length)?).ok()
    }
}

impl Entry {
    /// Returns whether the character stays as and where it is.
    #[inline]
    pub(super) fn is_plain(self) -> bool {
        self.0 == 0
    }

    /// Returns whether the character may join the one before it.
    pub(super) fn joins(self) -> bool {
        self.0 & JOINS != 0
    }
}
