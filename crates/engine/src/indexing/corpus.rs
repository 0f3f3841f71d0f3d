//! The passages of the last commit, and what an encoder reads of them.

use rayon::prelude::*;
use trommel_core::{PassageId, WordPieces};
use trommel_predict::{Frequencies, sample_key};

use crate::EngineError;
use crate::collection::CollectionWriter;
use crate::documents::{DocumentStore, Entry};

/// How many documents are read at a time.
const DOCUMENTS: usize = 256;

/// The documents of a generation; later ones, which only deepen passages, have the same.
pub(super) struct Corpus {
    store: DocumentStore,
}

impl Corpus {
    /// Opens the documents of the last commit; nothing if there was none.
    pub(super) fn of(writer: &CollectionWriter) -> Result<Option<Self>, EngineError> {
        let store = writer.stored()?;
        Ok(store.map(|store| Self { store }))
    }

    /// Returns how many passages there are.
    pub(super) fn passages(&self) -> u64 {
        self.entries().iter().map(|entry| u64::from(entry.passages)).sum()
    }

    /// Says whether a document has the passage.
    pub(super) fn has(&self, id: PassageId) -> bool {
        self.store.catalogue().document_of(id).is_some()
    }

    /// Walks the passages with the keys by which they are sampled.
    pub(super) fn keys(&self) -> impl Iterator<Item = (PassageId, u64)> {
        self.entries().iter().flat_map(|entry| {
            let document = entry.content_hash();
            entry.passage_ids().zip((0..).map(move |passage| sample_key(&document, passage)))
        })
    }

    /// Returns what an encoder reads of passages, which rise, in their order.
    pub(super) fn texts(&self, passages: &[PassageId]) -> Result<Vec<String>, EngineError> {
        let place = |id: &PassageId| self.store.catalogue().document_of(*id);
        let of_one_document: Vec<&[PassageId]> =
            passages.chunk_by(|a, b| place(a) == place(b)).collect();
        let texts = of_one_document.par_iter().map(|ids| {
            let Some(place) = ids.first().and_then(place) else { return Ok(Vec::new()) };
            let entry = &self.entries()[place];
            let stored = self.store.document(entry)?;
            let texts = entry.passage_ids().zip(stored.model_texts());
            let wanted = texts.filter(|(id, _)| ids.contains(id));
            Ok(wanted.map(|(_, text)| text).collect())
        });
        let texts: Vec<Vec<String>> = texts.collect::<Result<_, EngineError>>()?;
        Ok(texts.into_iter().flatten().collect())
    }

    /// Walks the word pieces of the passages that are wanted, by rising id, many at a time.
    pub(super) fn pieces<'a>(
        &'a self,
        words: &'a dyn WordPieces,
        is_wanted: &'a (dyn Fn(PassageId) -> bool + Sync),
    ) -> impl Iterator<Item = Result<Vec<(PassageId, Vec<u32>)>, EngineError>> + 'a {
        self.entries().chunks(DOCUMENTS).map(move |entries| {
            let pieces = entries.par_iter().map(|entry| self.pieces_of(entry, words, is_wanted));
            let pieces: Vec<Vec<_>> = pieces.collect::<Result<_, EngineError>>()?;
            Ok(pieces.into_iter().flatten().collect())
        })
    }

    fn pieces_of(
        &self,
        entry: &Entry,
        words: &dyn WordPieces,
        is_wanted: &(dyn Fn(PassageId) -> bool + Sync),
    ) -> Result<Vec<(PassageId, Vec<u32>)>, EngineError> {
        if !entry.passage_ids().any(is_wanted) {
            return Ok(Vec::new());
        }
        let stored = self.store.document(entry)?;
        let texts = entry.passage_ids().zip(stored.model_texts());
        let wanted = texts.filter(|(id, _)| is_wanted(*id));
        Ok(wanted.map(|(id, text)| (id, split(words, &text))).collect())
    }

    fn entries(&self) -> &[Entry] {
        self.store.catalogue().entries()
    }
}

/// Returns the word pieces of a text.
pub(super) fn split(words: &dyn WordPieces, text: &str) -> Vec<u32> {
    let mut pieces = Vec::new();
    words.split(text, &mut pieces);
    pieces
}

/// Returns how common word pieces are in passages.
pub(super) fn count(frequencies: &mut Frequencies, passages: &[(PassageId, Vec<u32>)]) {
    passages.iter().for_each(|(_, pieces)| frequencies.add(pieces));
}
