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
        if settings.budget.is_some() {
            pack.truncate(settings.pack);
        }
        let texts = pack
            .iter()
            .map(|at| passages.text(at.place, at.window).map(str::to_owned))
            .collect::<Result<Vec<String>, _>>()?;
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let bytes = texts.iter().map(|text| text.len()).sum();
        if !deadline.allows(bytes) {
            break Stopped::Budget;
        }
        let scores = reranker.score(query, &texts)?;
        if scores.len() != pack.len() {
            let expected = format!("{} scores", pack.len());
            let (model, got) = (reranker.fingerprint().to_owned(), scores.len().to_string());
            return Err(ModelError::BadOutput { model, expected, got }.into());
        }
        deadline.read(bytes);
        for (at, score) in pack.into_iter().zip(scores) {
            race.note(at, score, reranker.calibration());
        }
    };
    let (read, of) = race.progress();
    Ok(Outcome { order: race.finish(), reading: Reading { read, of, stopped } })
}

#[cfg(test)]
mod tests;
