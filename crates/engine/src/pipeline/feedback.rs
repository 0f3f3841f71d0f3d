//! Relevance feedback: the best documents move the query's vector towards themselves, and the sources
//! are asked once more.
//!
//! Rocchio, *Relevance feedback in information retrieval*, in Salton (ed.), *The SMART retrieval
//! system*, 1971, without documents that are not relevant. Who says which documents are the best is
//! another matter: fusion, or a reranker that has read some. One good one does more than many: a
//! cross-encoder is worth more as the one who picks it than as the one who orders the hits
//! (`docs/measurements.md`).

use trommel_core::{PassageId, Query};

use super::answer::FeedbackReport;
use super::candidate::{Candidate, SourceScore};
use super::pool::pool;
use super::request::{Feedback, Stage};
use super::retrieval::Retrieved;
use super::search::Search;
use crate::EngineError;

/// How many documents move the query. With exact hits first, the second best is more often wrong than
/// a second opinion is worth (`docs/measurements.md`).
pub(super) const PICKED: usize = 1;
/// How far their mean moves it: `unit(query + AMOUNT · mean)`.
const AMOUNT: f32 = 0.3;
/// The reranker's share in the score by which it picks them.
pub(super) const PICKING_BLEND: f32 = 0.2;

/// Returns how many documents the reranker may read before the feedback, of so many in all: the rest
/// is for those that only the feedback brings.
pub(super) fn first_reading(depth: usize) -> usize {
    depth - depth / 4
}

impl Search<'_> {
    /// Returns the candidates that the sources give for the query moved by the `picked` ones, and what
    /// was done; nothing if no vector moves it. What is known of a candidate stays with it.
    pub(super) fn feed_back(
        &self,
        by: Feedback,
        retrieved: &Retrieved<'_>,
        candidates: &[Candidate],
        picked: &[usize],
    ) -> Result<Option<(Vec<Candidate>, FeedbackReport)>, EngineError> {
        let Retrieved { sources, found, vector, allowed, .. } = retrieved;
        // A source that took no part is not asked either, as one that has not all vectors.
        let asked = || {
            let reading = sources.running().filter(|(_, source)| source.reads_vector());
            reading.filter(|(place, _)| found[*place].is_some())
        };
        if asked().next().is_none() {
            return Ok(None);
        }
        let passages = picked.iter().filter_map(|&place| candidates[place].passage());
        let vectors = passages
            .filter_map(|passage| self.vector_of(passage, retrieved).transpose())
            .collect::<Result<Vec<_>, _>>()?;
        let Some(moved) = moved(vector, &vectors) else { return Ok(None) };
        let query = Query { text: self.query, vector: &moved };
        let mut found = found.clone();
        for (place, source) in asked() {
            let wanted = self.settings.candidates;
            found[place] = Some(source.find(self.snapshot, query, wanted, allowed.as_ref())?);
        }
        // What was read counts, whether the sources still find it or not.
        let is_read = |candidate: &&Candidate| candidate.last_reranked().is_some();
        let kept = candidates.iter().filter(is_read).map(|candidate| candidate.document);
        let mut pool = pool(self.snapshot, query, sources, &found, self.settings, kept.collect())?;
        let mut new = 0;
        for candidate in &mut pool {
            candidate.feedback = candidate.fused.take();
            match candidates.iter().find(|before| before.document == candidate.document) {
                None => {
                    new += 1;
                    self.score_by_the_query(retrieved, candidate)?;
                }
                Some(before) => {
                    candidate.fused = before.fused;
                    // What a source says is said of the query, and not of what it was moved to.
                    candidate.sources.clone_from(&before.sources);
                    candidate.reranked.clone_from(&before.reranked);
                    if before.last_reranked().is_some() {
                        // Which of the passages were read is known by their order.
                        candidate.passages.clone_from(&before.passages);
                    }
                }
            }
        }
        let id = |place: &usize| self.id(&candidates[*place]);
        let documents = picked.iter().map(id).collect::<Result<_, EngineError>>()?;
        Ok(Some((pool, FeedbackReport { by, documents, new })))
    }

    /// Returns the vector of a passage: by the encoder, if it has read it, or else as predicted.
    fn vector_of<'v>(
        &'v self,
        passage: PassageId,
        retrieved: &'v Retrieved<'_>,
    ) -> Result<Option<&'v [f32]>, EngineError> {
        if let Some(now) = retrieved.now.get(&passage) {
            return Ok(Some(now));
        }
        if let Some(encoded) = self.snapshot.vectors()?.read(passage)? {
            return Ok(Some(encoded));
        }
        match self.snapshot.predictions() {
            Some(predictions) => Ok(predictions.index.read(passage)?),
            None => Ok(None),
        }
    }

    /// Puts the scores by the query's own vector in the place of those by the moved one.
    fn score_by_the_query(
        &self,
        Retrieved { sources, vector, .. }: &Retrieved<'_>,
        candidate: &mut Candidate,
    ) -> Result<(), EngineError> {
        let query = Query { text: self.query, vector };
        for (place, source) in sources.running().filter(|(_, source)| source.reads_vector()) {
            let scores = source.score_passages(query, &candidate.passages)?;
            let best = scores.and_then(|scores| scores.into_iter().flatten().reduce(f32::max));
            let said = |score| SourceScore { rank: None, score, imputed: false };
            candidate.sources[place] = best.map(said);
        }
        Ok(())
    }

    fn id(&self, candidate: &Candidate) -> Result<String, EngineError> {
        Ok(self.snapshot.catalogue().id(candidate.document)?.to_owned())
    }

    /// Has fusion's own best documents move the query.
    pub(super) fn feed_back_by_fusion(
        &self,
        retrieved: &Retrieved<'_>,
        candidates: &[Candidate],
    ) -> Result<Option<(Vec<Candidate>, FeedbackReport)>, EngineError> {
        let best: Vec<usize> = (0..candidates.len().min(PICKED)).collect();
        self.feed_back(Feedback::Fused, retrieved, candidates, &best)
    }

    /// Says whose feedback the last stage asks for.
    pub(super) fn feedback(&self) -> Feedback {
        match (self.settings.stage, self.settings.feedback) {
            (Stage::Feedback, Feedback::Reranker) => Feedback::Fused,
            (Stage::Feedback | Stage::Reranked, feedback) => feedback,
            (Stage::Source(_) | Stage::Fused, _) => Feedback::Off,
        }
    }
}

/// Returns `unit(query + AMOUNT · mean)`; nothing without vectors, or where they undo the query.
fn moved(query: &[f32], vectors: &[&[f32]]) -> Option<Vec<f32>> {
    if vectors.is_empty() {
        return None;
    }
    let share = f64::from(AMOUNT) / vectors.len() as f64;
    let sum = |at: usize| vectors.iter().map(|vector| f64::from(vector[at])).sum::<f64>();
    let moved: Vec<f64> =
        query.iter().enumerate().map(|(at, x)| f64::from(*x) + share * sum(at)).collect();
    let norm = moved.iter().map(|x| x * x).sum::<f64>().sqrt();
    (norm > 1e-6).then(|| moved.into_iter().map(|x| (x / norm) as f32).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked by hand: (1, 0) + .3 · (0, 1) has norm √1.09; with (1, 0) as well the mean is (½, ½), and
    /// (1.15, .15) has norm √1.345.
    #[test]
    fn the_query_moves_towards_the_mean() {
        let near = |got: Option<Vec<f32>>, expected: [f64; 2]| {
            let got = got.unwrap();
            assert!(
                got.iter().zip(expected).all(|(a, b)| (f64::from(*a) - b).abs() < 1e-6),
                "{got:?}"
            );
        };
        near(moved(&[1.0, 0.0], &[&[0.0, 1.0]]), [1.0 / 1.09f64.sqrt(), 0.3 / 1.09f64.sqrt()]);
        let both: [&[f32]; 2] = [&[0.0, 1.0], &[1.0, 0.0]];
        near(moved(&[1.0, 0.0], &both), [1.15 / 1.345f64.sqrt(), 0.15 / 1.345f64.sqrt()]);
    }

    #[test]
    fn without_vectors_it_stays() {
        assert_eq!(moved(&[1.0, 0.0], &[]), None);
    }

    #[test]
    fn a_quarter_of_the_reading_is_kept_for_what_the_feedback_brings() {
        assert_eq!([1, 2, 3, 4, 20, 50].map(first_reading), [1, 2, 3, 3, 15, 38]);
    }
}
