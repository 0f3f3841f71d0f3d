//! Documents that come from no file: a program hands them over one by one.

use std::sync::Arc;

use thiserror::Error;
use trommel_core::{Document, Encoder, Origin, TokenCounter};
use trommel_ingest::{Limits, content_hash};

use super::encoding::encode;
use crate::EngineError;
use crate::collection::{CollectionSettings, CollectionWriter, Root, RootKind, root_of};
use crate::documents::StoredDocument;

/// How many passages wait before they are encoded together: enough to keep all threads of an
/// encoder busy.
const BATCH: usize = 256;

/// Changes to a collection by single documents: [`upsert`](Updates::upsert) and
/// [`remove`](Updates::remove) as many as there are, then [`commit`](Updates::commit).
///
/// What was not committed is lost when it is dropped. It holds the writer's lock, so an indexing
/// run has to wait until it is gone. After an error it must be dropped, save for
/// [`EngineError::BadDocument`]; the last commit stays in force.
///
/// Its documents belong to a root of their own, of kind [`RootKind::Memory`], which no indexing run
/// reads or misses anything from. Taking an id takes the document that has it, whoever owned it.
pub struct Updates {
    encoder: Arc<dyn Encoder>,
    counter: Arc<dyn TokenCounter>,
    limits: Limits,
    /// Documents that are not yet encoded, in the order in which they came; no id is there twice.
    waiting: Vec<StoredDocument>,
    writer: CollectionWriter,
}

/// What became of a document that was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upserted {
    /// Its id was new.
    Added,
    /// It took the place of another document.
    Updated,
    /// The collection had it as it is; it was not encoded again.
    Unchanged,
}

/// Why a document cannot be indexed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DocumentProblem {
    /// It has no name.
    #[error("expected an id, got an empty one")]
    EmptyId,
    /// Its name would break a line or a terminal.
    #[error("expected an id without control characters, got {:?} at byte {at}", character)]
    ControlInId {
        /// The first control character.
        character: char,
        /// Where it is in the id, in bytes from 0.
        at: usize,
    },
    /// There is nothing to find in it.
    #[error("expected a text or a title, got neither")]
    NoText,
    /// Its text is longer than a document's may be.
    #[error("expected at most {limit} bytes of text, got {bytes}")]
    TooLong {
        /// How long it is, in bytes.
        bytes: usize,
        /// The most bytes that it may have.
        limit: u64,
    },
    /// It has more metadata than a document may have.
    #[error("expected at most {limit} bytes of metadata, got {bytes}")]
    TooMuchMetadata {
        /// How many bytes names and values have together.
        bytes: usize,
        /// The most that they may have.
        limit: usize,
    },
    /// It has more passages than a document may have.
    #[error("expected at most {limit} passages, got {passages}")]
    TooManyPassages {
        /// How many it has.
        passages: usize,
        /// The most that are indexed.
        limit: usize,
    },
}

impl Updates {
    /// Opens a collection for changes, or makes one.
    ///
    /// # Errors
    ///
    /// As for [`CollectionWriter::open_or_create`].
    pub fn begin(
        folder: impl Into<trommel_core::disk::Folder>,
        encoder: Arc<dyn Encoder>,
        counter: Arc<dyn TokenCounter>,
        settings: &CollectionSettings,
        limits: Limits,
    ) -> Result<Self, EngineError> {
        let writer = CollectionWriter::open_or_create(folder, encoder.fingerprint(), settings)?;
        Ok(Self { encoder, counter, limits, waiting: Vec::new(), writer })
    }

    /// Adds a document, or puts it in the place of the one with its id.
    ///
    /// Its hash is computed here, and its origin becomes that of a document from memory.
    ///
    /// # Errors
    ///
    /// [`EngineError::BadDocument`], which changes nothing; or whatever encoding or writing reports.
    pub fn upsert(&mut self, document: Document) -> Result<Upserted, EngineError> {
        let refused = |id: &str, problem| EngineError::BadDocument { id: id.to_owned(), problem };
        if let Some(problem) = problem(&document, &self.limits) {
            return Err(refused(&document.id, problem));
        }
        let (root, path) = (Origin::MEMORY.into(), document.id.clone());
        let (origin, hash) = (Origin { root, path, line: None }, content_hash(&document));
        let document = Document { origin, hash, ..document };

        let waits = self.waiting.iter().position(|it| it.document.id == document.id);
        let is_the_same = match waits {
            Some(place) => self.waiting[place].document == document,
            None => self.has(&document)?,
        };
        if is_the_same {
            return Ok(Upserted::Unchanged);
        }
        let passages = self.writer.splitting().splitter(&*self.counter).split(&document);
        let limit = self.limits.max_passages;
        if passages.len() > limit {
            let problem = DocumentProblem::TooManyPassages { passages: passages.len(), limit };
            return Err(refused(&document.id, problem));
        }
        let is_new = waits.is_none() && self.writer.entry(&document.id)?.is_none();
        if let Some(place) = waits {
            self.waiting.remove(place);
        }
        self.waiting.push(StoredDocument { document, passages });
        if self.waiting.iter().map(|it| it.passages.len()).sum::<usize>() >= BATCH {
            self.write_waiting()?;
        }
        Ok(if is_new { Upserted::Added } else { Upserted::Updated })
    }

    /// Removes a document, whoever owns it; returns whether there was one of that id.
    ///
    /// # Errors
    ///
    /// If an index cannot be written.
    pub fn remove(&mut self, id: &str) -> Result<bool, EngineError> {
        let waited = self.waiting.len();
        self.waiting.retain(|it| it.document.id != id);
        // The one that waited may have been about to replace another.
        Ok(self.writer.remove(id)? || self.waiting.len() < waited)
    }

    /// Encodes what waits and commits all changes as one generation; does nothing if there are
    /// none. Returns the number of the generation that the collection is now at.
    ///
    /// # Errors
    ///
    /// If encoding or writing fails; the last commit then stays in force.
    pub fn commit(&mut self) -> Result<u64, EngineError> {
        self.write_waiting()?;
        self.writer.commit(true)
    }

    /// Says whether the collection has a document just as it is, out of memory too.
    fn has(&self, document: &Document) -> Result<bool, EngineError> {
        let of_memory = |number: u32| {
            let root = root_of(self.writer.roots(), number);
            root.is_some_and(|root| root.kind == RootKind::Memory)
        };
        let entry = self.writer.entry(&document.id)?;
        Ok(entry.is_some_and(|it| it.content_hash() == document.hash && of_memory(it.root)))
    }

    fn write_waiting(&mut self) -> Result<(), EngineError> {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return Ok(());
        }
        let texts: Vec<String> = waiting.iter().flat_map(StoredDocument::model_texts).collect();
        let mut vectors = Vec::with_capacity(texts.len());
        for texts in texts.chunks(BATCH) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            vectors.extend(encode(&*self.encoder, &texts)?);
        }
        let root = Root::new(Origin::MEMORY, RootKind::Memory);
        let root = self.writer.root(&root);
        let mut vectors = vectors.as_slice();
        for stored in &waiting {
            let (own, rest) = vectors.split_at(stored.passages.len());
            vectors = rest;
            self.writer.write(stored, root, None, own)?;
        }
        Ok(())
    }
}

/// Returns what keeps a document from being indexed, as far as that shows before it is split.
fn problem(document: &Document, limits: &Limits) -> Option<DocumentProblem> {
    let Document { id, title, text, metadata, .. } = document;
    if id.is_empty() {
        return Some(DocumentProblem::EmptyId);
    }
    if let Some((at, character)) = id.char_indices().find(|(_, character)| character.is_control()) {
        return Some(DocumentProblem::ControlInId { character, at });
    }
    if title.trim().is_empty() && text.trim().is_empty() {
        return Some(DocumentProblem::NoText);
    }
    let (bytes, limit) = (text.len(), limits.max_file_bytes);
    if bytes as u64 > limit {
        return Some(DocumentProblem::TooLong { bytes, limit });
    }
    let bytes = metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
    let limit = limits.max_metadata_bytes;
    (bytes > limit).then_some(DocumentProblem::TooMuchMetadata { bytes, limit })
}
