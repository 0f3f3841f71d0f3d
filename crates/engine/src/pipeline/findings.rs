//! What the stages of one query found, as far as they ran.

use trommel_core::PassageId;

use super::answer::{Reading, Trace};
use super::candidates::Found;
use super::hits::Ranked;
use super::pool::Pooled;
use super::rankings::{RankedDocument, Rankings, StageRanking};
use super::request::Stage;
use super::rerank::{Outcome, Reranked};
use crate::Snapshot;

/// The lists of all stages; that of a stage that did not run is empty.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) bm25: Vec<Found>,
    pub(super) dense: Vec<Found>,
    pub(super) pool: Vec<Pooled>,
    pub(super) outcome: Option<Outcome>,
}

impl Findings {
    /// Returns what the last stage ranked, and how much the reranker read; where it failed before it
    /// had read anything, it had no part in it.
    pub(super) fn into_ranked(self, last: Stage) -> (Vec<Ranked>, Option<Reading>) {
        let Self { bm25, dense, pool, outcome } = self;
        let ranked = match (last, outcome) {
            (Stage::Bm25, _) => bm25.into_iter().enumerate().map(Ranked::by_bm25).collect(),
            (Stage::Dense, _) => dense.into_iter().enumerate().map(Ranked::by_dense).collect(),
            (Stage::Reranked, Some(Outcome { order, reading, failure }))
                if reading.read > 0 || failure.is_none() =>
            {
                let ranked = |candidate| Ranked::by_blend(&pool, candidate);
                return (order.into_iter().map(ranked).collect(), Some(reading));
            }
            _ => pool.into_iter().enumerate().map(Ranked::by_fusion).collect(),
        };
        (ranked, None)
    }

    /// Returns what every stage ranked, by the documents' ids.
    pub(super) fn into_rankings(self, snapshot: &Snapshot, trace: Trace) -> Rankings {
        let entries = snapshot.catalogue().entries();
        let document = |document: usize, passage: PassageId, score| {
            let entry = &entries[document];
            RankedDocument {
                id: entry.id.clone(),
                score,
                passages: entry.passages as usize,
                passage: (passage.0 - entry.first) as usize,
                read: 0,
                reread: None,
            }
        };
        let found = |found: &Found| document(found.document, found.passage, found.score);
        let pooled = |pooled: &Pooled, passage: Option<PassageId>| {
            document(pooled.document, passage.unwrap_or(pooled.passages[0]), pooled.fused)
        };
        let reranked = |candidate: &Reranked| RankedDocument {
            score: candidate.score,
            read: candidate.read,
            reread: candidate.reread.map(|(_, reread)| reread),
            ..pooled(&self.pool[candidate.place], candidate.reread.map(|(passage, _)| passage))
        };
        let ran = |name| trace.steps.iter().any(|step| step.name == name);
        let mut stages = Vec::new();
        let mut list = |stage, documents| stages.push(StageRanking { stage, documents });
        if ran("bm25") {
            list(Stage::Bm25, self.bm25.iter().map(found).collect());
        }
        if ran("dense") {
            list(Stage::Dense, self.dense.iter().map(found).collect());
        }
        if ran("fuse") {
            list(Stage::Fused, self.pool.iter().map(|candidate| pooled(candidate, None)).collect());
        }
        if let Some(outcome) = &self.outcome {
            list(Stage::Reranked, outcome.order.iter().map(reranked).collect());
        }
        let reading = self.outcome.map(|outcome| outcome.reading);
        Rankings { stages, reading, trace }
    }
}
