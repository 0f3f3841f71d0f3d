//! What contestants are given to do; files of the work folder.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Failure;

/// Token ids and types with the special tokens in place, and no padding.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sequence {
    /// Token ids.
    pub ids: Vec<u32>,
    /// One type per id.
    pub types: Vec<u32>,
}

/// Something to do; `work/NAME.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// One vector for each text.
    Encode(Vec<Sequence>),
    /// One logit for each pair.
    Rerank(Vec<Sequence>),
    /// One vector for each text, tokenising included, cut at 512 tokens.
    Texts(Vec<String>),
    /// An index of `rows.f32`.
    Build,
    /// The nearest `k` rows for each of `queries.f32`, one query after the other.
    Search {
        /// How many rows to find.
        k: usize,
        /// Width of the walk; no matter to exact searches.
        ef: usize,
    },
}

/// Numbers in a vector of `rows.f32` and `queries.f32`.
pub const DIMENSION: usize = 384;

impl Work {
    /// Reads `work/NAME.json`.
    pub fn read(folder: &Path, name: &str) -> Result<Self, Failure> {
        let path = folder.join("work").join(format!("{name}.json"));
        let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(serde_json::from_slice(&bytes)?)
    }

    /// Returns the number of items, whose rate is reported, and their unit.
    pub fn units(&self, queries: usize) -> (usize, &'static str) {
        match self {
            Self::Encode(texts) => (texts.iter().map(|text| text.ids.len()).sum(), "tokens/s"),
            Self::Rerank(pairs) => (pairs.len(), "pairs/s"),
            Self::Texts(texts) => (texts.len(), "documents/s"),
            Self::Build => (1, "builds/s"),
            Self::Search { .. } => (queries, "queries/s"),
        }
    }
}

/// Reads little-endian numbers, a row of [`DIMENSION`] after the other.
#[cfg(feature = "trommel")]
pub fn read_rows(path: &Path) -> Result<Vec<Vec<f32>>, Failure> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let numbers: Vec<f32> =
        bytes.as_chunks::<4>().0.iter().map(|it| f32::from_le_bytes(*it)).collect();
    Ok(numbers.chunks_exact(DIMENSION).map(<[f32]>::to_vec).collect())
}
