//! What a search is asked to do.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use trommel_core::BoxError;
use trommel_vector::Ann;

use super::abstention::Reads;
use crate::EngineError;
use crate::Filter;
use crate::fusion::Method;

/// Between which numbers the settings of a search must be.
pub mod range {
    use std::ops::RangeInclusive;

    /// How many candidates a stage may pass on.
    pub const CANDIDATES: RangeInclusive<usize> = 50..=200;
    /// How many candidates may be encoded for a search.
    pub const LAZY: RangeInclusive<usize> = 0..=200;
    /// How many passages of a document a reranker may read.
    pub const RERANK_PASSAGES: RangeInclusive<usize> = 1..=100;
    /// How widely a graph may be searched.
    pub const EF: RangeInclusive<usize> = 1..=100_000;
    /// How long a query may be that is read, in bytes.
    pub const MAX_QUERY_BYTES: RangeInclusive<usize> = 1..=1 << 20;
    /// A share of a score, or a probability.
    pub const SHARE: RangeInclusive<f32> = 0.0..=1.0;
    /// The weight of a title.
    pub const TITLE_WEIGHT: RangeInclusive<f32> = 0.0..=100.0;
}

/// What the sources are called that every collection has, in their order: its own two indexes, and
/// the first of them over passages that have words of their neighbours, too.
pub const LOCAL_SOURCES: [&str; 3] = ["bm25", "dense", "bm25+neighbours"];

/// How far a search goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// One source alone, by its place among the sources.
    Source(usize),
    /// All sources, fused.
    Fused,
    /// The same once more, after the best fused documents have moved the query's vector.
    Feedback,
    /// The candidates, read by the reranker, which also says what moves the query's vector.
    Reranked,
}

impl Stage {
    /// The collection's index of words alone: the first source.
    pub const LEXICAL: Self = Self::Source(0);
    /// The collection's index of vectors alone: the second source.
    pub const VECTORS: Self = Self::Source(1);
    /// The index of words over passages that have words of their neighbours, too: the third source.
    pub const NEIGHBOURS: Self = Self::Source(2);
    /// The stages of a search without further sources, in the order in which they run.
    pub const ALL: [Self; 6] = [
        Self::LEXICAL,
        Self::VECTORS,
        Self::NEIGHBOURS,
        Self::Fused,
        Self::Feedback,
        Self::Reranked,
    ];

    /// Returns the stage's name where the sources have these.
    #[must_use]
    pub fn name_among<'a>(self, sources: impl IntoIterator<Item = &'a str>) -> &'a str {
        match self {
            Self::Source(place) => sources.into_iter().nth(place).unwrap_or("unknown source"),
            Self::Fused => "fused",
            Self::Feedback => "feedback",
            Self::Reranked => "reranked",
        }
    }

    /// Returns the stage's name among those of a search without further sources, as flags and files
    /// have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.name_among(LOCAL_SOURCES)
    }

    /// Says whether the stage needs what a source finds.
    #[must_use]
    pub fn needs_source(self, place: usize) -> bool {
        self == Self::Source(place) || self >= Self::Fused
    }

    /// Says whether the stage needs the query's vector.
    #[must_use]
    pub fn needs_encoder(self) -> bool {
        self.needs_source(1)
    }

    /// Says whether the stage needs the index of words.
    #[must_use]
    pub fn needs_lexical(self) -> bool {
        self.needs_source(0) || self.needs_neighbours()
    }

    /// Says whether the stage needs the neighbours of passages.
    #[must_use]
    pub fn needs_neighbours(self) -> bool {
        self.needs_source(2)
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
            let [others @ .., last] = Self::ALL.map(Self::name);
            let others = others.join(", ");
            format!("unknown stage {name:?}, expected {others} or {last}").into()
        })
    }
}

/// When the reranker may leave candidates unread because none of them can enter the first `k`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EarlyStop {
    /// When even probability 1 would not be enough: the first `k` hits are as if all were read.
    #[default]
    Exact,
    /// When a probability far above what this query's read candidates let expect would not be
    /// enough ([`Regression::most`](crate::fusion::Regression::most)): reads less, and is now and
    /// then wrong.
    Learned,
    /// Never.
    Off,
}

/// Whose best documents move the query's vector (Rocchio, *Relevance feedback in information
/// retrieval*, 1971).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Feedback {
    /// The reranker's, after a first reading; fusion's where no reranker runs, and nobody's where it wants
    /// everything in one call.
    #[default]
    Reranker,
    /// Fusion's, before any reading.
    Fused,
    /// Nobody's: the sources are asked once.
    Off,
}

impl Feedback {
    /// Returns the name, as flags and JSON have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reranker => "reranker",
            Self::Fused => "fused",
            Self::Off => "off",
        }
    }
}

/// Everything about a search that is not its query; the defaults were measured
/// (`docs/measurements.md`).
#[derive(Debug, Clone, PartialEq)]
pub struct SearchSettings {
    /// How many hits to return, from 1 to `candidates`.
    pub k: usize,
    /// The least score that a hit may have ([`Hit::score`](super::Hit::score)), in [0, 1]; 0 for all.
    pub min_score: f32,
    /// How many documents each source finds and fusion keeps; see [`range::CANDIDATES`].
    pub candidates: usize,
    /// The last stage to run.
    pub stage: Stage,
    /// How the sources are fused; not [`Method::ZScore`], whose scores leave [0, 1].
    pub fusion: Method,
    /// The weight of the collection's vectors in fusion, in [0, 1]; the rest to 1 is that of its words.
    /// Further sources have weights of their own.
    pub dense_weight: f32,
    /// How much of the mean count of a word among a passage's neighbours is added to the passage's own
    /// count, in [0, 1]; 0 for none, and no source of its own.
    pub neighbours: f32,
    /// How much it counts that a document has the very words of the query, in [0, 1]: 0 for no more than
    /// BM25 says.
    pub exact: f32,
    /// How many of the best candidates that the encoder has not read yet are encoded for the search; 0 for
    /// none, see [`range::LAZY`].
    pub lazy: usize,
    /// What moves the query's vector before the sources are asked once more.
    pub feedback: Feedback,
    /// The share of the reranker in the final score, in [0, 1].
    pub blend: f32,
    /// How many documents a reranker reads that has no depth of its own ([`RerankStage::depth`]), at most
    /// `candidates`.
    ///
    /// [`RerankStage::depth`]: super::RerankStage::depth
    pub rerank_depth: usize,
    /// How many passages of each document a reranker reads, at least 1.
    pub rerank_passages: usize,
    /// Which texts rerankers are asked about.
    pub reads: Reads,
    /// How long the second stage may take, all of its rerankers together, and lazy encoding before it,
    /// which gets half of it; or `None` for as long as they need. It ends at most one batch of passages later, and reads half a batch at least; a batch is
    /// what the reranker says ([`RerankerInfo::batch`](trommel_core::RerankerInfo::batch)).
    pub budget: Option<Duration>,
    /// When candidates may be left unread without a budget.
    pub early_stop: EarlyStop,
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
            min_score: 0.0,
            candidates: 100,
            stage: Stage::Reranked,
            fusion: Method::MinMax,
            dense_weight: 0.75,
            neighbours: 0.4,
            exact: 1.0,
            lazy: 20,
            feedback: Feedback::Reranker,
            blend: 0.1,
            rerank_depth: 20,
            rerank_passages: 1,
            reads: Reads::Known,
            budget: None,
            early_stop: EarlyStop::Exact,
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
    /// Returns the last stage of a search that has no reranker.
    #[must_use]
    pub fn without_reranker(&self) -> Stage {
        if self.feedback == Feedback::Off { Stage::Fused } else { Stage::Feedback }
    }

    /// Checks that all settings are within their ranges.
    ///
    /// # Errors
    ///
    /// [`EngineError::OutOfRange`] for the first that is not.
    pub fn check(&self) -> Result<(), EngineError> {
        within("candidates", self.candidates, range::CANDIDATES)?;
        within("k", self.k, 1..=self.candidates)?;
        within("min-score", self.min_score, range::SHARE)?;
        within("rerank-depth", self.rerank_depth, 1..=self.candidates)?;
        within("rerank-passages", self.rerank_passages, range::RERANK_PASSAGES)?;
        within("ef", self.ef, range::EF)?;
        within("max-query-bytes", self.max_query_bytes, range::MAX_QUERY_BYTES)?;
        if self.fusion == Method::ZScore {
            let (got, expected) = (self.fusion.name().to_owned(), "minmax or rrf".to_owned());
            return Err(EngineError::OutOfRange { what: "fusion", got, expected });
        }
        within("dense-weight", self.dense_weight, range::SHARE)?;
        within("neighbours", self.neighbours, range::SHARE)?;
        within("exact", self.exact, range::SHARE)?;
        within("lazy", self.lazy, range::LAZY)?;
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
