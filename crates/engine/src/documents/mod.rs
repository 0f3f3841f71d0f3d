//! The document store: what was indexed, as it was read, and where each passage of it lies.
//!
//! Documents are appended to immutable segments; the catalogue of a generation lists the live
//! ones. Formats: `docs/file-format.md`.

mod catalogue;
mod segment;
mod store;
mod writer;

use serde::{Deserialize, Serialize};
use trommel_core::{Document, Passage};

pub(crate) use catalogue::{Catalogue, Entry};
pub(crate) use segment::SegmentReader;
pub(crate) use store::DocumentStore;
pub(crate) use writer::DocumentWriter;

#[cfg(test)]
pub(crate) use catalogue::tests as catalogue_tests;

/// The document store of one generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentState {
    /// The segments, oldest first.
    pub segments: Vec<DocumentSegment>,
    /// The file that lists the live documents.
    pub catalogue: String,
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
    /// How many documents were written to it, dead ones included.
    pub documents: u64,
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
