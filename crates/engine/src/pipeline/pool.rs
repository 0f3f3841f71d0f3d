//! The pool: every candidate with its true score from both retrievers, fused and cut.

use std::collections::HashMap;

use trommel_core::{PassageId, Query, Retriever};
use trommel_fusion::{Bounds, Scores, fuse};

use super::answer::Scored;
use super::candidates::Found;
use super::request::SearchSettings;
use crate::{EngineError, Snapshot};

/// A document of the pool.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pooled {
    pub(super) document: usize,
    pub(super) bm25: Scored,
    pub(super) dense: Scored,
    /// The fused score, in [0, 1].
    pub(super) fused: f32,
    /// The document's passages, the most promising first.
    pub(super) passages: Vec<PassageId>,
}

/// Fuses two lists of candidates; the answer is ordered and at most `settings.candidates` long.
///
/// A document that one retriever did not find is scored by it all the same, over all of the
/// document's passages.
pub(super) fn pool(
    snapshot: &Snapshot,
    query: Query<'_>,
    bm25: (&dyn Retriever, &[Found]),
    dense: (&dyn Retriever, &[Found]),
    settings: &SearchSettings,
) -> Result<Vec<Pooled>, EngineError> {
    let mut documents: Vec<usize> =
        bm25.1.iter().chain(dense.1).map(|found| found.document).collect();
    documents.sort_unstable();
    documents.dedup();

    let entries = snapshot.catalogue().entries();
    let passages: Vec<PassageId> =
        documents.iter().flat_map(|&document| entries[document].passage_ids()).collect();
    let lexical = bm25.0.score(query, &passages)?;
    let semantic = dense.0.score(query, &passages)?;

    let bm25_ranks = ranks(bm25.1);
    let dense_ranks = ranks(dense.1);
    let mut rest = passages.into_iter().zip(lexical.into_iter().zip(semantic));
    let mut scored = Vec::with_capacity(documents.len());
    for document in documents {
        let count = entries[document].passages as usize;
        let of_document: Vec<Passage> = rest
            .by_ref()
            .take(count)
            .map(|(id, (bm25, dense))| Passage { id, scores: Scores { bm25, dense } })
            .collect();
        scored.push((document, of_document));
    }

    let best: Vec<Scores> = scored.iter().map(|(_, passages)| best_scores(passages)).collect();
    let fused = fuse(&best, settings.fusion, settings.dense_weight);
    let bounds = PassageOrder {
        bm25: Bounds::of(best.iter().map(|scores| scores.bm25)),
        dense: Bounds::of(best.iter().map(|scores| scores.dense)),
        dense_weight: settings.dense_weight,
    };
    let mut pool: Vec<Pooled> = scored
        .into_iter()
        .zip(best)
        .zip(fused)
        .map(|(((document, passages), best), fused)| Pooled {
            document,
            bm25: Scored { rank: bm25_ranks.get(&document).copied(), score: best.bm25 },
            dense: Scored { rank: dense_ranks.get(&document).copied(), score: best.dense },
            fused,
            passages: bounds.order(passages),
        })
        .collect();
    pool.sort_by(|a, b| {
        b.fused
            .total_cmp(&a.fused)
            .then_with(|| entries[a.document].id.cmp(&entries[b.document].id))
    });
    pool.truncate(settings.candidates);
    Ok(pool)
}

#[derive(Debug, Clone, Copy)]
struct Passage {
    id: PassageId,
    scores: Scores,
}

/// How the passages of one document are ordered: by the convex combination of both scores, scaled
/// by the bounds of the pool's documents.
struct PassageOrder {
    bm25: Bounds,
    dense: Bounds,
    dense_weight: f32,
}

impl PassageOrder {
    fn order(&self, passages: Vec<Passage>) -> Vec<PassageId> {
        let mut ordered: Vec<(PassageId, f32)> = passages
            .into_iter()
            .map(|Passage { id, scores }| {
                let lexical = self.bm25.scale(scores.bm25);
                let semantic = self.dense.scale(scores.dense);
                (id, lexical + self.dense_weight * (semantic - lexical))
            })
            .collect();
        ordered.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        ordered.into_iter().map(|(id, _)| id).collect()
    }
}

fn best_scores(passages: &[Passage]) -> Scores {
    let best = |score: fn(&Scores) -> f32| {
        passages.iter().map(|passage| score(&passage.scores)).fold(f32::NEG_INFINITY, f32::max)
    };
    Scores { bm25: best(|scores| scores.bm25), dense: best(|scores| scores.dense) }
}

fn ranks(found: &[Found]) -> HashMap<usize, usize> {
    found.iter().enumerate().map(|(place, found)| (found.document, place + 1)).collect()
}
