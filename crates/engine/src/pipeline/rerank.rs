//! A pass of the second stage: a reranker reads the best candidates, and its word is blended with
//! theirs.

use std::time::Duration;

use trommel_core::{ModelError, PartialScores, PassageId, Reranker};

use super::answer::{Reading, Reread, Stopped};
use super::deadline::Deadline;
use super::pool::Pooled;
use super::race::Race;
use super::request::{SearchSettings, Settle};
use super::texts::Passages;
use crate::EngineError;

/// A candidate after a pass.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reranked {
    /// The candidate's place in the pool, which is its rank before the pass, less one.
    pub(super) place: usize,
    /// The score that decides the order.
    pub(super) score: f32,
    /// The reranker's probability, or what is expected of it, in [0, 1].
    pub(super) probability: f32,
    /// How many of its passages were read.
    pub(super) read: usize,
    /// What the reranker said and of which passage; missing if it did not read the document.
    pub(super) reread: Option<(PassageId, Reread)>,
}

/// What a pass did.
pub(super) struct Outcome {
    /// All candidates of the pool, best first.
    pub(super) order: Vec<Reranked>,
    /// How much was read.
    pub(super) reading: Reading,
    /// What the reranker failed with, if it did.
    pub(super) failure: Option<ModelError>,
}

/// Reads the best `settings.rerank_depth` documents of the pool, as far as they matter, the time
/// lasts and the reranker does not fail, and orders all of it.
pub(super) fn rerank(
    reranker: &dyn Reranker,
    query: &str,
    pool: &[Pooled],
    passages: &mut dyn Passages,
    settings: &SearchSettings,
    deadline: &mut Deadline<'_>,
) -> Result<Outcome, EngineError> {
    // Elsewhere one call for everything costs less than several for what matters.
    let settle = if reranker.is_remote() { Settle::Off } else { settings.settle };
    let settings = &SearchSettings { settle, ..settings.clone() };
    let mut race = Race::new(pool, settings);
    let mut failure = None;
    let stopped = loop {
        let mut pack = race.next();
        if pack.is_empty() {
            let (read, of) = race.progress();
            break if read == of { Stopped::Complete } else { Stopped::Settled };
        }
        let sizes = sizes(settings, reranker.is_remote(), race.progress().0 > 0);
        pack.truncate(sizes[0]);
        let texts = pack
            .iter()
            .map(|at| passages.text(at.place, at.window).map(str::to_owned))
            .collect::<Result<Vec<String>, _>>()?;
        let bytes = |size: usize| texts[..size].iter().map(String::len).sum();
        let in_time = |size: &usize| deadline.allows(bytes(*size));
        let Some(size) = sizes.map(|size| size.min(texts.len())).into_iter().find(in_time) else {
            break Stopped::Budget;
        };
        pack.truncate(size);
        let read: Vec<&str> = texts[..size].iter().map(String::as_str).collect();
        let PartialScores { scores, failure: failed } = score(reranker, query, &read, deadline);
        deadline.read(bytes(size));
        for (at, score) in pack.into_iter().zip(scores) {
            score.into_iter().for_each(|score| race.note(at, score, reranker.calibration()));
        }
        if failed.is_some() && deadline.left() == Some(Duration::ZERO) {
            // It was told to end by then.
            break Stopped::Budget;
        }
        if failed.is_some() {
            failure = failed;
            break Stopped::Failed;
        }
    };
    let (read, of) = race.progress();
    Ok(Outcome { order: race.finish(), reading: Reading { read, of, stopped }, failure })
}

/// Scores a pack; an answer of the wrong length is a failure like any other.
fn score(
    reranker: &dyn Reranker,
    query: &str,
    passages: &[&str],
    deadline: &Deadline<'_>,
) -> PartialScores {
    let answer = reranker.score_within(query, passages, deadline.left());
    if answer.failure.is_some() || answer.scores.len() == passages.len() {
        return answer;
    }
    let failure = ModelError::BadOutput {
        model: reranker.fingerprint().to_owned(),
        expected: format!("{} scores", passages.len()),
        got: answer.scores.len().to_string(),
    };
    PartialScores { scores: Vec::new(), failure: Some(failure) }
}

/// Returns how many passages to read next, the most first: within a budget half a pack to learn
/// the speed from, then a pack, or half of one where only that will end in time. A remote reranker
/// keeps to the time itself, and gets everything.
fn sizes(settings: &SearchSettings, remote: bool, speed_is_known: bool) -> [usize; 2] {
    let half = settings.pack.div_ceil(2);
    match settings.budget {
        None => [usize::MAX; 2],
        Some(_) if remote => [usize::MAX; 2],
        Some(_) if speed_is_known => [settings.pack, half],
        Some(_) => [half; 2],
    }
}

#[cfg(test)]
mod tests;
