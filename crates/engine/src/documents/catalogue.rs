//! The catalogue: the live documents of one generation.

use std::io;
use std::path::Path;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use trommel_core::disk::Folder;
use trommel_core::{ContentHash, FileStamp, Metadata, Origin, PassageId};

use super::segment::Place;
use crate::EngineError;

/// The entries, then as many additions.
const MAGIC: &[u8; 8] = b"TRMLCAT2";

/// What the engine knows of a document without reading it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The id of its first passage; the others follow.
    pub(crate) first: u64,
    /// How many passages it has, at least 1.
    pub(crate) passages: u32,
    /// The document's id.
    pub(crate) id: String,
    /// The hash of its content.
    pub(crate) hash: [u8; 32],
    /// The root that owns it, as a place in the manifest's list.
    pub(crate) root: u32,
    /// The file, relative to the root.
    pub(crate) path: String,
    /// The line of a JSONL file.
    pub(crate) line: Option<u64>,
    /// The document's metadata.
    pub(crate) metadata: Metadata,
    /// The segment that holds the document, as a place in the state's list.
    pub(crate) segment: u32,
    /// Where in the segment its record begins.
    pub(crate) offset: u64,
    /// How long the record is.
    pub(crate) length: u32,
    /// The file's stamp before it was read; `None` for a stream and for documents from memory.
    #[serde(skip)]
    pub(crate) stamp: Option<FileStamp>,
    /// The blake3 hash of the record.
    #[serde(skip)]
    pub(crate) record: [u8; 32],
}

/// The rest of an entry, which stands in a list of its own.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Addition {
    stamp: Option<FileStamp>,
    record: Option<[u8; 32]>,
}

impl Entry {
    /// Returns where the record lies in its segment.
    pub(super) fn place(&self) -> Place {
        Place { offset: self.offset, length: self.length }
    }

    pub(crate) fn passage_ids(&self) -> impl Iterator<Item = PassageId> + use<> {
        (self.first..self.first + u64::from(self.passages)).map(PassageId)
    }

    /// Returns where the document comes from, below the root of that path.
    pub(crate) fn origin(&self, root: &str) -> Origin {
        Origin { root: root.to_owned(), path: self.path.clone(), line: self.line }
    }

    pub(crate) fn content_hash(&self) -> ContentHash {
        ContentHash(self.hash)
    }
}

/// The live documents, by rising passage id.
#[derive(Debug, Clone, Default)]
pub(crate) struct Catalogue {
    entries: Vec<Entry>,
    /// Each entry's first passage. Every search asks hundreds of times whose a passage is; in a list of
    /// their own the numbers lie close together.
    firsts: Vec<u64>,
    /// The places of the entries in the order of their ids, sorted when an id is first asked for:
    /// most searches ask for none.
    by_id: OnceLock<Vec<u32>>,
}

impl Catalogue {
    /// Returns a catalogue of `entries`, in any order.
    pub(crate) fn new(mut entries: Vec<Entry>) -> Self {
        entries.sort_by_key(|entry| entry.first);
        let firsts = entries.iter().map(|entry| entry.first).collect();
        Self { entries, firsts, by_id: OnceLock::new() }
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the place of the document that a passage belongs to.
    pub(crate) fn document_of(&self, passage: PassageId) -> Option<usize> {
        let after = self.firsts.partition_point(|first| *first <= passage.0);
        let place = after.checked_sub(1)?;
        let entry = &self.entries[place];
        (passage.0 - entry.first < u64::from(entry.passages)).then_some(place)
    }

    /// Returns the place of the document of an id.
    pub(crate) fn place_of(&self, id: &str) -> Option<usize> {
        let id_at = |&place: &u32| self.entries[place as usize].id.as_str();
        let by_id = self.by_id.get_or_init(|| {
            let mut places: Vec<u32> = (0..self.entries.len() as u32).collect();
            places.sort_unstable_by_key(id_at);
            places
        });
        let found = by_id.binary_search_by_key(&id, id_at).ok()?;
        Some(by_id[found] as usize)
    }

    /// Reads a catalogue that was verified before.
    pub(crate) fn read(path: &Path) -> Result<Self, EngineError> {
        let bytes = std::fs::read(path).map_err(EngineError::io("read", path))?;
        decode(&bytes).map(Self::new).map_err(|detail| EngineError::corrupt(path, detail))
    }

    /// Writes a new catalogue and syncs it.
    pub(crate) fn write(&self, folder: &Folder, name: &str) -> Result<(), EngineError> {
        let path = folder.join(name);
        let write = || {
            let additions: Vec<Addition> = self
                .entries
                .iter()
                .map(|entry| Addition { stamp: entry.stamp, record: Some(entry.record) })
                .collect();
            let bytes = postcard::to_extend(&(&self.entries, additions), MAGIC.to_vec());
            folder.write_file(name, &bytes.map_err(io::Error::other)?)
        };
        write().map_err(EngineError::io("write", &path))
    }
}

fn decode(bytes: &[u8]) -> Result<Vec<Entry>, String> {
    let records = bytes.strip_prefix(MAGIC).ok_or("it is not a catalogue")?;
    let (mut entries, additions): (Vec<Entry>, Vec<Addition>) =
        postcard::from_bytes(records).map_err(|error| error.to_string())?;
    if entries.len() != additions.len() {
        return Err(format!("expected {} additions, got {}", entries.len(), additions.len()));
    }
    for (entry, Addition { stamp, record }) in entries.iter_mut().zip(additions) {
        let lacks = || format!("document {:?} has no hash of its record", entry.id);
        (entry.stamp, entry.record) = (stamp, record.ok_or_else(lacks)?);
    }
    Ok(entries)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn entry(id: &str, first: u64, passages: u32) -> Entry {
        Entry {
            first,
            passages,
            id: id.into(),
            hash: [1; 32],
            root: 0,
            path: id.into(),
            line: Some(3),
            metadata: Metadata::from([("lang".into(), "en".into())]),
            segment: 0,
            offset: 8,
            length: 10,
            stamp: Some(FileStamp { bytes: 70, modified: -5 }),
            record: [2; 32],
        }
    }

    #[test]
    fn finds_the_document_of_a_passage() {
        let catalogue = Catalogue::new(vec![entry("b", 7, 2), entry("a", 2, 3)]);
        let owner = |id| catalogue.document_of(PassageId(id)).map(|place| place.to_string());
        let owners: Vec<_> = [1, 2, 4, 5, 7, 8, 9].map(owner).into_iter().collect();
        let expected = [None, Some("0"), Some("0"), None, Some("1"), Some("1"), None];
        assert_eq!(owners, expected.map(|place| place.map(ToOwned::to_owned)));
    }

    #[test]
    fn finds_every_document_by_its_id_and_no_other() {
        let names = ["m", "b", "ü", "a b", "z"];
        let entries = names.iter().zip(0..).map(|(id, first)| entry(id, first, 1)).collect();
        let catalogue = Catalogue::new(entries);
        assert_eq!(names.map(|id| catalogue.place_of(id)), [0, 1, 2, 3, 4].map(Some));
        assert_eq!(["", "a", "zz"].map(|id| catalogue.place_of(id)), [None; 3]);
    }

    #[test]
    fn survives_the_disk_and_refuses_what_it_did_not_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1.cat");
        let catalogue = Catalogue::new(vec![entry("a", 2, 3), entry("ü", 7, 2)]);
        catalogue.write(&folder.path().into(), "1.cat").unwrap();
        assert_eq!(Catalogue::read(&path).unwrap().entries(), catalogue.entries());
        std::fs::write(&path, b"TRMLCAT2\xff\xff\xff").unwrap();
        assert!(matches!(Catalogue::read(&path), Err(EngineError::Corrupt { .. })));
    }
}
