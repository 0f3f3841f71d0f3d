//! What a search is asked to do.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use trommel_core::BoxError;
use trommel_fusion::Method;
use trommel_vector::Ann;

use super::Filter;
use crate::EngineError;

/// Between which numbers the settings of a search must be.
pub mod range {
    use std::ops::RangeInclusive;

    /// How many candidates a stage may pass on.
    pub const CANDIDATES: RangeInclusive<usize> = 50..=200;
    /// How many passages of a document a reranker may read.
    pub const RERANK_PASSAGES: RangeInclusive<usize> = 1..=100;
    /// How many passages may be read at a time within a budget.
    pub const PACK: RangeInclusive<usize> = 1..=100_000;
    /// How widely a graph may be searched.
    pub const EF: RangeInclusive<usize> = 1..=100_000;
    /// How long a query may be that is read, in bytes.
    pub const MAX_QUERY_BYTES: RangeInclusive<usize> = 1..=1 << 20;
    /// A share of a score.
    pub const SHARE: RangeInclusive<f32> = 0.0..=1.0;
    /// The weight of a title.
    pub const TITLE_WEIGHT: RangeInclusive<f32> = 0.0..=100.0;
}

/// How many passages the reranker reads between two looks at the clock: two for each of two cores, so
/// that a long passage beside a short one leaves a core idle for less than half of the time, and few
/// enough to be over soon.
pub const PACK: usize = 4;

/// How far a search goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// BM25 alone.
    Bm25,
    /// Vectors alone.
    Dense,
    /// Both, fused.
    Fused,
    /// The fused candidates, read by the reranker.
    Reranked,
}

impl Stage {
    /// All stages, in the order in which they run.
    pub const ALL: [Self; 4] = [Self::Bm25, Self::Dense, Self::Fused, Self::Reranked];

    /// Returns the stage's name, as flags and files have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bm25 => "bm25",
            Self::Dense => "dense",
            Self::Fused => "fused",
            Self::Reranked => "reranked",
        }
    }

    /// Says whether the stage needs the query's vector.
    #[must_use]
    pub fn needs_encoder(self) -> bool {
        self != Self::Bm25
    }

    /// Says whether the stage needs BM25.
    #[must_use]
    pub fn needs_lexical(self) -> bool {
        self != Self::Dense
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Stage {
    type Err = BoxError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|stage| stage.name() == name).ok_or_else(|| {
            format!("unknown stage {name:?}, expected bm25, dense, fused or reranked").into()
        })
    }
}

/// When the reranker may leave candidates unread because none of them can enter the first `k`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Settle {
    /// When even probability 1 would not be enough: the first `k` hits are as if all were read.
    #[default]
    Exact,
    /// When a probability far above what this query's read candidates let expect would not be
    /// enough ([`Regression::most`](trommel_fusion::Regression::most)): reads less, and is now
    /// and then wrong.
    Learned,
    /// Never.
    Off,
}

impl FromStr for Settle {
    type Err = BoxError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "exact" => Ok(Self::Exact),
            "learned" => Ok(Self::Learned),
            "off" => Ok(Self::Off),
            other => Err(format!("unknown {other:?}, expected exact, learned or off").into()),
        }
    }
}

/// Everything about a search that is not its query; the defaults were measured
/// (`docs/measurements.md`).
#[derive(Debug, Clone, PartialEq)]
pub struct SearchSettings {
    /// How many hits to return, from 1 to `candidates`.
    pub k: usize,
    /// How many documents each retriever finds and fusion keeps; see [`range::CANDIDATES`].
    pub candidates: usize,
    /// The last stage to run.
    pub stage: Stage,
    /// How BM25 and vectors are fused.
    pub fusion: Method,
    /// The share of vectors in fusion, in [0, 1].
    pub dense_weight: f32,
    /// The share of the reranker in the final score, in [0, 1].
    pub blend: f32,
    /// How many documents a reranker reads that has no depth of its own ([`Pass::depth`]), at most
    /// `candidates`.
    ///
    /// [`Pass::depth`]: super::Pass::depth
    pub rerank_depth: usize,
    /// How many passages of each document a reranker reads, at least 1.
    pub rerank_passages: usize,
    /// How long the second stage may take, all of its passes together, or `None` for as long as it
    /// needs. It ends at most one pack of passages later, and reads half a pack at least.
    pub budget: Option<Duration>,
    /// How many passages are read at a time within a budget, at least 1: two for each thread of the
    /// reranker. Half as many are read to learn the speed, and where no more would end in time. See
    /// [`PACK`].
    pub pack: usize,
    /// When candidates may be left unread without a budget.
    pub settle: Settle,
    /// The longest query, in bytes, that is read.
    pub max_query_bytes: usize,
    /// How much a match in the title adds to one in the body.
    pub title_weight: f32,
    /// Whether the query's operators (phrases, `+`, `-`, field names) count.
    pub syntax: bool,
    /// Which structure answers vector queries.
    pub ann: Ann,
    /// How widely an HNSW graph is searched.
    pub ef: usize,
    /// Which documents may be found.
    pub filter: Filter,
}

impl Default for SearchSettings {
    fn default() -> Self {
        Self {
            k: 10,
            candidates: 100,
            stage: Stage::Reranked,
            fusion: Method::MinMax,
            dense_weight: 0.75,
            blend: 0.1,
            rerank_depth: 20,
            rerank_passages: 1,
            budget: None,
            pack: PACK,
            settle: Settle::Exact,
            max_query_bytes: 64 << 10,
            title_weight: 0.2,
            syntax: false,
            ann: Ann::Auto,
            ef: 400,
            filter: Filter::default(),
        }
    }
}

impl SearchSettings {
    /// Checks that all settings are within their ranges.
    ///
    /// # Errors
    ///
    /// [`EngineError::OutOfRange`] for the first that is not.
    pub fn check(&self) -> Result<(), EngineError> {
        within("candidates", self.candidates, range::CANDIDATES)?;
        within("k", self.k, 1..=self.candidates)?;
        within("rerank-depth", self.rerank_depth, 1..=self.candidates)?;
        within("rerank-passages", self.rerank_passages, range::RERANK_PASSAGES)?;
        within("pack", self.pack, range::PACK)?;
        within("ef", self.ef, range::EF)?;
        within("max-query-bytes", self.max_query_bytes, range::MAX_QUERY_BYTES)?;
        within("dense-weight", self.dense_weight, range::SHARE)?;
        within("blend", self.blend, range::SHARE)?;
        within("title-weight", self.title_weight, range::TITLE_WEIGHT)
    }
}

pub(super) fn within<T: PartialOrd + fmt::Display>(
    what: &'static str,
    got: T,
    range: RangeInclusive<T>,
) -> Result<(), EngineError> {
    if range.contains(&got) {
        return Ok(());
    }
    let expected = format!("{} to {}", range.start(), range.end());
    Err(EngineError::OutOfRange { what, got: got.to_string(), expected })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_within_their_ranges() {
        SearchSettings::default().check().unwrap();
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let named = |settings: SearchSettings| match settings.check() {
            Err(EngineError::OutOfRange { what, .. }) => what,
            other => panic!("expected OutOfRange, got {other:?}"),
        };
        let default = SearchSettings::default;
        assert_eq!(named(SearchSettings { candidates: 49, ..default() }), "candidates");
        assert_eq!(named(SearchSettings { candidates: 201, ..default() }), "candidates");
        assert_eq!(named(SearchSettings { k: 0, ..default() }), "k");
        assert_eq!(named(SearchSettings { k: 101, ..default() }), "k");
        assert_eq!(named(SearchSettings { blend: f32::NAN, ..default() }), "blend");
        assert_eq!(named(SearchSettings { dense_weight: 1.5, ..default() }), "dense-weight");
    }
}
