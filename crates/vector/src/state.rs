//! What makes up one generation of a vector index.

use std::path::Path;

use serde::{Deserialize, Serialize};
use trommel_core::Neighbours;

use crate::{VectorError, neighbours};

/// The files and counts of one generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VectorState {
    /// The numbers in a vector.
    pub dimension: usize,
    /// The segments, in the order in which they were written; no passage is in two of them.
    pub segments: Vec<SegmentState>,
    /// The file of the dead passages' ids; none if all rows live.
    pub tombstones: Option<String>,
    /// The rows that are not dead.
    pub live: u64,
    /// The file of every passage's neighbours; none in a generation that a run commits on its way, and
    /// in collections of earlier formats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub neighbours: Option<String>,
}

/// One segment of a generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentState {
    /// The file of the rows.
    pub file: String,
    /// How many rows it has, dead ones counted.
    pub rows: u64,
    /// The files of its HNSW graph; empty if it has none.
    pub graph: Vec<String>,
    /// The file of its checksums; none only where a repair does without a damaged one.
    pub sums: Option<String>,
}

impl VectorState {
    /// Returns the state of an index without vectors.
    #[must_use]
    pub fn empty(dimension: usize) -> Self {
        Self { dimension, segments: Vec::new(), tombstones: None, live: 0, neighbours: None }
    }

    /// Walks the names of all files that the generation needs.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.segments
            .iter()
            .flat_map(|segment| {
                std::iter::once(&segment.file).chain(&segment.graph).chain(&segment.sums)
            })
            .chain(&self.tombstones)
            .chain(&self.neighbours)
            .map(String::as_str)
    }

    /// Walks the names of the files that are verified as they are read: their length apart, nobody
    /// need look at them before.
    pub fn verified_as_read(&self) -> impl Iterator<Item = &str> {
        let has_sums = self.segments.iter().filter(|segment| segment.sums.is_some());
        has_sums.map(|segment| segment.file.as_str())
    }

    /// Reads the neighbours of all passages; nothing if the generation has none.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or is not what its header says.
    pub fn neighbours(&self, folder: &Path) -> Result<Option<Neighbours>, VectorError> {
        let file = self.neighbours.as_ref().map(|file| folder.join(file));
        file.map(|path| neighbours::read(&path)).transpose()
    }

    /// Checks what can be checked without reading a file.
    pub(crate) fn check(&self, folder: &Path) -> Result<(), VectorError> {
        check_dimension(self.dimension)?;
        // Names come out of a file: one with a slash or two dots in front would lead out of the
        // folder.
        let plain = |name: &str| {
            !name.starts_with('.')
                && !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
        };
        match self.files().find(|name| !plain(name)) {
            Some(name) => {
                Err(VectorError::corrupt(folder, format!("{name:?} is no name of a vector file")))
            }
            None => Ok(()),
        }
    }
}

/// The greatest dimension: far above any encoder's, and small enough for all arithmetic on sizes.
const MAX_DIMENSION: usize = 65_536;

pub(crate) fn check_dimension(dimension: usize) -> Result<(), VectorError> {
    if (1..=MAX_DIMENSION).contains(&dimension) {
        return Ok(());
    }
    Err(VectorError::BadSetting {
        what: "dimension",
        expected: format!("1 to {MAX_DIMENSION}"),
        got: dimension.to_string(),
    })
}
