//! What every stage ranks for one query: the material of an evaluation.

use std::time::Duration;

use super::answer::{PassReading, Reading, Reread, Trace};
use super::request::Stage;

/// The lists of all stages that ran for one query.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rankings {
    /// A list a stage, in the order in which they run.
    pub stages: Vec<StageRanking>,
    /// How much all rerankers read together; missing if none took part.
    pub reading: Option<Reading>,
    /// Why a reranker did not read all that it should have, in words, if one failed: the last list
    /// is then in part, or all, that of the stage before it.
    pub failure: Option<String>,
    /// What each pass of the second stage did, in their order; empty if it did not run.
    pub passes: Vec<PassReading>,
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
    /// How many of them the last reranker read that read any.
    pub read: usize,
    /// What it said of the best of these; only in the last stage's list, and only if one was read.
    pub reread: Option<Reread>,
    /// What each pass of the second stage said; only in its list.
    pub rereads: Vec<Option<Reread>>,
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
        let needs = |name: &str| match name {
            "bm25" => stage.needs_lexical(),
            "encode" | "dense" => stage.needs_encoder(),
            "fuse" => stage >= Stage::Fused,
            _ => stage == Stage::Reranked,
        };
        self.trace.steps.iter().filter(|step| needs(step.name)).map(|step| step.took).sum()
    }
}
