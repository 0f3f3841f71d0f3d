//! Writing what is damaged anew, from documents that can be read.

use std::collections::BTreeMap;

use trommel_core::disk::Folder;
use trommel_core::{Encoder, Fingerprint, PassageId};
use trommel_lexical::{LexicalState, LexicalWriter};
use trommel_vector::{VectorIndex, VectorState, VectorWriter};

use super::diagnosis::Parts;
use crate::EngineError;
use crate::collection::{
    CollectionSettings, DOCUMENTS, FORMAT, LEXICAL, Manifest, Root, VECTORS, add_passages,
    first_passages, root_of,
};
use crate::documents::{self, DocumentState, Entry};
use crate::indexing::encode;

/// How many passages are encoded at a time.
const BATCH: usize = 256;

/// A manifest whose files are all on disk, and what was done to get there, in words.
pub(super) struct Rebuild {
    pub(super) manifest: Manifest,
    pub(super) steps: Vec<String>,
}

pub(super) fn rebuild(
    folder: &Folder,
    parts: &Parts,
    encoder: Option<&dyn Encoder>,
    settings: &CollectionSettings,
) -> Result<Rebuild, EngineError> {
    let generation = parts.newest + 1;
    let mut steps = Vec::new();
    let fingerprint = fingerprint(parts, encoder)?;

    let same_documents = parts.documents.are_whole;
    let documents = match &parts.manifest {
        Some(manifest) if same_documents => manifest.documents.clone(),
        _ => {
            steps.push(format!("saved {} documents", parts.documents.entries.len()));
            rewrite_documents(folder, parts, generation)?
        }
    };
    let lexical = match &parts.manifest {
        Some(manifest) if parts.lexical_is_whole => manifest.lexical.clone(),
        _ => {
            steps.push("built the BM25 index from the documents".to_owned());
            build_lexical(folder, parts)?
        }
    };
    let vectors = match &parts.manifest {
        Some(manifest) if parts.vectors_are_whole => manifest.vectors.clone(),
        _ => {
            steps.push(match &parts.vectors {
                Some(_) => "built the vector index from the vectors that it had".to_owned(),
                None => "built the vector index from the documents".to_owned(),
            });
            let folder = folder.within(VECTORS);
            let writer = VectorWriter::create(folder, fingerprint.dimension, settings.vectors)?;
            build_vectors(writer, parts, encoder, generation)?
        }
    };
    let known = parts.manifest.as_ref();
    if parts.predictions.is_none() && known.is_some_and(|it| it.predictions.is_some()) {
        steps.push("left the predictions out; the next run makes them again".to_owned());
    }
    let entries = &parts.documents.entries;
    let after_last = entries.iter().map(|entry| entry.first + u64::from(entry.passages)).max();
    let manifest = Manifest {
        format: FORMAT,
        generation,
        encoder: fingerprint,
        splitting: known.map_or(settings.splitting, |manifest| manifest.splitting),
        roots: parts.documents.roots.clone(),
        unextracted: Vec::new(),
        extractors: String::new(),
        next_passage: known.map_or(0, |it| it.next_passage).max(after_last.unwrap_or(0)),
        documents,
        lexical,
        vectors,
        depth: known.map(|manifest| manifest.depth).unwrap_or_default(),
        predictions: parts.predictions.clone(),
        files: BTreeMap::new(),
    };
    Ok(Rebuild { manifest: manifest.with_files(folder, known)?, steps })
}

/// Returns the encoder of the collection, which a given one must be.
fn fingerprint(parts: &Parts, given: Option<&dyn Encoder>) -> Result<Fingerprint, EngineError> {
    let given = given.map(|encoder| encoder.fingerprint().clone());
    match (&parts.manifest, given) {
        (Some(manifest), Some(given)) if manifest.encoder != given => {
            Err(EngineError::WrongEncoder {
                collection: Box::new(manifest.encoder.clone()),
                given: Box::new(given),
            })
        }
        (_, None) if parts.vectors.is_none() => {
            Err(EngineError::ModelNotLoaded { stage: "repair", needs: "an encoder" })
        }
        (Some(manifest), _) => Ok(manifest.encoder.clone()),
        (None, Some(given)) => Ok(given),
        (None, None) => Err(EngineError::ModelNotLoaded { stage: "repair", needs: "an encoder" }),
    }
}

fn rewrite_documents(
    folder: &Folder,
    parts: &Parts,
    generation: u64,
) -> Result<DocumentState, EngineError> {
    let folder = folder.within(DOCUMENTS);
    let entries = parts.documents.entries.clone();
    let state = documents::rewrite(&folder, &parts.documents.segments, entries, generation)?;
    folder.sync().map_err(EngineError::io("sync", &folder))?;
    Ok(state)
}

fn build_lexical(folder: &Folder, parts: &Parts) -> Result<LexicalState, EngineError> {
    let mut writer = LexicalWriter::create(folder.within(LEXICAL))?;
    for entry in &parts.documents.entries {
        let stored = parts.documents.read(entry)?;
        let root = root_of(&parts.documents.roots, entry.root);
        let read_as = root.and_then(Root::language);
        add_passages(&mut writer, entry.passage_ids(), &stored, &entry.path, read_as)?;
    }
    Ok(writer.commit()?)
}

fn build_vectors(
    mut writer: VectorWriter,
    parts: &Parts,
    encoder: Option<&dyn Encoder>,
    generation: u64,
) -> Result<VectorState, EngineError> {
    match (&parts.vectors, encoder) {
        (Some(index), _) => take_over(index, &parts.documents.entries, &mut writer)?,
        (None, Some(encoder)) => encode_anew(encoder, parts, &mut writer)?,
        (None, None) => {}
    }
    let state = writer.commit(generation, true)?;
    let entries = parts.documents.entries.iter();
    let passages: u64 = entries.map(|entry| u64::from(entry.passages)).sum();
    if writer.live() < passages {
        return Ok(state);
    }
    let firsts = first_passages(parts.documents.entries.iter().map(|entry| Ok(entry.span())))?;
    let owner = |id: PassageId| firsts.partition_point(|first| *first <= id.0);
    Ok(writer.find_neighbours(generation, &owner)?)
}

fn take_over(
    index: &VectorIndex,
    entries: &[Entry],
    writer: &mut VectorWriter,
) -> Result<(), EngineError> {
    for id in entries.iter().flat_map(Entry::passage_ids) {
        if let Some(vector) = index.vector(id) {
            writer.add(id, vector)?;
        }
    }
    Ok(())
}

fn encode_anew(
    encoder: &dyn Encoder,
    parts: &Parts,
    writer: &mut VectorWriter,
) -> Result<(), EngineError> {
    let mut batch = Vec::new();
    for entry in &parts.documents.entries {
        let stored = parts.documents.read(entry)?;
        batch.extend(entry.passage_ids().zip(stored.model_texts()));
        if batch.len() >= BATCH {
            encode_batch(encoder, &mut batch, writer)?;
        }
    }
    encode_batch(encoder, &mut batch, writer)
}

fn encode_batch(
    encoder: &dyn Encoder,
    batch: &mut Vec<(PassageId, String)>,
    writer: &mut VectorWriter,
) -> Result<(), EngineError> {
    let batch = std::mem::take(batch);
    for batch in batch.chunks(BATCH) {
        let texts: Vec<&str> = batch.iter().map(|(_, text)| text.as_str()).collect();
        for ((id, _), vector) in batch.iter().zip(encode(encoder, &texts)?) {
            writer.add(*id, &vector)?;
        }
    }
    Ok(())
}
