//! What every stage ranks for one query: the material of an evaluation.

use std::time::Duration;

use super::answer::{FeedbackReport, Reading, RerankReport, SourceReport, Trace};
use super::candidate::{RerankResult, Scored};
use super::request::Stage;

/// The lists of all stages that ran for one query.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rankings {
    /// A list a stage, in the order in which they run.
    pub stages: Vec<StageRanking>,
    /// What each source did.
    pub sources: Vec<SourceReport>,
    /// What moved the query's vector in the last stage; missing if nothing did.
    pub feedback: Option<FeedbackReport>,
    /// How much all rerankers read together; missing if none took part.
    pub reading: Option<Reading>,
    /// Why a reranker did not read all that it should have, in words, if one failed: the last list
    /// is then in part, or all, that of the stage before it.
    pub failure: Option<String>,
    /// What each rerank stage did, in their order; empty if none ran.
    pub reranks: Vec<RerankReport>,
    /// How long each step took.
    pub trace: Trace,
}

/// What one stage ranks.
#[derive(Debug, Clone, PartialEq)]
pub struct StageRanking {
    /// The stage.
    pub stage: Stage,
    /// Its documents, best first; at most `candidates` of the settings.
    pub documents: Vec<RankedDocument>,
}

/// A document in the list of a stage.
#[derive(Debug, Clone, PartialEq)]
pub struct RankedDocument {
    /// The document's id.
    pub id: String,
    /// The score on the stage's own scale.
    pub score: f32,
    /// How many passages the document has.
    pub passages: usize,
    /// Which of them speaks for the document in this list, from 0.
    pub passage: usize,
    /// The place and score among the candidates after feedback; only in the last stage's list.
    pub feedback: Option<Scored>,
    /// What each rerank stage said; only in the last stage's list.
    pub reranked: Vec<Option<RerankResult>>,
}

impl RankedDocument {
    /// Returns what the last reranker said that read the document.
    #[must_use]
    pub fn last_reranked(&self) -> Option<RerankResult> {
        self.reranked.iter().rev().flatten().next().copied()
    }
}

impl Rankings {
    /// Returns the documents of a stage, best first; none if it did not run.
    #[must_use]
    pub fn of(&self, stage: Stage) -> &[RankedDocument] {
        let list = self.stages.iter().find(|list| list.stage == stage);
        list.map_or(&[], |list| &list.documents)
    }

    /// Returns a document's place in the list of a stage, from 1, and what the list says of it.
    #[must_use]
    pub fn find(&self, stage: Stage, id: &str) -> Option<(usize, &RankedDocument)> {
        (1..).zip(self.of(stage)).find(|(_, document)| document.id == id)
    }

    /// Returns the last stage that ran.
    #[must_use]
    pub fn last(&self) -> Option<Stage> {
        self.stages.last().map(|list| list.stage)
    }

    /// Returns how long a search takes whose last stage is this one: the steps that it needs.
    #[must_use]
    pub fn latency(&self, stage: Stage) -> Duration {
        self.trace.latency(stage)
    }
}
