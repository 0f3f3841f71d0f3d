//! What the engine knows of a document without reading it.

use serde::{Deserialize, Serialize};
use trommel_core::{ContentHash, FileStamp, Metadata, Origin, PassageId};

use super::segment::Place;

/// A live document. The serialized fields are those of the catalogues up to format 5.
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
    /// The number of the root that owns it.
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

impl Entry {
    /// Returns where the record lies in its segment.
    pub(super) fn place(&self) -> Place {
        Place { offset: self.offset, length: self.length }
    }

    pub(crate) fn span(&self) -> Span {
        Span { first: self.first, passages: self.passages }
    }

    pub(crate) fn passage_ids(&self) -> impl Iterator<Item = PassageId> + use<> {
        self.span().passage_ids()
    }

    /// Returns where the document comes from, below the root of that path.
    pub(crate) fn origin(&self, root: &str) -> Origin {
        Origin { root: root.to_owned(), path: self.path.clone(), line: self.line }
    }

    pub(crate) fn content_hash(&self) -> ContentHash {
        ContentHash(self.hash)
    }
}

/// The passages of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// The id of the first; the others follow.
    pub(crate) first: u64,
    /// How many there are, at least 1.
    pub(crate) passages: u32,
}

impl Span {
    pub(crate) fn passage_ids(self) -> impl Iterator<Item = PassageId> {
        (self.first..self.first + u64::from(self.passages)).map(PassageId)
    }
}
