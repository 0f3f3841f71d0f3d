//! Lazy encoding: the best candidates that no encoder has read yet are read now.
//!
//! Most passages of a large collection are never near the top of a list, and those that are need not
//! wait until all are encoded: nearly all that encoding gains is gained by twenty candidates a query
//! (`docs/measurements.md`).

use std::collections::HashSet;

use trommel_core::{PassageId, Query};

use super::answer::LazyReport;
use super::candidate::{Candidate, Scored};
use super::clock::Stopwatch;
use super::deadline::Deadline;
use super::dense::ReadNow;
use super::pool::fuse_found;
use super::reader::DocumentReader;
use super::request::Stage;
use super::rerank::PassageTexts;
use super::retrieval::Retrieved;
use super::search::Search;
use crate::EngineError;
use crate::indexing::encode;

/// What the step is called.
pub(super) const STEP: &str = "encode lazily";

/// How many passages are encoded at a time where somebody may lose patience.
const BATCH: usize = 4;

/// A candidate's passage that the encoder has not read.
struct Unread {
    /// The candidate's place.
    place: usize,
    passage: PassageId,
    text: String,
}

impl<'a> Search<'a> {
    /// Says whether passages may be encoded for this search.
    pub(super) fn is_lazy(&self) -> bool {
        self.settings.stage >= Stage::Fused
            && self.settings.lazy > 0
            && self.snapshot.encoded_share() < 1.0
    }

    /// Encodes the best candidates that have no vector by the encoder, and fuses anew: those down to the
    /// last that was read stand before all others, which keep their order. Returns what was done.
    ///
    /// Without a budget the number that is read is that of the settings, whatever a cache has, so that
    /// the hits of a generation are always the same.
    pub(super) fn encode_best(
        &self,
        retrieved: &mut Retrieved<'a>,
        candidates: &mut Vec<Candidate>,
        documents: &mut DocumentReader<'_>,
        watch: &mut Stopwatch<'_>,
    ) -> Result<Option<LazyReport>, EngineError> {
        if !self.is_lazy() {
            return Ok(None);
        }
        let unread = self.unread(candidates, documents)?;
        let (now, found) = self.read_now(&unread, watch)?;
        let report = LazyReport { read: now.len(), of: unread.len() };
        if let Some(last) = report.read.checked_sub(1) {
            retrieved.learn(self.snapshot, self.settings, now)?;
            // Where no candidate is left that was not read, all of them are ranked alike.
            let all = unread.len() < self.settings.lazy && report.read == unread.len();
            let window = if all { candidates.len() } else { unread[last].place + 1 };
            *candidates = self.fuse_anew(retrieved, candidates, window)?;
        }
        let counts = [(report.read, "passages"), (found, "of them known")];
        watch.lap(STEP, Some(Stage::Fused), &counts);
        Ok(Some(report))
    }

    /// Returns the best candidates' passages that have no vector by the encoder.
    fn unread(
        &self,
        candidates: &[Candidate],
        documents: &mut DocumentReader<'_>,
    ) -> Result<Vec<Unread>, EngineError> {
        let vectors = self.snapshot.vectors()?;
        let first = |(place, it): (usize, &Candidate)| Some((place, *it.passages.first()?));
        let unread = candidates.iter().enumerate().filter_map(first);
        let unread = unread.filter(|(_, passage)| !vectors.has(*passage)).take(self.settings.lazy);
        let with_text = |(place, passage)| {
            let text = documents.text(&candidates[place], passage)?;
            Ok(Unread { place, passage, text })
        };
        unread.map(with_text).collect()
    }

    /// Returns the vectors of the first passages, as many as there is time for, and how many of them
    /// were known from an earlier search.
    fn read_now(
        &self,
        unread: &[Unread],
        watch: &Stopwatch<'_>,
    ) -> Result<(ReadNow, usize), EngineError> {
        let (encoder, late) = (self.encoder()?, self.models.late.as_deref());
        let mut deadline = Deadline::start(watch.clock(), self.lazy_budget());
        let patient = self.settings.budget.is_none() && self.live.is_none();
        let batch = if patient { usize::MAX } else { BATCH };
        let (mut now, mut known) = (ReadNow::new(), 0);
        for batch in unread.chunks(batch.min(unread.len().max(1))) {
            self.go_on()?;
            let texts: Vec<&str> = batch.iter().map(|it| it.text.as_str()).collect();
            let mut vectors = match late {
                Some(late) => late.find(&texts),
                None => vec![None; batch.len()],
            };
            let missing: Vec<usize> =
                (0..batch.len()).filter(|&at| vectors[at].is_none()).collect();
            if !missing.is_empty() {
                let texts: Vec<&str> = missing.iter().map(|&at| texts[at]).collect();
                let bytes = texts.iter().map(|text| text.len()).sum();
                if !deadline.allows(bytes) {
                    break;
                }
                let encoded = encode(encoder, &texts)?;
                deadline.read(bytes);
                if let Some(late) = late {
                    let passages =
                        missing.iter().map(|&at| (batch[at].passage, batch[at].text.as_str()));
                    late.keep(passages.zip(&encoded));
                }
                missing.iter().zip(encoded).for_each(|(&at, it)| vectors[at] = Some(it));
            }
            known += batch.len() - missing.len();
            let read = batch.iter().zip(vectors);
            now.extend(read.filter_map(|(it, vector)| Some((it.passage, vector?))));
        }
        Ok((now, known))
    }

    /// Returns how long lazy encoding may take: a reranker after it is left half of the time.
    fn lazy_budget(&self) -> Option<std::time::Duration> {
        let halved = self.settings.stage == Stage::Reranked;
        self.settings.budget.map(|budget| if halved { budget / 2 } else { budget })
    }

    /// Fuses anew by what was learned: the first `window` candidates, in their new order, stand before
    /// the rest in its old one. A score by a prediction, or by words alone, is no reason to overtake one
    /// by the encoder.
    fn fuse_anew(
        &self,
        retrieved: &Retrieved<'_>,
        candidates: &[Candidate],
        window: usize,
    ) -> Result<Vec<Candidate>, EngineError> {
        let Retrieved { sources, found, vector, .. } = retrieved;
        let query = Query { text: self.query, vector };
        let fused = fuse_found(self.snapshot, query, sources, found, self.settings, Vec::new())?;
        let read: HashSet<usize> = candidates[..window].iter().map(|it| it.document).collect();
        let (mut order, mut rest): (Vec<_>, Vec<_>) =
            fused.into_iter().partition(|candidate| read.contains(&candidate.document));
        let place = |document: usize| candidates.iter().position(|it| it.document == document);
        rest.sort_by_cached_key(|candidate| place(candidate.document).unwrap_or(usize::MAX));
        order.append(&mut rest);
        order.truncate(candidates.len());
        let mut ceiling = f32::INFINITY;
        for (rank, candidate) in (1..).zip(&mut order) {
            ceiling = ceiling.min(candidate.score);
            candidate.score = ceiling;
            candidate.fused = Some(Scored { rank, score: ceiling });
        }
        Ok(order)
    }
}

#[cfg(test)]
mod tests;
