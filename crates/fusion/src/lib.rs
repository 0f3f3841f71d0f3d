//! Pure functions that merge ranked lists.
//!
//! There are two ways in. Candidates of a [`fuse`]d pool come with their true score from every
//! retriever, so nothing has to be invented, and every fused score lies in [0, 1]. Lists of engines
//! that know nothing of each other lack documents: [`fuse_lists`] has a rule for those.

mod blend;
mod lists;
mod minmax;
mod regression;
mod rrf;
mod weights;
mod zscore;

use serde::{Deserialize, Serialize};
use trommel_core::BoxError;

pub use blend::blend;
pub use lists::{ListMethod, RankedList, fuse_lists};
pub use minmax::{Bounds, minmax};
pub use regression::Regression;
pub use rrf::{RRF_K, rrf};
pub use weights::{BadWeights, weights};

/// A candidate's score from each retriever, on that retriever's own scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    /// The BM25 score; 0 where no query term occurs.
    pub bm25: f32,
    /// The cosine of query and passage, in [-1, 1].
    pub dense: f32,
}

/// How two lists become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Weighted mean of scores scaled to [0, 1]; see [`minmax`].
    #[default]
    MinMax,
    /// Weighted sum of reciprocal ranks; see [`rrf`].
    Rrf,
}

impl std::str::FromStr for Method {
    type Err = BoxError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "minmax" => Ok(Self::MinMax),
            "rrf" => Ok(Self::Rrf),
            other => Err(format!("unknown fusion {other:?}, expected minmax or rrf").into()),
        }
    }
}

/// Fuses a pool of candidates; the answer has one score in [0, 1] a candidate, in the same order.
///
/// `dense_weight`, in [0, 1], is the share of the dense list; the rest is BM25's.
#[must_use]
pub fn fuse(pool: &[Scores], method: Method, dense_weight: f32) -> Vec<f32> {
    match method {
        Method::MinMax => minmax(pool, dense_weight),
        Method::Rrf => rrf(pool, dense_weight),
    }
}
