//! What became of documents since the catalogue of their segment was written.

use std::collections::BTreeMap;
use std::io;

use serde::{Deserialize, Serialize};
use trommel_core::FileStamp;
use trommel_core::disk::Damage;

use super::Entry;

const MAGIC: &[u8; 8] = b"TRMLCHG1";

/// What became of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Change {
    /// It is gone; its record lies in the segment until that is merged.
    Gone,
    /// Its content and path are the same, and this is not.
    Moved { root: u32, line: Option<u64>, stamp: Option<FileStamp> },
}

/// The changes of a generation, by the documents' first passages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Changes(pub(super) BTreeMap<u64, Change>);

impl Changes {
    /// Reads a file of changes that was verified before.
    pub(super) fn decode(bytes: &[u8]) -> io::Result<Self> {
        let records = bytes.strip_prefix(MAGIC);
        let records = records.ok_or_else(|| Damage("it is no list of changes".into()))?;
        let changes: Vec<(u64, Change)> =
            postcard::from_bytes(records).map_err(|error| Damage(error.to_string()))?;
        Ok(Self(changes.into_iter().collect()))
    }

    pub(super) fn encode(&self) -> io::Result<Vec<u8>> {
        let changes: Vec<(u64, Change)> = self.0.iter().map(|(&at, &it)| (at, it)).collect();
        postcard::to_extend(&changes, MAGIC.to_vec()).map_err(io::Error::other)
    }

    pub(super) fn is_gone(&self, first: u64) -> bool {
        self.0.get(&first) == Some(&Change::Gone)
    }

    /// Returns an entry as it is now; it must not be gone.
    pub(super) fn applied(&self, mut entry: Entry) -> Entry {
        if let Some(&Change::Moved { root, line, stamp }) = self.0.get(&entry.first) {
            (entry.root, entry.line, entry.stamp) = (root, line, stamp);
        }
        entry
    }
}
