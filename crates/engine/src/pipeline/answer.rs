//! What a search answers.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use trommel_core::{Lines, Metadata, Origin, PassageId};

use super::Stage;

/// The answer to one query.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The query as it was asked.
    pub query: String,
    /// The last stage that ran.
    pub stage: Stage,
    /// How much the reranker read; missing if it took no part.
    pub reading: Option<Reading>,
    /// Why the reranker did not read all that it should have, in words, if it failed. What it had
    /// read by then counts; if that is nothing, the order is that of fusion.
    pub failure: Option<String>,
    /// The hits, best first; scores never rise.
    pub hits: Vec<Hit>,
    /// What each stage did and how long it took.
    pub trace: Trace,
}

/// A document that answers the query.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The place in the answer, from 1.
    pub rank: usize,
    /// The document's id.
    pub id: String,
    /// The score that decided the order, in [0, 1].
    pub score: f32,
    /// The document's title, possibly empty.
    pub title: String,
    /// Where the document came from.
    pub origin: Origin,
    /// The document's metadata.
    pub metadata: Metadata,
    /// The passage that speaks for the document.
    pub passage: HitPassage,
    /// What each stage said of the document.
    pub stages: Stages,
}

/// The passage that speaks for a hit.
#[derive(Debug, Clone, PartialEq)]
pub struct HitPassage {
    /// The passage's id in the collection.
    pub id: PassageId,
    /// The passage's text.
    pub text: String,
    /// Its lines in the document.
    pub lines: Lines,
    /// The headings above it, outermost first.
    pub headings: Vec<String>,
    /// The sentence that matches best, as a byte range of `text`.
    pub sentence: Range<usize>,
    /// The words of that sentence that the query has too, as byte ranges of `text`.
    pub matches: Vec<Range<usize>>,
}

/// What each stage said of a document.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Stages {
    /// BM25: the score of the best passage. The rank is missing if BM25 alone did not find it.
    pub bm25: Option<Scored>,
    /// Vectors: the cosine of the best passage. The rank is missing if vectors did not find it.
    pub dense: Option<Scored>,
    /// Fusion, in [0, 1].
    pub fused: Option<Scored>,
    /// The reranker; missing if it did not read the document.
    pub reranked: Option<Reread>,
    /// The probability that the reranker was expected to give, in [0, 1], where it took part and
    /// did not read the document.
    pub expected: Option<f32>,
}

/// A rank and a score within one stage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// The place in the stage's list, from 1; missing if the stage's own list lacks the document.
    pub rank: Option<usize>,
    /// The score on the stage's own scale.
    pub score: f32,
}

/// What the reranker said of a document's best passage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reread {
    /// The place among what was read, by probability, from 1.
    pub rank: usize,
    /// The model's raw output.
    pub logit: f32,
    /// What the logit stands for by the model's calibration, in [0, 1].
    pub probability: f32,
    /// Whether the passage lost its end because it was too long for the model.
    pub truncated: bool,
}

/// How much the reranker read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// How many passages it read.
    pub read: usize,
    /// How many it was given to read.
    pub of: usize,
    /// Why it read no more.
    pub stopped: Stopped,
}

/// Why the reranker stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// Everything was read.
    Complete,
    /// Nothing unread could enter the first `k` hits any more.
    Settled,
    /// The time was up.
    Budget,
    /// The reranker failed.
    Failed,
}

impl Stopped {
    /// Returns the reason's name, as JSON has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Settled => "settled",
            Self::Budget => "budget",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stopped = match self.stopped {
            Stopped::Budget => "stopped by budget",
            other => other.name(),
        };
        write!(f, "{} of {} passages read, {stopped}", self.read, self.of)
    }
}

/// What the stages of one search did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trace {
    /// The steps in the order in which they ran.
    pub steps: Vec<Step>,
}

/// One step of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What ran: `encode`, `bm25`, `dense`, `fuse`, `rerank`, `read`.
    pub name: &'static str,
    /// How long it took.
    pub took: Duration,
    /// What came out of it, such as (100, "documents").
    pub counts: Vec<(usize, &'static str)>,
}
