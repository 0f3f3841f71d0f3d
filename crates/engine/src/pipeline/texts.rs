//! The texts that the reranker reads.

use super::pool::Pooled;
use crate::documents::StoredDocument;
use crate::{EngineError, Snapshot};

/// Where the texts of candidates' passages come from.
pub(super) trait Passages {
    /// Returns the text of a candidate's passage: `place` is the candidate's in the pool, `window`
    /// the passage's among the candidate's own, the most promising first.
    fn text(&mut self, place: usize, window: usize) -> Result<&str, EngineError>;
}

/// The passages of a pool, each document read when its first passage is asked for.
pub(super) struct Texts<'a> {
    snapshot: &'a Snapshot,
    pool: &'a [Pooled],
    /// How many passages of each document will be asked for.
    windows: usize,
    read: Vec<Vec<String>>,
}

impl<'a> Texts<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, pool: &'a [Pooled], windows: usize) -> Self {
        Self { snapshot, pool, windows, read: vec![Vec::new(); pool.len()] }
    }

    fn read(&self, place: usize) -> Result<Vec<String>, EngineError> {
        let pooled = &self.pool[place];
        let entry = &self.snapshot.catalogue().entries()[pooled.document];
        let StoredDocument { document, passages } = self.snapshot.read(entry)?;
        let text = |id: &trommel_core::PassageId| {
            let passage = passages.get((id.0 - entry.first) as usize).ok_or_else(|| {
                let detail = format!("document {:?} lacks passage {id}", entry.id);
                EngineError::corrupt(self.snapshot.folder(), detail)
            })?;
            Ok(passage.model_text(&document.title, passage.text(&document)))
        };
        pooled.passages.iter().take(self.windows).map(text).collect()
    }
}

impl Passages for Texts<'_> {
    fn text(&mut self, place: usize, window: usize) -> Result<&str, EngineError> {
        if self.read[place].is_empty() {
            self.read[place] = self.read(place)?;
        }
        Ok(&self.read[place][window])
    }
}
