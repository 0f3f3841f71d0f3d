//! Files of the catalogue that no manifest vouches for: what they say is believed as far as records prove it.

use trommel_core::disk::CheckedFile;

use super::changes::Changes;
use super::rows::Rows;
use super::{Entry, older};

/// What a file of a catalogue says.
pub(crate) enum LooseCatalogue {
    /// The documents of one segment, which the entries do not name.
    OfSegment(Vec<Entry>),
    /// The live documents of all segments, as up to format 5.
    OfAll(Vec<Entry>),
}

impl LooseCatalogue {
    /// Reads a file; nothing if it is damaged beyond reading.
    pub(crate) fn read(bytes: Vec<u8>) -> Option<Self> {
        if let Ok(entries) = older::decode(&bytes) {
            return Some(Self::OfAll(entries));
        }
        let rows = Rows::open(CheckedFile::in_memory(bytes)).ok()?;
        let entries = (0..rows.len()).map(|row| rows.entry(row, 0).ok());
        entries.collect::<Option<_>>().map(Self::OfSegment)
    }
}

/// Applies a file of changes to entries; returns whether it could be read.
pub(crate) fn apply_loose_changes(bytes: &[u8], entries: &mut Vec<Entry>) -> bool {
    let Ok(changes) = Changes::decode(bytes) else { return false };
    let live = std::mem::take(entries).into_iter().filter(|entry| !changes.is_gone(entry.first));
    *entries = live.map(|entry| changes.applied(entry)).collect();
    true
}
