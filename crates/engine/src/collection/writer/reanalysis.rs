//! Building the BM25 index anew from the documents that are stored.

use std::sync::atomic::{AtomicBool, Ordering};

use trommel_lexical::LexicalWriter;

use super::{CollectionWriter, add_passages};
use crate::EngineError;
use crate::collection::LEXICAL;
use crate::documents::DocumentStore;

impl CollectionWriter {
    /// Builds the BM25 index anew with the newest analyzer, for the next commit. Nothing is encoded.
    ///
    /// It is for a writer that has written and removed nothing since the last commit, as documents are read
    /// from there.
    ///
    /// # Errors
    ///
    /// If a document cannot be read or the index not be written, and [`EngineError::Interrupted`] after
    /// `cancel`. The last commit stays in force.
    pub(crate) fn reanalyse(&mut self, cancel: &AtomicBool) -> Result<(), EngineError> {
        let Some(committed) = &self.committed else { return Ok(()) };
        let store = DocumentStore::open(&self.folder, &committed.documents, &committed.files)?;
        let mut lexical = LexicalWriter::create(self.folder.within(LEXICAL))?;
        for entry in store.catalogue().entries() {
            let (_, entry) = entry?;
            if cancel.load(Ordering::Relaxed) {
                return Err(EngineError::Interrupted { generation: self.generation() });
            }
            let (stored, read_as) = (store.document(&entry)?, self.language_of_root(entry.root));
            add_passages(&mut lexical, entry.passage_ids(), &stored, &entry.path, read_as)?;
        }
        self.lexical = lexical;
        self.changed = true;
        Ok(())
    }
}
