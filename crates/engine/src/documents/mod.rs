//! The document store: what was indexed, as it was read, and where each passage of it lies.
//!
//! Documents lie in immutable segments, each with the catalogue of its documents; a list of changes says
//! which of them are gone or moved since. Formats: `docs/file-format.md`.

mod catalogue;
mod changes;
mod entry;
mod loose;
mod merging;
mod older;
mod rows;
mod segment;
mod store;
mod writer;

use serde::{Deserialize, Serialize};
use trommel_core::{Document, Passage};

pub(crate) use catalogue::Catalogue;
pub(crate) use entry::{Entry, Span};
pub(crate) use loose::{LooseCatalogue, apply_loose_changes};
pub(crate) use segment::SegmentReader;
pub(crate) use store::{DocumentStore, open_catalogue};
pub(crate) use writer::{DocumentWriter, rewrite};

#[cfg(test)]
pub(crate) use catalogue::tests as catalogue_tests;

/// The document store of one generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentState {
    /// The segments, oldest first; so their passages rise.
    pub segments: Vec<DocumentSegment>,
    /// The file that says what became of documents since their segment was written; none if nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<String>,
    /// Up to format 5, the file that lists the live documents of all segments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<String>,
    /// How many documents are live.
    pub documents: u64,
    /// How many passages they have.
    pub passages: u64,
}

/// One file of documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentSegment {
    /// The file's name in its folder.
    pub file: String,
    /// The file that lists its documents. New in format 6.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<String>,
    /// How many documents were written to it, dead ones included.
    pub documents: u64,
}

impl DocumentState {
    /// Walks the names of all files that the documents need.
    pub(crate) fn files(&self) -> impl Iterator<Item = &str> {
        let segments = self.segments.iter();
        let segments = segments.flat_map(|it| std::iter::once(&it.file).chain(&it.catalogue));
        segments.chain(&self.catalogue).chain(&self.changes).map(String::as_str)
    }
}

/// A document as it is stored: with the passages it was cut into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredDocument {
    /// The document.
    pub document: Document,
    /// Its passages, in the order of their ids.
    pub passages: Vec<Passage>,
}

impl StoredDocument {
    /// Walks the texts that models read for the passages.
    pub(crate) fn model_texts(&self) -> impl Iterator<Item = String> {
        let StoredDocument { document, passages } = self;
        passages.iter().map(|it| it.model_text(&document.title, it.text(document)))
    }
}
