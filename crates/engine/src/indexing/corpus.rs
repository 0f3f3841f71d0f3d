//! The passages of the last commit, and what an encoder reads of them.

use rayon::prelude::*;
use trommel_core::{PassageId, WordPieces};
use trommel_predict::{Frequencies, sample_key};

use crate::EngineError;
use crate::collection::CollectionWriter;
use crate::documents::DocumentStore;

/// How many documents are read at a time.
const DOCUMENTS: usize = 256;

/// The documents of a generation; later ones, which only deepen passages, have the same.
pub(super) struct Corpus {
    store: DocumentStore,
    passages: u64,
}

impl Corpus {
    /// Opens the documents of the last commit; nothing if there was none.
    pub(super) fn of(writer: &CollectionWriter) -> Result<Option<Self>, EngineError> {
        let passages = writer.depths().passages();
        let store = writer.stored()?;
        Ok(store.map(|store| Self { store, passages }))
    }

    /// Returns how many passages there are.
    pub(super) fn passages(&self) -> u64 {
        self.passages
    }

    /// Says whether a document has the passage.
    pub(super) fn has(&self, id: PassageId) -> Result<bool, EngineError> {
        Ok(self.store.catalogue().document_of(id)?.is_some())
    }

    /// Returns the passages that are wanted, with the keys by which they are sampled.
    pub(super) fn keys(
        &self,
        is_wanted: impl Fn(PassageId) -> bool,
    ) -> Result<Vec<(PassageId, u64)>, EngineError> {
        let mut keys = Vec::new();
        for entry in self.store.catalogue().entries() {
            let (_, entry) = entry?;
            let document = entry.content_hash();
            let own = entry.passage_ids().zip(0..).filter(|(id, _)| is_wanted(*id));
            keys.extend(own.map(|(id, passage)| (id, sample_key(&document, passage))));
        }
        Ok(keys)
    }

    /// Returns what an encoder reads of passages, which rise, in their order.
    pub(super) fn texts(&self, passages: &[PassageId]) -> Result<Vec<String>, EngineError> {
        let catalogue = self.store.catalogue();
        let place = |id: &PassageId| Ok((catalogue.document_of(*id)?, *id));
        let places = passages.iter().map(place).collect::<Result<Vec<_>, EngineError>>()?;
        let of_one_document: Vec<&[(Option<usize>, PassageId)]> =
            places.chunk_by(|a, b| a.0 == b.0).collect();
        let texts = of_one_document.par_iter().map(|ids| {
            let Some(place) = ids.first().and_then(|(place, _)| *place) else {
                return Ok(Vec::new());
            };
            let entry = catalogue.entry(place)?;
            let stored = self.store.document(&entry)?;
            let texts = entry.passage_ids().zip(stored.model_texts());
            let wanted = texts.filter(|(id, _)| ids.iter().any(|(_, it)| it == id));
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
        let mut spans = self.store.catalogue().spans();
        std::iter::from_fn(move || {
            let documents: Vec<_> = spans.by_ref().take(DOCUMENTS).collect();
            (!documents.is_empty()).then_some(documents)
        })
        .map(move |documents| {
            let pieces = documents.into_par_iter().map(|span| {
                let (place, span) = span?;
                match span.passage_ids().any(is_wanted) {
                    true => self.pieces_of(place, words, is_wanted),
                    false => Ok(Vec::new()),
                }
            });
            let pieces: Vec<Vec<_>> = pieces.collect::<Result<_, EngineError>>()?;
            Ok(pieces.into_iter().flatten().collect())
        })
    }

    fn pieces_of(
        &self,
        place: usize,
        words: &dyn WordPieces,
        is_wanted: &(dyn Fn(PassageId) -> bool + Sync),
    ) -> Result<Vec<(PassageId, Vec<u32>)>, EngineError> {
        let entry = self.store.catalogue().entry(place)?;
        let stored = self.store.document(&entry)?;
        let texts = entry.passage_ids().zip(stored.model_texts());
        let wanted = texts.filter(|(id, _)| is_wanted(*id));
        Ok(wanted.map(|(id, text)| (id, split(words, &text))).collect())
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
