//! What a search answers.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use trommel_core::{Lines, LocationSpan, Metadata, Origin, PassageId, Usage};

use super::abstention::Abstention;
use super::sentences::on_one_line;
use super::{Candidate, Feedback, Freshness, Stage};

/// The answer to one query.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The query as it was asked.
    pub query: String,
    /// The generation of the collection that was searched.
    pub generation: u64,
    /// The last stage that ran.
    pub stage: Stage,
    /// What each source did, in the order in which the hits' candidates have their scores.
    pub sources: Vec<SourceReport>,
    /// What was encoded for this search; missing where nothing needed to be.
    pub lazy: Option<LazyReport>,
    /// What moved the query's vector; missing if nothing did.
    pub feedback: Option<FeedbackReport>,
    /// How much all rerankers read together; missing if none took part.
    pub reading: Option<Reading>,
    /// Why a reranker did not read all that it should have, in words, if one failed. What it had
    /// read by then counts; if that is nothing, the order is that of the stage before it, or of
    /// fusion.
    pub failure: Option<String>,
    /// What all rerankers used together, caches in front of them included.
    pub usage: Usage,
    /// What each rerank stage did, in their order; empty if none ran.
    pub reranks: Vec<RerankReport>,
    /// Whether one of the hits is likely enough to answer the query; if not, they are the nearest that
    /// there is. `docs/measurements.md` has how often that is wrong.
    pub answered: bool,
    /// The hits, best first; scores never rise.
    pub hits: Vec<Hit>,
    /// What each stage did and how long it took.
    pub trace: Trace,
}

impl Answer {
    /// Returns the name of the last stage that ran.
    #[must_use]
    pub fn stage_name(&self) -> &str {
        if self.sources.is_empty() {
            return self.stage.name();
        }
        self.stage.name_among(self.sources.iter().map(|source| source.name.as_str()))
    }
}

/// A document that answers the query.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The place in the answer, from 1.
    pub rank: usize,
    /// The document's id.
    pub id: String,
    /// The lowest [`Hit::probability`] down to this hit, in [0, 1]: a probability that falls with the
    /// order. What decided the order is [`Candidate::score`].
    pub score: f32,
    /// The probability that the document is relevant, in [0, 1]: it depends on the query and the document
    /// alone, not on what else was found.
    pub probability: f32,
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
    pub candidate: Candidate,
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

    /// Returns the sentence of the passage that answers the query best, with the line breaks that it
    /// has there.
    #[must_use]
    pub fn sentence(&self) -> &str {
        self.passage.text.get(self.passage.sentence.clone()).unwrap_or_default()
    }

    /// Returns that sentence on one line: its words with single spaces between them, without the marks
    /// of a quote that it goes on in.
    #[must_use]
    pub fn snippet(&self) -> String {
        on_one_line(self.sentence())
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
    /// Its page, slide, sheet, chapter or cell, in documents that have such.
    pub location: Option<LocationSpan>,
    /// The sentence that answers the query best, as a byte range of `text`; it may go over several
    /// lines.
    pub sentence: Range<usize>,
    /// The words of that sentence that the query has too, as byte ranges of `text`.
    pub matches: Vec<Range<usize>>,
}

/// What a source did in one search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceReport {
    /// The source's name, such as that of an index.
    pub name: String,
    /// How many documents of the collection it found, at most as many as were asked for; missing if it
    /// did not run.
    pub found: Option<usize>,
    /// How many documents it named that the collection does not have. Nothing is known of them, so
    /// they cannot be hits.
    pub unknown: usize,
}

/// What moved the query's vector, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedbackReport {
    /// Who picked the documents: fusion or the reranker.
    pub by: Feedback,
    /// The ids of the documents that moved it, best first.
    pub documents: Vec<String>,
    /// How many candidates there are that were none before.
    pub new: usize,
}

/// What one rerank stage did.
#[derive(Debug, Clone, PartialEq)]
pub struct RerankReport {
    /// The reranker's fingerprint, such as `id@1225ccd6afd0f1b4`.
    pub reranker: String,
    /// How many documents it was to read.
    pub depth: usize,
    /// How many tokens of each passage it read at most; missing where it read whole ones.
    pub excerpt: Option<usize>,
    /// How much it read.
    pub reading: Reading,
    /// What it left unread because it does not know the language; missing if that is nothing.
    pub abstention: Option<Abstention>,
    /// How many of these passages lost their end in the model: too long for it.
    pub truncated: usize,
    /// What its calls used.
    pub usage: Usage,
    /// Why it read no more, in words, if it failed.
    pub failure: Option<String>,
}

impl RerankReport {
    /// Says whether the stage had a part in the order.
    #[must_use]
    pub fn took_part(&self) -> bool {
        // There was nothing that it could have read.
        let abstained = self.reading.of == 0 && self.abstention.is_some();
        self.reading.read > 0 || (self.failure.is_none() && !abstained)
    }

    /// Returns what all stages used together.
    pub(super) fn usage_of_all(reports: &[Self]) -> Usage {
        let mut all = Usage::default();
        reports.iter().for_each(|report| all += &report.usage);
        all
    }

    /// Returns what all stages failed with; nothing if none did.
    pub(super) fn failures(reports: &[Self]) -> Option<String> {
        let failures: Vec<&str> =
            reports.iter().filter_map(|report| report.failure.as_deref()).collect();
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
    /// Returns what all stages read together, and the gravest reason to stop: a failure, then the
    /// budget; missing if no stage took part.
    #[must_use]
    pub fn of_all(reports: &[RerankReport]) -> Option<Self> {
        if !reports.iter().any(RerankReport::took_part) {
            return None;
        }
        let sum = |of: fn(&Self) -> usize| reports.iter().map(|report| of(&report.reading)).sum();
        let gravity = [Stopped::Failed, Stopped::Budget, Stopped::Settled];
        let happened = |stopped: &Stopped| reports.iter().any(|it| it.reading.stopped == *stopped);
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

/// What was encoded for one search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LazyReport {
    /// How many candidates were read by the encoder, now or in an earlier search.
    pub read: usize,
    /// How many should have been: fewer were read if the budget ended.
    pub of: usize,
}

/// What the steps of one search did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trace {
    /// The steps in the order in which they ran.
    pub steps: Vec<Step>,
}

impl Trace {
    /// Returns how long a search takes whose last stage is this one: the steps that it needs.
    #[must_use]
    pub fn latency(&self, stage: Stage) -> Duration {
        let took = |is_counted: &dyn Fn(&Step) -> bool| -> Duration {
            let needed = self.steps.iter().filter(|step| step.is_needed_by(stage));
            needed.filter(|step| is_counted(step)).map(|step| step.took).sum()
        };
        let reads_vector = |step: &Step| step.stage == Some(Stage::VECTORS);
        let by_vector = took(&reads_vector);
        let meanwhile = took(&|step| step.meanwhile);
        took(&|step| !reads_vector(step) && !step.meanwhile) + by_vector.max(meanwhile)
    }
}

/// One step of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What ran: `encode`, a source by its name, `fuse`, `rerank`, `read`.
    pub name: String,
    /// The stage that it belongs to; missing for reading the hits, which come after all.
    pub stage: Option<Stage>,
    /// Whether it ran to be looked at only, and later stages do without it.
    pub aside: bool,
    /// Whether it ran while the query was encoded and vectors were compared: of the two only the longer takes time.
    pub meanwhile: bool,
    /// How long it took.
    pub took: Duration,
    /// What came out of it, such as (100, "documents").
    pub counts: Vec<(usize, &'static str)>,
}

impl Step {
    /// Says whether a search needs the step whose last stage is this one: one source needs no other,
    /// and fusion needs all.
    #[must_use]
    pub fn is_needed_by(&self, last: Stage) -> bool {
        let needs = |own| own == last || (!self.aside && last >= Stage::Fused && own <= last);
        self.stage.is_some_and(needs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_ran_side_by_side_only_the_longer_takes_time() {
        let step = |name: &str, stage, ms, meanwhile| Step {
            name: name.to_owned(),
            stage: Some(stage),
            aside: false,
            meanwhile,
            took: Duration::from_millis(ms),
            counts: Vec::new(),
        };
        let took = |dense, stage: Stage| {
            let steps = vec![
                step("encode", Stage::VECTORS, 5, false),
                step("dense", Stage::VECTORS, dense, false),
                step("bm25", Stage::LEXICAL, 6, true),
                step("bm25+neighbours", Stage::Source(2), 4, true),
                step("fuse", Stage::Fused, 1, false),
            ];
            Trace { steps }.latency(stage).as_millis()
        };
        // 5 + 2 < 6 + 4 < 5 + 20.
        assert_eq!((took(2, Stage::Fused), took(20, Stage::Fused)), (11, 26));
        assert_eq!((took(2, Stage::VECTORS), took(2, Stage::LEXICAL)), (7, 6));
    }
}
