//! What of a collection is whole.

use std::collections::BTreeSet;
use std::path::Path;

use trommel_core::PassageSet;
use trommel_lexical::LexicalIndex;
use trommel_vector::VectorIndex;

use super::salvage::{self, Salvaged};
use crate::collection::{
    DOCUMENTS, LEXICAL, Layout, MANIFEST, Manifest, PENDING, PREDICTIONS, PredictionState,
    Predictions, VECTORS, own_files, verify_file, verify_files,
};
use crate::documents::Entry;
use crate::{EngineError, check};

/// What is to be done with a collection.
pub(super) enum Diagnosis {
    /// Nothing.
    Whole(Manifest),
    /// The manifest that was about to be committed names a whole generation, and the one in force
    /// is damaged or names none.
    Pending(Manifest),
    /// Something must be written anew.
    Damaged(Box<Parts>),
}

/// What of the parts of a collection can be used.
pub(super) struct Parts {
    /// The manifest in force, if it can be read.
    pub(super) manifest: Option<Manifest>,
    /// The greatest number that a file or the manifest has.
    pub(super) newest: u64,
    /// The documents that can be read.
    pub(super) documents: Salvaged,
    /// Whether the BM25 index is whole and has the passages of just these documents.
    pub(super) lexical_is_whole: bool,
    /// The vector index, if its vectors are whole and are there for all of these documents that had
    /// some.
    pub(super) vectors: Option<VectorIndex>,
    /// Whether all files of the vector index are whole and it has no other passages.
    pub(super) vectors_are_whole: bool,
    /// The predictions, if they are whole and are those of passages without a vector.
    pub(super) predictions: Option<PredictionState>,
    /// The ids of documents that are in the catalogue and cannot be read.
    pub(super) lost: Vec<String>,
    /// The files to set aside.
    pub(super) damaged: Vec<String>,
}

impl Diagnosis {
    pub(super) fn of(folder: &Path) -> Result<Self, EngineError> {
        let manifest = readable(folder, MANIFEST)?;
        if let Some(manifest) = &manifest
            && check(folder)?.findings.is_empty()
        {
            return Ok(Self::Whole(manifest.clone()));
        }
        if let Some(pending) = readable(folder, PENDING)?
            && damaged_files(folder, &pending)?.is_empty()
        {
            return Ok(Self::Pending(pending));
        }
        Ok(Self::Damaged(Box::new(Parts::of(folder, manifest)?)))
    }
}

impl Parts {
    fn of(folder: &Path, manifest: Option<Manifest>) -> Result<Self, EngineError> {
        let mut damaged = match &manifest {
            Some(manifest) => damaged_files(folder, manifest)?,
            // Without a manifest nobody knows which of the files are whole.
            None => own_files(folder)?,
        };
        let (documents, lost) = salvage::documents(folder, manifest.as_ref())?;
        if !lost.is_empty() {
            let files = manifest.iter().flat_map(|manifest| manifest.files.keys());
            damaged.extend(files.filter(|name| name.starts_with(DOCUMENTS)).cloned());
            damaged.sort();
            damaged.dedup();
        }
        let stored: PassageSet = documents.entries.iter().flat_map(Entry::passage_ids).collect();
        let lexical = manifest.as_ref().and_then(|manifest| lexical(folder, manifest));
        let vectors = manifest.as_ref().and_then(|manifest| vectors(folder, manifest));
        let is_encoded = manifest.as_ref().is_some_and(Manifest::is_encoded);
        let vectors = vectors.filter(|(index, _)| !is_encoded || holds(&index.passages(), &stored));
        let predictions = match (&manifest, &vectors) {
            (Some(manifest), Some((index, _))) => predictions(folder, manifest, index, &stored),
            _ => None,
        };
        Ok(Self {
            newest: newest(folder, manifest.as_ref())?,
            lexical_is_whole: lexical.is_some_and(|passages| same(&passages, &stored)),
            vectors_are_whole: (vectors.as_ref())
                .is_some_and(|(index, all)| *all && holds(&stored, &index.passages())),
            predictions,
            vectors: vectors.map(|(index, _)| index),
            documents,
            lost,
            damaged,
            manifest,
        })
    }
}

/// Returns a manifest, or `None` if it is missing or damaged.
fn readable(folder: &Path, name: &str) -> Result<Option<Manifest>, EngineError> {
    match Manifest::read_file(&folder.join(name)) {
        Ok(manifest) => Ok(manifest),
        Err(EngineError::Corrupt { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn damaged_files(folder: &Path, manifest: &Manifest) -> Result<Vec<String>, EngineError> {
    let mut damaged = Vec::new();
    for (name, record) in &manifest.files {
        match verify_file(folder, name, record) {
            Ok(()) => {}
            Err(EngineError::Corrupt { .. }) => damaged.push(name.clone()),
            Err(error) => return Err(error),
        }
    }
    Ok(damaged)
}

/// Returns the passages of the BM25 index if it is whole.
fn lexical(folder: &Path, manifest: &Manifest) -> Option<PassageSet> {
    verify_files(folder, &manifest.files, &[LEXICAL]).ok()?;
    let folder = Layout::new(folder).lexical();
    let index = LexicalIndex::open(&folder, &manifest.lexical).ok()?;
    index.verify().is_empty().then(|| index.passages().ok()).flatten()
}

/// Returns the vector index if its vectors are whole, and whether all of its files are.
fn vectors(folder: &Path, manifest: &Manifest) -> Option<(VectorIndex, bool)> {
    let is_whole = |file: &str| {
        let name = format!("{VECTORS}/{file}");
        let record = manifest.files.get(&name);
        record.is_some_and(|record| verify_file(folder, &name, record).is_ok())
    };
    let mut state = manifest.vectors.clone();
    let all_are_whole = state.files().all(is_whole);
    // All but the vectors can be made from them and from the documents.
    for segment in &mut state.segments {
        segment.graph.retain(|file| is_whole(file));
        segment.sums = segment.sums.take().filter(|file| is_whole(file));
    }
    state.neighbours = None;
    if state.tombstones.as_deref().is_some_and(|file| !is_whole(file)) {
        state.tombstones = None;
        state.live = state.segments.iter().map(|segment| segment.rows).sum();
    }
    if !state.files().all(is_whole) {
        return None;
    }
    let index = VectorIndex::open(&Layout::new(folder).vectors(), &state).ok()?;
    index.check().is_empty().then_some((index, all_are_whole))
}

/// Returns the predictions if they are whole and go with the documents and the vectors that there are.
fn predictions(
    folder: &Path,
    manifest: &Manifest,
    vectors: &VectorIndex,
    stored: &PassageSet,
) -> Option<PredictionState> {
    verify_files(folder, &manifest.files, &[PREDICTIONS]).ok()?;
    let index = Predictions::open(folder, manifest).ok()??.index;
    let fit = index.passages().iter().all(|id| stored.contains(id) && !vectors.has(id));
    manifest.predictions.clone().filter(|_| fit && index.check().is_empty())
}

fn holds(passages: &PassageSet, stored: &PassageSet) -> bool {
    stored.iter().all(|id| passages.contains(id))
}

fn same(passages: &PassageSet, stored: &PassageSet) -> bool {
    holds(passages, stored) && holds(stored, passages)
}

/// Returns the greatest generation that a file names, so that a new one meets no file of its name.
fn newest(folder: &Path, manifest: Option<&Manifest>) -> Result<u64, EngineError> {
    let of_manifest = manifest.map(|manifest| manifest.generation);
    let files: BTreeSet<String> = own_files(folder)?.into_iter().collect();
    let numbers = files.iter().filter(|name| !name.starts_with(LEXICAL)).flat_map(|name| {
        let file = name.rsplit('/').next().unwrap_or(name);
        file.split('.').filter_map(|part| part.parse::<u64>().ok()).collect::<Vec<_>>()
    });
    Ok(numbers.chain(of_manifest).max().unwrap_or(0))
}
