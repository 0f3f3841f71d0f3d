//! A pass of the second stage: a reranker reads the best candidates, and its word is blended with
//! theirs.

use std::time::Duration;

use trommel_core::{
    ModelError, PassageId, RerankRequest, RerankResponse, Reranker, RerankerInfo, Usage,
};

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
    /// What its calls used.
    pub(super) usage: Usage,
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
    let info = reranker.info();
    // One call for everything costs less than several for what matters.
    let settle = if info.at_a_time().is_none() { Settle::Off } else { settings.settle };
    let settings = &SearchSettings { settle, ..settings.clone() };
    let mut race = Race::new(pool, settings);
    let (mut usage, mut failure) = (Usage::default(), None);
    let stopped = loop {
        let mut pack = race.next();
        if pack.is_empty() {
            let (read, of) = race.progress();
            break if read == of { Stopped::Complete } else { Stopped::Settled };
        }
        let sizes = sizes(settings, info, race.progress().0 > 0);
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
        let request = RerankRequest { query, passages: &read, deadline: deadline.left() };
        // An answer of the wrong length is a failure like any other.
        let RerankResponse { scores, usage: used, failure: failed } =
            reranker.score(request).checked(&info.fingerprint, read.len());
        usage += &used;
        deadline.read(bytes(size));
        for (at, score) in pack.into_iter().zip(scores) {
            score.into_iter().for_each(|score| race.note(at, score, info.calibration));
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
    Ok(Outcome { order: race.finish(), reading: Reading { read, of, stopped }, usage, failure })
}

/// Returns how many passages to read next, the most first: within a budget half a pack to learn
/// the speed from, then a pack, or half of one where only that will end in time. A reranker that
/// wants everything at once keeps to the time itself.
fn sizes(settings: &SearchSettings, info: &RerankerInfo, speed_is_known: bool) -> [usize; 2] {
    let half = settings.pack.div_ceil(2);
    match settings.budget {
        None => [usize::MAX; 2],
        Some(_) if info.at_a_time().is_none() => [usize::MAX; 2],
        Some(_) if speed_is_known => [settings.pack, half],
        Some(_) => [half; 2],
    }
}

#[cfg(test)]
mod tests;
