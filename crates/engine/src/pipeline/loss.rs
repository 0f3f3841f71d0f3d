//! Where a search lost a document that it should have found.

use std::fmt;

use serde::Serialize;

use super::answer::Stopped;
use super::rankings::Rankings;
use super::request::{SearchSettings, Stage};

/// The gate at which a document was lost, in the order in which it meets them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// The collection does not have it.
    NotIndexed,
    /// It is among the candidates of no retriever: it shares too few words with the query, and the
    /// encoder does not see that the two belong together.
    NotFound,
    /// The same, but an exact scan of the vectors would have had it.
    MissedByGraph,
    /// A retriever found it, and fusion left it out of its candidates.
    CutByFusion,
    /// Fusion put it below the depth to which the reranker reads.
    CutByDepth,
    /// The time was up before the reranker came to it.
    CutByBudget,
    /// The reranker read it in part: a passage lost its end, or other passages were not its turn.
    Truncated,
    /// It was within the hits until the reranker ranked it down.
    RankedDown,
    /// The last stage knew all of it and ranked it below the hits.
    RankedLow,
}

impl Loss {
    /// All gates, in their order.
    pub const ALL: [Self; 9] = [
        Self::NotIndexed,
        Self::NotFound,
        Self::MissedByGraph,
        Self::CutByFusion,
        Self::CutByDepth,
        Self::CutByBudget,
        Self::Truncated,
        Self::RankedDown,
        Self::RankedLow,
    ];

    /// Returns the name, as reports have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotIndexed => "not-indexed",
            Self::NotFound => "not-found",
            Self::MissedByGraph => "missed-by-graph",
            Self::CutByFusion => "cut-by-fusion",
            Self::CutByDepth => "cut-by-depth",
            Self::CutByBudget => "cut-by-budget",
            Self::Truncated => "truncated",
            Self::RankedDown => "ranked-down",
            Self::RankedLow => "ranked-low",
        }
    }

    /// Returns what it means, in words.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::NotIndexed => "not in the collection",
            Self::NotFound => "neither BM25 nor the encoder finds it",
            Self::MissedByGraph => "an exact scan of the vectors would have found it",
            Self::CutByFusion => "found, and left out by fusion",
            Self::CutByDepth => "fused below the depth that the reranker reads",
            Self::CutByBudget => "not read before the time was up",
            Self::Truncated => "read in part by the reranker",
            Self::RankedDown => "within the hits until the reranker ranked it down",
            Self::RankedLow => "ranked below the hits by the last stage",
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Rankings {
    /// Returns where a document of the collection was lost, or `None` if it is among the first
    /// `settings.k` of the last stage.
    ///
    /// What only an exact scan can tell is [`Loss::NotFound`] here, never [`Loss::MissedByGraph`].
    #[must_use]
    pub fn loss(&self, id: &str, settings: &SearchSettings) -> Option<Loss> {
        let last = self.last()?;
        let place = |stage| self.find(stage, id).map(|(place, _)| place);
        if place(last).is_some_and(|place| place <= settings.k) {
            return None;
        }
        if let Stage::Source(_) = last {
            return Some(place(last).map_or(Loss::NotFound, |_| Loss::RankedLow));
        }
        let Some(fused) = place(Stage::Fused) else {
            let found = (0..self.sources.len()).find_map(|source| place(Stage::Source(source)));
            return Some(found.map_or(Loss::NotFound, |_| Loss::CutByFusion));
        };
        let Some((_, document)) = self.find(Stage::Reranked, id) else {
            return Some(Loss::RankedLow);
        };
        let depth = self.reranks.first().map_or(settings.rerank_depth, |first| first.depth);
        let by_budget = self.reading.is_some_and(|reading| reading.stopped == Stopped::Budget);
        Some(match document.last_reranked() {
            None if fused > depth => Loss::CutByDepth,
            None if by_budget => Loss::CutByBudget,
            // Unread because it could not have come in whatever the reranker said.
            None => Loss::RankedLow,
            Some(result) if result.truncated || result.read < document.passages => Loss::Truncated,
            Some(_) if fused <= settings.k => Loss::RankedDown,
            Some(_) => Loss::RankedLow,
        })
    }
}

#[cfg(test)]
mod tests {
    use trommel_core::PassageId;

    use super::super::answer::{Reading, SourceReport};
    use super::super::candidate::RerankResult;
    use super::super::rankings::{RankedDocument, StageRanking};
    use super::*;

    fn document(id: &str) -> RankedDocument {
        RankedDocument {
            id: id.into(),
            score: 0.5,
            passages: 1,
            passage: 0,
            feedback: None,
            reranked: vec![None],
        }
    }

    fn read(id: &str, truncated: bool) -> RankedDocument {
        let result = RerankResult {
            rank: 1,
            logit: 0.0,
            probability: 0.5,
            truncated,
            passage: PassageId(0),
            read: 1,
        };
        RankedDocument { reranked: vec![Some(result)], ..document(id) }
    }

    fn list(stage: Stage, documents: Vec<RankedDocument>) -> StageRanking {
        StageRanking { stage, documents }
    }

    fn rankings(stopped: Stopped) -> Rankings {
        let plain = |ids: &[&str]| ids.iter().copied().map(document).collect();
        let in_part = RankedDocument { passages: 2, ..read("part", false) };
        Rankings {
            stages: vec![
                list(Stage::LEXICAL, plain(&["hit", "cut", "down"])),
                list(Stage::VECTORS, plain(&["hit", "down", "low", "cutend", "part", "unread"])),
                list(
                    Stage::Fused,
                    plain(&["hit", "down", "low", "cutend", "part", "unread", "deep"]),
                ),
                list(
                    Stage::Reranked,
                    vec![
                        read("hit", false),
                        read("low", false),
                        read("down", false),
                        read("cutend", true),
                        in_part,
                        document("unread"),
                        document("deep"),
                    ],
                ),
            ],
            sources: vec![SourceReport { name: "any".into(), found: Some(6), unknown: 0 }; 2],
            reading: Some(Reading { read: 5, of: 6, stopped }),
            ..Rankings::default()
        }
    }

    #[test]
    fn every_gate_is_named() {
        let settings = SearchSettings { k: 2, rerank_depth: 6, ..SearchSettings::default() };
        let rankings = rankings(Stopped::Budget);
        let loss = |id| rankings.loss(id, &settings);
        assert_eq!(loss("hit"), None);
        assert_eq!(loss("low"), None);
        assert_eq!(loss("nowhere"), Some(Loss::NotFound));
        assert_eq!(loss("cut"), Some(Loss::CutByFusion));
        assert_eq!(loss("deep"), Some(Loss::CutByDepth));
        assert_eq!(loss("unread"), Some(Loss::CutByBudget));
        assert_eq!(loss("cutend"), Some(Loss::Truncated));
        assert_eq!(loss("part"), Some(Loss::Truncated));
        assert_eq!(loss("down"), Some(Loss::RankedDown));
        let one = SearchSettings { k: 1, ..settings };
        assert_eq!(rankings.loss("low", &one), Some(Loss::RankedLow));
    }

    #[test]
    fn what_was_settled_unread_was_lost_by_its_rank() {
        let settings = SearchSettings { k: 2, rerank_depth: 6, ..SearchSettings::default() };
        assert_eq!(rankings(Stopped::Settled).loss("unread", &settings), Some(Loss::RankedLow));
    }

    #[test]
    fn without_a_reranker_the_last_stage_decides() {
        let settings = SearchSettings { k: 2, ..SearchSettings::default() };
        let mut rankings = rankings(Stopped::Complete);
        rankings.stages.pop();
        assert_eq!(rankings.loss("down", &settings), None);
        assert_eq!(rankings.loss("low", &settings), Some(Loss::RankedLow));
        rankings.stages.truncate(1);
        assert_eq!(rankings.loss("down", &settings), Some(Loss::RankedLow));
        assert_eq!(rankings.loss("low", &settings), Some(Loss::NotFound));
    }
}
