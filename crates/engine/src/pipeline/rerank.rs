//! The second stage: the reranker reads the best candidates, and its word is blended with theirs.

use trommel_core::{ModelError, PassageId, Reranker};

use super::answer::{Reading, Reread, Stopped};
use super::clock::Clock;
use super::deadline::Deadline;
use super::pool::Pooled;
use super::race::Race;
use super::request::SearchSettings;
use super::texts::Passages;
use crate::EngineError;

/// A candidate after the second stage.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reranked {
    /// The candidate's place in the pool, which is its fused rank less one.
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

/// What the second stage did.
pub(super) struct Outcome {
    /// All candidates of the pool, best first.
    pub(super) order: Vec<Reranked>,
    /// How much was read.
    pub(super) reading: Reading,
}

/// Reads the best `settings.rerank_depth` documents of the pool, as far as they matter and the
/// budget lasts, and orders all of it.
pub(super) fn rerank(
    reranker: &dyn Reranker,
    query: &str,
    pool: &[Pooled],
    passages: &mut dyn Passages,
    settings: &SearchSettings,
    clock: &dyn Clock,
) -> Result<Outcome, EngineError> {
    let mut deadline = Deadline::start(clock, settings.budget);
    let mut race = Race::new(pool, settings);
    let stopped = loop {
        let mut pack = race.next();
        if pack.is_empty() {
            let (read, of) = race.progress();
            break if read == of { Stopped::Complete } else { Stopped::Settled };
        }
        let sizes = sizes(settings, race.progress().0 > 0);
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
        let scores = reranker.score(query, &read)?;
        if scores.len() != size {
            let expected = format!("{size} scores");
            let (model, got) = (reranker.fingerprint().to_owned(), scores.len().to_string());
            return Err(ModelError::BadOutput { model, expected, got }.into());
        }
        deadline.read(bytes(size));
        for (at, score) in pack.into_iter().zip(scores) {
            race.note(at, score, reranker.calibration());
        }
    };
    let (read, of) = race.progress();
    Ok(Outcome { order: race.finish(), reading: Reading { read, of, stopped } })
}

/// Returns how many passages to read next, the most first: within a budget half a pack to learn
/// the speed from, then a pack, or half of one where only that will end in time.
fn sizes(settings: &SearchSettings, speed_is_known: bool) -> [usize; 2] {
    let half = settings.pack.div_ceil(2);
    match settings.budget {
        None => [usize::MAX; 2],
        Some(_) if speed_is_known => [settings.pack, half],
        Some(_) => [half; 2],
    }
}

#[cfg(test)]
mod tests;
