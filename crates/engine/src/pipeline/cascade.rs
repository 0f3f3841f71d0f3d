//! The second stage: one pass after the other, each over the best of the order before it.
//!
//! To a pass, the order before it is a pool whose scores are those so far, so that what holds for
//! one reranker holds for each: it reads what may still matter, its word is blended with the score
//! it was handed, and if it fails what it was handed stands. The first pass orders the whole pool; a
//! later one only what it may read, and the rest stays below in the order it has.

use std::collections::HashSet;
use std::error::Error;

use trommel_core::PassageId;

use super::answer::{PassReading, Reread};
use super::clock::Stopwatch;
use super::deadline::Deadline;
use super::excerpt::Excerpts;
use super::pass::Pass;
use super::pool::Pooled;
use super::request::SearchSettings;
use super::rerank::{self, Reranked, rerank};
use super::texts::Passages;
use crate::EngineError;

/// A candidate on its way through the passes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Standing {
    /// The candidate's place in the pool, which is its fused rank less one.
    pub(super) place: usize,
    /// The score that decides the order, in [0, 1].
    pub(super) score: f32,
    /// How many of its passages the last pass read that read any.
    pub(super) read: usize,
    /// Which of these it found best.
    pub(super) passage: Option<PassageId>,
    /// What each pass said of the passage that it found best; missing where it read none.
    pub(super) rereads: Vec<Option<Reread>>,
    /// The probability that the first pass was expected to give, where no pass read the document.
    pub(super) expected: Option<f32>,
}

impl Standing {
    /// Returns what the last pass said that read the document.
    pub(super) fn reread(&self) -> Option<Reread> {
        self.rereads.iter().rev().flatten().next().copied()
    }

    /// Takes over what a pass made of the candidate.
    fn take(&mut self, turn: usize, after: &Reranked) {
        self.score = after.score;
        if let Some((passage, reread)) = after.reread {
            self.read = after.read;
            self.passage = Some(passage);
            self.rereads[turn] = Some(reread);
            self.expected = None;
        } else if self.read == 0 && turn == 0 {
            self.expected = Some(after.probability);
        }
    }
}

/// What the second stage is given for one query.
pub(super) struct Second<'a> {
    pub(super) passes: &'a [Pass],
    pub(super) query: &'a str,
    pub(super) excerpts: &'a Excerpts,
    pub(super) settings: &'a SearchSettings,
}

/// What the second stage did.
pub(super) struct Outcome {
    /// All candidates of the pool, best first.
    pub(super) order: Vec<Standing>,
    /// What each pass did.
    pub(super) passes: Vec<PassReading>,
}

/// Runs all passes; each is a step of the trace.
pub(super) fn cascade(
    second: &Second<'_>,
    pool: &[Pooled],
    texts: &mut dyn Passages,
    watch: &mut Stopwatch<'_>,
) -> Result<Outcome, EngineError> {
    let mut deadline = Deadline::start(watch.clock(), second.settings.budget);
    let unread = |(place, pooled): (usize, &Pooled)| Standing {
        place,
        score: pooled.fused,
        read: 0,
        passage: None,
        rereads: vec![None; second.passes.len()],
        expected: None,
    };
    let mut order: Vec<Standing> = pool.iter().enumerate().map(unread).collect();
    let mut passes = Vec::with_capacity(second.passes.len());
    for (turn, pass) in second.passes.iter().enumerate() {
        let settings = second.of_pass(turn);
        let reach = if turn == 0 { order.len() } else { settings.rerank_depth.min(order.len()) };
        let mut part = Part {
            places: order[..reach].iter().map(|standing| standing.place).collect(),
            texts,
            excerpts: second.excerpts,
            tokens: pass.excerpt,
            cut: HashSet::new(),
        };
        let field: Vec<Pooled> = order[..reach].iter().map(|it| it.as_pooled(pool)).collect();
        let reranker = &*pass.reranker;
        let rerank::Outcome { order: mut after, reading, usage, failure } =
            rerank(reranker, second.query, &field, &mut part, &settings, &mut deadline)?;
        part.mark(&mut after, &field);
        // A pass that could not read has nothing to say, not even what to expect.
        if reading.read > 0 || (turn == 0 && failure.is_none()) {
            order = reordered(order, turn, &after);
        }
        let read = after.iter().filter(|candidate| candidate.reread.is_some()).count();
        let mut counts = vec![(read, "documents"), (reading.read, "passages")];
        counts.extend(usage.counts());
        watch.lap("rerank", &counts);
        passes.push(PassReading {
            reranker: reranker.info().fingerprint.clone(),
            depth: settings.rerank_depth,
            excerpt: pass.excerpt,
            reading,
            usage,
            failure: failure.map(|failure| in_words(&failure)),
        });
        deadline.next_pass();
    }
    Ok(Outcome { order, passes })
}

impl Second<'_> {
    /// Returns the settings of a pass: what a later one may read must be as certain as the hits.
    fn of_pass(&self, turn: usize) -> SearchSettings {
        let depths = Pass::depths(self.passes, self.settings);
        SearchSettings {
            k: depths[turn + 1..].iter().copied().fold(self.settings.k, usize::max),
            rerank_depth: depths[turn],
            ..self.settings.clone()
        }
    }
}

impl Standing {
    /// Returns the candidate as one of a pool that is fused by the scores so far.
    fn as_pooled(&self, pool: &[Pooled]) -> Pooled {
        Pooled { fused: self.score, ..pool[self.place].clone() }
    }
}

/// Returns the order after a pass over the first candidates; none of the rest is above these.
fn reordered(mut order: Vec<Standing>, turn: usize, after: &[Reranked]) -> Vec<Standing> {
    let rest = order.split_off(after.len());
    let mut reordered: Vec<Standing> = Vec::with_capacity(order.len() + rest.len());
    for candidate in after {
        let mut standing = order[candidate.place].clone();
        standing.take(turn, candidate);
        reordered.push(standing);
    }
    let lowest = reordered.last().map_or(1.0, |last| last.score);
    let below = |standing: Standing| Standing { score: standing.score.min(lowest), ..standing };
    reordered.extend(rest.into_iter().map(below));
    reordered
}

/// The texts of the candidates of a pass, as much of each as it reads.
struct Part<'a> {
    /// The place in the pool of each candidate of the pass.
    places: Vec<usize>,
    texts: &'a mut dyn Passages,
    excerpts: &'a Excerpts,
    tokens: Option<usize>,
    /// The passages that were not given whole, as (candidate, passage).
    cut: HashSet<(usize, usize)>,
}

impl Part<'_> {
    /// Marks what was read in part.
    fn mark(&self, after: &mut [Reranked], field: &[Pooled]) {
        for candidate in after {
            let Some((passage, reread)) = &mut candidate.reread else { continue };
            let passages = &field[candidate.place].passages;
            let window = passages.iter().position(|id| id == passage).unwrap_or_default();
            reread.truncated |= self.cut.contains(&(candidate.place, window));
        }
    }
}

impl Passages for Part<'_> {
    fn text(&mut self, place: usize, window: usize) -> Result<&str, EngineError> {
        let whole = self.texts.text(self.places[place], window)?;
        let Some(tokens) = self.tokens else { return Ok(whole) };
        let part = self.excerpts.best(whole, tokens);
        if part.len() < whole.len() {
            self.cut.insert((place, window));
        }
        Ok(part)
    }
}

/// Returns an error with all that it comes from.
fn in_words(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        words += &format!(": {error}");
        source = error.source();
    }
    words
}

#[cfg(test)]
mod tests;
