//! The documents that a search looks into: each is read from the disk once.

use std::collections::HashMap;

use trommel_core::{Passage, PassageId};

use super::candidate::Candidate;
use super::rerank::PassageTexts;
use crate::documents::{Entry, StoredDocument};
use crate::{EngineError, Snapshot};

/// Reads documents, and keeps what it has read until the search is over: what a reranker reads is
/// mostly what is shown.
pub(super) struct DocumentReader<'a> {
    snapshot: &'a Snapshot,
    read: HashMap<usize, (Entry, StoredDocument)>,
}

impl<'a> DocumentReader<'a> {
    pub(super) fn new(snapshot: &'a Snapshot) -> Self {
        Self { snapshot, read: HashMap::new() }
    }

    /// Takes a document out with its entry, reading them if nobody has; `document` is its place in the catalogue.
    pub(super) fn take(&mut self, document: usize) -> Result<(Entry, StoredDocument), EngineError> {
        if let Some(read) = self.read.remove(&document) {
            return Ok(read);
        }
        let entry = self.snapshot.catalogue().entry_alone(document)?;
        let stored = self.snapshot.read(&entry)?;
        Ok((entry, stored))
    }

    /// Returns one of a document's passages.
    pub(super) fn passage<'d>(
        &self,
        document: usize,
        stored: &'d StoredDocument,
        passage: PassageId,
    ) -> Result<&'d Passage, EngineError> {
        let catalogue = self.snapshot.catalogue();
        let place =
            passage.0.checked_sub(catalogue.span(document)?.first).map(|place| place as usize);
        place.and_then(|place| stored.passages.get(place)).ok_or_else(|| {
            let detail = format!("document {:?} lacks passage {passage}", stored.document.id);
            EngineError::corrupt(self.snapshot.folder(), detail)
        })
    }
}

impl PassageTexts for DocumentReader<'_> {
    fn text(&mut self, candidate: &Candidate, passage: PassageId) -> Result<String, EngineError> {
        let (entry, stored) = self.take(candidate.document)?;
        let found = self.passage(candidate.document, &stored, passage)?;
        let text = found.model_text(&stored.document.title, found.text(&stored.document));
        self.read.insert(candidate.document, (entry, stored));
        Ok(text)
    }
}
