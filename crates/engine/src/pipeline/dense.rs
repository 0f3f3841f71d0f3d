//! The source of vectors: those of the encoder, and predictions of them, on one scale.

use std::collections::HashMap;

use trommel_core::{PassageId, PassageSet, Query, Retriever, RetrieverError, ScoredPassage};
use trommel_predict::{LeftOut, ScoreMatch};
use trommel_vector::{VectorIndex, VectorRetriever, VectorSearch, score};

use crate::{EngineError, Snapshot};

/// Vectors of passages that this search had encoded, by passage.
pub(super) type ReadNow = HashMap<PassageId, Vec<f32>>;

/// Ranks passages by the dot product of their vector and the query's.
///
/// The score of a prediction is brought to the scale of true ones, query by query, by the passages that
/// have both ([`ScoreMatch`]). A passage that has no vector of either kind is never found.
pub(super) struct DenseRetriever<'a> {
    vectors: &'a VectorIndex,
    encoded: VectorRetriever<'a>,
    predicted: Option<Predicted<'a>>,
    now: ReadNow,
}

/// Predicted vectors, and what is known of how far they are off.
struct Predicted<'a> {
    index: &'a VectorIndex,
    retriever: VectorRetriever<'a>,
    left_out: &'a LeftOut,
}

impl<'a> DenseRetriever<'a> {
    /// Returns what ranks by the vectors of a generation.
    pub(super) fn new(snapshot: &'a Snapshot, search: VectorSearch) -> Result<Self, EngineError> {
        let vectors = snapshot.vectors()?;
        let predicted = snapshot.predictions().filter(|it| it.index.live() > 0);
        let predicted = predicted.map(|it| Predicted {
            index: &it.index,
            retriever: it.index.retriever(search),
            left_out: it.table.left_out(),
        });
        Ok(Self { vectors, encoded: vectors.retriever(search), predicted, now: ReadNow::new() })
    }

    /// Takes in what this search had encoded; it counts before any prediction, in scores alone.
    pub(super) fn learn(&mut self, now: ReadNow) {
        self.now = now;
    }

    /// Says whether a query without a filter walks a graph.
    pub(super) fn is_approximate(&self) -> bool {
        self.encoded.is_approximate()
    }

    /// Returns the best `limit` passages, best first.
    pub(super) fn retrieve(
        &self,
        query: Query<'_>,
        limit: usize,
        allowed: Option<&PassageSet>,
    ) -> Result<Vec<ScoredPassage>, RetrieverError> {
        let mut found = self.encoded.retrieve(query, limit, allowed)?;
        if let Some(predicted) = &self.predicted {
            let line = predicted.line(query, self)?;
            let likely = predicted.retriever.retrieve(query, limit, allowed)?;
            found.extend(
                likely.into_iter().map(|it| ScoredPassage { score: line.apply(it.score), ..it }),
            );
            found.sort_by(ScoredPassage::best_first);
            found.truncate(limit);
        }
        Ok(found)
    }

    /// Returns the score of each passage that has a vector.
    pub(super) fn score(
        &self,
        query: Query<'_>,
        passages: &[PassageId],
    ) -> Result<Vec<Option<f32>>, RetrieverError> {
        let now = |id: &PassageId| Some(score(query.vector, self.now.get(id)?));
        let mut scores: Vec<Option<f32>> = passages.iter().map(now).collect();
        fill(&mut scores, passages, self.vectors, |ids| self.encoded.score(query, ids))?;
        if let Some(predicted) = &self.predicted {
            let line = predicted.line(query, self)?;
            fill(&mut scores, passages, predicted.index, |ids| {
                let scores = predicted.retriever.score(query, ids)?;
                Ok(scores.into_iter().map(|score| line.apply(score)).collect())
            })?;
        }
        Ok(scores)
    }
}

impl Predicted<'_> {
    /// Returns the line from predicted scores to true ones for a query. Sampled passages that are gone
    /// count for nothing.
    fn line(
        &self,
        query: Query<'_>,
        dense: &DenseRetriever<'_>,
    ) -> Result<ScoreMatch, RetrieverError> {
        let predicted = self.left_out.scores(query.vector);
        let sampled = self.left_out.passages().iter().copied().zip(predicted);
        let (ids, predicted): (Vec<PassageId>, Vec<f32>) =
            sampled.filter(|(id, _)| dense.vectors.has(*id)).unzip();
        let known = dense.encoded.score(query, &ids)?;
        Ok(ScoreMatch::new(known.into_iter().zip(predicted)))
    }
}

/// Fills in the scores that are missing of passages that an index has.
fn fill(
    scores: &mut [Option<f32>],
    passages: &[PassageId],
    index: &VectorIndex,
    score: impl Fn(&[PassageId]) -> Result<Vec<f32>, RetrieverError>,
) -> Result<(), RetrieverError> {
    let missing = scores.iter().zip(passages).enumerate();
    let missing = missing.filter(|(_, (score, id))| score.is_none() && index.has(**id));
    let (places, ids): (Vec<usize>, Vec<PassageId>) =
        missing.map(|(place, (_, id))| (place, *id)).unzip();
    for (place, score) in places.into_iter().zip(score(&ids)?) {
        scores[place] = Some(score);
    }
    Ok(())
}
