//! Moving a collection over to the newest analyzer.

use std::sync::atomic::AtomicBool;

use trommel_core::disk::Folder;
use trommel_vector::VectorSettings;

use crate::collection::CollectionWriter;
use crate::{EngineError, Manifest};

/// What reading a collection's words anew did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reanalysed {
    /// The analyzer that the collection had.
    pub before: String,
    /// The one that it has now.
    pub analyzer: String,
    /// How many documents were read.
    pub documents: u64,
    /// How many passages they have.
    pub passages: u64,
    /// The generation that the collection is now at.
    pub generation: u64,
}

/// Builds the BM25 index anew from the stored documents, with the newest analyzer, in one commit. No source
/// is read and nothing is encoded.
///
/// # Errors
///
/// As for [`CollectionWriter::open`] and [`CollectionWriter::commit`]; [`EngineError::Interrupted`] after
/// `cancel`.
pub fn reanalyse(
    folder: impl Into<Folder>,
    vectors: VectorSettings,
    cancel: &AtomicBool,
) -> Result<Reanalysed, EngineError> {
    let folder = folder.into();
    let mut writer = CollectionWriter::open(folder.clone(), vectors)?;
    let before = Manifest::read(&folder)?.lexical.analyzer;
    writer.reanalyse(cancel)?;
    let generation = writer.commit(true)?;
    let Manifest { lexical, documents, .. } = Manifest::read(&folder)?;
    let (documents, passages) = (documents.documents, documents.passages);
    Ok(Reanalysed { before, analyzer: lexical.analyzer, documents, passages, generation })
}
