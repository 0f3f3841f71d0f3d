//! Vectors that were predicted for passages that no encoder has read yet.
//!
//! They are derived from the documents and the vectors of a few of them, and cost seconds to make
//! again: where they are damaged a collection goes on without.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use trommel_core::PassageId;
use trommel_core::disk::Folder;
use trommel_predict::{Quality, Table};
use trommel_vector::{VectorIndex, VectorSettings, VectorState, VectorWriter};

use super::storage::{is_ours, verify_vectors};
use super::{MANIFEST, Manifest, PREDICTIONS};
use crate::EngineError;
use crate::check::Finding;

/// A table being written.
const NEW: &str = "new.tmp";

/// The files and counts of the predictions of one generation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PredictionState {
    /// The file of the table that predicts.
    pub table: String,
    /// How many passages there were when it was learned.
    pub fitted_passages: u64,
    /// How good its predictions are. New in format 6.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<PredictionQuality>,
    /// The predicted vectors.
    pub vectors: VectorState,
}

/// How near predictions come to the encoder's vectors: of passages of the sample, each predicted by a table that
/// was learned without it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PredictionQuality {
    /// The squared error as a share of the vectors' variance, from 0.
    pub error: f32,
    /// The mean cosine of a prediction and its vector.
    pub mean_cosine: f32,
}

impl PredictionState {
    /// Walks the names of all files that the predictions need.
    pub(super) fn files(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.table.as_str()).chain(self.vectors.files())
    }
}

/// The predictions of one generation, opened.
#[derive(Debug)]
pub(crate) struct Predictions {
    /// What predicted, and what of it is known to fail by how much.
    pub(crate) table: Table,
    /// The predicted vectors.
    pub(crate) index: VectorIndex,
}

impl Predictions {
    /// Opens the predictions of a generation, if there are any.
    ///
    /// Every file is checked against its hash, save for those that the index verifies as it reads
    /// them.
    ///
    /// # Errors
    ///
    /// [`EngineError::Corrupt`] if they are not what was written: see [`or_none`].
    pub(crate) fn open(folder: &Path, manifest: &Manifest) -> Result<Option<Self>, EngineError> {
        let Some(state) = &manifest.predictions else { return Ok(None) };
        verify_vectors(folder, &manifest.files, PREDICTIONS, &state.vectors)?;
        let table = read_table(folder, manifest, state)?;
        let index = VectorIndex::open(&folder.join(PREDICTIONS), &state.vectors)?;
        Ok(Some(Self { table, index }))
    }
}

/// Takes damage of predictions for having none, and says what it is.
pub(crate) fn or_none<T>(
    opened: Result<Option<T>, EngineError>,
) -> Result<(Option<T>, Option<Finding>), EngineError> {
    match opened {
        Ok(opened) => Ok((opened, None)),
        Err(error) => {
            let (path, detail) = error.damage()?;
            Ok((None, Some(Finding { path, detail })))
        }
    }
}

fn read_table(
    folder: &Path,
    manifest: &Manifest,
    state: &PredictionState,
) -> Result<Table, EngineError> {
    let name = format!("{PREDICTIONS}/{}", state.table);
    if !is_ours(&name) || !manifest.files.contains_key(&name) {
        let detail = format!("it has no record of a table {:?}", state.table);
        return Err(EngineError::corrupt(&folder.join(MANIFEST), detail));
    }
    let path = folder.join(name);
    let bytes = fs::read(&path).map_err(EngineError::io("read", &path))?;
    let damaged = |detail: String| EngineError::corrupt(&path, detail);
    let table =
        Table::from_bytes(&bytes, &manifest.encoder).map_err(|error| damaged(error.to_string()))?;
    let (expected, got) = (state.vectors.dimension, table.dimension());
    if expected != got {
        return Err(damaged(format!("expected vectors of {expected} numbers, got {got}")));
    }
    Ok(table)
}

/// Writes the predictions of the next generation.
pub(super) struct PredictionWriter {
    file: String,
    table: Arc<Table>,
    vectors: VectorWriter,
}

impl PredictionWriter {
    /// Begins predictions by a table, which is written here under the number of the next commit.
    pub(super) fn create(
        folder: &Folder,
        table: Table,
        generation: u64,
    ) -> Result<Self, EngineError> {
        let folder = folder.within(PREDICTIONS);
        let vectors = VectorWriter::create(&folder, table.dimension(), VectorSettings::default())?;
        let name = format!("{generation:08}.table");
        let path = folder.join(&name);
        let write = || {
            let mut file = folder.begin_file(NEW)?;
            file.write_all(&table.to_bytes())?;
            file.finish(&path)
        };
        write().map_err(EngineError::io("write", &path))?;
        Ok(Self { file: name, table: Arc::new(table), vectors })
    }

    /// Goes on from the predictions of a generation, if it has any.
    ///
    /// # Errors
    ///
    /// [`EngineError::Corrupt`] if a file is not what was written: see [`or_none`].
    pub(super) fn resume(
        folder: &Folder,
        manifest: &Manifest,
    ) -> Result<Option<Self>, EngineError> {
        let Some(state) = &manifest.predictions else { return Ok(None) };
        verify_vectors(folder, &manifest.files, PREDICTIONS, &state.vectors)?;
        let settings = VectorSettings::default();
        Ok(Some(Self {
            file: state.table.clone(),
            table: Arc::new(read_table(folder, manifest, state)?),
            vectors: VectorWriter::open(folder.within(PREDICTIONS), &state.vectors, settings)?,
        }))
    }

    /// Returns what predicts.
    pub(super) fn table(&self) -> &Arc<Table> {
        &self.table
    }

    /// Returns how many passages have a prediction.
    pub(super) fn live(&self) -> u64 {
        self.vectors.live()
    }

    /// Says whether a passage has a prediction.
    pub(super) fn has(&self, id: PassageId) -> bool {
        self.vectors.has(id)
    }

    pub(super) fn add(&mut self, id: PassageId, vector: &[f32]) -> Result<(), EngineError> {
        Ok(self.vectors.add(id, vector)?)
    }

    /// Forgets what was predicted for a passage.
    pub(super) fn delete(&mut self, id: PassageId) {
        self.vectors.delete(id);
    }

    /// Writes what has changed to new files; all are durable, names included.
    pub(super) fn commit(&mut self, generation: u64) -> Result<PredictionState, EngineError> {
        let (table, fitted_passages) = (self.file.clone(), self.table.frequencies().passages());
        // No graph: predictions are there until their passages are encoded, and a graph would be
        // lost with each of them.
        let vectors = self.vectors.commit(generation, false)?;
        let Quality { error, mean_cosine, .. } = self.table.quality();
        let quality = Some(PredictionQuality { error, mean_cosine });
        Ok(PredictionState { table, fitted_passages, quality, vectors })
    }
}
