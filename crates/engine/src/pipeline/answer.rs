//! What a search answers.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use trommel_core::{Lines, Metadata, Origin, PassageId, Usage};

use super::{Freshness, Stage};

/// The answer to one query.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The query as it was asked.
    pub query: String,
    /// The last stage that ran.
    pub stage: Stage,
    /// How much all rerankers read together; missing if none took part.
    pub reading: Option<Reading>,
    /// Why a reranker did not read all that it should have, in words, if one failed. What it had
    /// read by then counts; if that is nothing, the order is that of the pass before it, or of
    /// fusion.
    pub failure: Option<String>,
    /// What all rerankers used together, caches in front of them included.
    pub usage: Usage,
    /// What each pass of the second stage did, in their order; empty if it did not run.
    pub passes: Vec<PassReading>,
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
    /// What became of its file since it was indexed.
    pub freshness: Freshness,
    /// The document's metadata.
    pub metadata: Metadata,
    /// The passage that speaks for the document.
    pub passage: HitPassage,
    /// What each stage said of the document.
    pub stages: Stages,
}

impl Hit {
    /// Returns the path of the document's file, or the id of a document that is no file.
    #[must_use]
    pub fn path(&self) -> String {
        if self.origin.is_file() { self.origin.file() } else { self.id.clone() }
    }

    /// Returns the lines of that file that the passage touches. A document that is one line of a
    /// file is that line: the file does not have the lines of its text.
    #[must_use]
    pub fn location(&self) -> Lines {
        let line = self.origin.line.and_then(|line| u32::try_from(line).ok());
        line.map_or(self.passage.lines, |line| Lines { first: line, last: line })
    }

    /// Returns the sentence of the passage that matches best.
    #[must_use]
    pub fn sentence(&self) -> &str {
        self.passage.text.get(self.passage.sentence.clone()).unwrap_or_default()
    }
}

/// An answer is a list of hits.
impl IntoIterator for Answer {
    type Item = Hit;
    type IntoIter = std::vec::IntoIter<Hit>;

    fn into_iter(self) -> Self::IntoIter {
        self.hits.into_iter()
    }
}

impl<'a> IntoIterator for &'a Answer {
    type Item = &'a Hit;
    type IntoIter = std::slice::Iter<'a, Hit>;

    fn into_iter(self) -> Self::IntoIter {
        self.hits.iter()
    }
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
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Stages {
    /// BM25: the score of the best passage. The rank is missing if BM25 alone did not find it.
    pub bm25: Option<Scored>,
    /// Vectors: the cosine of the best passage. The rank is missing if vectors did not find it.
    pub dense: Option<Scored>,
    /// Fusion, in [0, 1].
    pub fused: Option<Scored>,
    /// The last reranker that read the document; missing if none did.
    pub reranked: Option<Reread>,
    /// What each pass of the second stage said; missing where it did not read the document.
    pub passes: Vec<Option<Reread>>,
    /// The probability that the first reranker was expected to give, in [0, 1], where it took part
    /// and no reranker read the document.
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
    /// Whether not all of the passage was read: it was too long for the model, or for a pass that
    /// reads excerpts.
    pub truncated: bool,
}

/// What one pass of the second stage did.
#[derive(Debug, Clone, PartialEq)]
pub struct PassReading {
    /// The reranker's fingerprint, such as `id@1225ccd6afd0f1b4`.
    pub reranker: String,
    /// How many documents it was to read.
    pub depth: usize,
    /// How many tokens of each passage it read at most; missing where it read whole ones.
    pub excerpt: Option<usize>,
    /// How much it read.
    pub reading: Reading,
    /// What its calls used.
    pub usage: Usage,
    /// Why it read no more, in words, if it failed.
    pub failure: Option<String>,
}

impl PassReading {
    /// Says whether the pass had a part in the order.
    #[must_use]
    pub fn took_part(&self) -> bool {
        self.reading.read > 0 || self.failure.is_none()
    }

    /// Returns what all passes used together.
    pub(super) fn usage_of_all(passes: &[Self]) -> Usage {
        let mut all = Usage::default();
        passes.iter().for_each(|pass| all += &pass.usage);
        all
    }

    /// Returns what all passes failed with; nothing if none did.
    pub(super) fn failures(passes: &[Self]) -> Option<String> {
        let failures: Vec<&str> =
            passes.iter().filter_map(|pass| pass.failure.as_deref()).collect();
        (!failures.is_empty()).then(|| failures.join("; "))
    }
}

/// How much a reranker read, or all of them together.
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

impl Reading {
    /// Returns what all passes read together, and the gravest reason to stop: a failure, then the
    /// budget; missing if no pass took part.
    #[must_use]
    pub fn of_all(passes: &[PassReading]) -> Option<Self> {
        if !passes.iter().any(PassReading::took_part) {
            return None;
        }
        let sum = |of: fn(&Self) -> usize| passes.iter().map(|pass| of(&pass.reading)).sum();
        let gravity = [Stopped::Failed, Stopped::Budget, Stopped::Settled];
        let happened = |stopped: &Stopped| passes.iter().any(|it| it.reading.stopped == *stopped);
        Some(Self {
            read: sum(|reading| reading.read),
            of: sum(|reading| reading.of),
            stopped: gravity.into_iter().find(happened).unwrap_or(Stopped::Complete),
        })
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
