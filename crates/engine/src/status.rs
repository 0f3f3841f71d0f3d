//! What a collection holds, without reading more than its manifest.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use trommel_core::Fingerprint;

use crate::collection::{Depths, PredictionQuality, Root, Splitting};
use crate::{EngineError, Manifest};

/// What a collection holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// The number of the last commit.
    pub generation: u64,
    /// The format of the files.
    pub format: u32,
    /// How many documents it has.
    pub documents: u64,
    /// How many passages they were cut into.
    pub passages: u64,
    /// How many vectors the vector index has: those of the passages that are encoded.
    pub vectors: u64,
    /// How many passages are how deep.
    pub depths: Depths,
    /// How good predicted vectors are; nothing where none are predicted.
    pub predictions: Option<PredictionQuality>,
    /// How many files make up this generation, the manifest among them.
    pub files: usize,
    /// Their size in bytes, without the manifest.
    pub bytes: u64,
    /// What was indexed.
    pub roots: Vec<Root>,
    /// How documents are cut into passages.
    pub splitting: Splitting,
    /// How text becomes terms of the BM25 index.
    pub analyzer: String,
    /// How many passages are in which language, by its ISO 639-3 code; empty where all are read as English.
    pub languages: BTreeMap<String, u64>,
    /// How many segments of the vector index have an HNSW graph, and how many have none.
    pub graphs: Graphs,
    /// The encoder that made the vectors.
    pub encoder: Fingerprint,
}

/// How vectors are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Graphs {
    /// Segments with an HNSW graph.
    pub hnsw: usize,
    /// Segments that are scanned exactly.
    pub exact: usize,
}

/// Returns what a collection holds.
///
/// # Errors
///
/// As for [`Manifest::read`].
pub fn status(folder: &Path) -> Result<Status, EngineError> {
    let manifest = Manifest::read(folder)?;
    let hnsw = manifest.vectors.segments.iter().filter(|segment| !segment.graph.is_empty()).count();
    Ok(Status {
        generation: manifest.generation,
        format: manifest.format,
        documents: manifest.documents.documents,
        passages: manifest.lexical.passages,
        vectors: manifest.vectors.live,
        depths: manifest.depths(),
        predictions: manifest.predictions.as_ref().and_then(|predictions| predictions.quality),
        files: manifest.files.len() + 1,
        bytes: manifest.files.values().map(|record| record.size).sum(),
        roots: manifest.roots,
        splitting: manifest.splitting,
        analyzer: manifest.lexical.analyzer,
        languages: manifest.lexical.languages,
        graphs: Graphs { hnsw, exact: manifest.vectors.segments.len() - hnsw },
        encoder: manifest.encoder,
    })
}
