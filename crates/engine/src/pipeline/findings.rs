//! What the stages of one query found, as far as they ran.

use trommel_core::PassageId;

use super::answer::{PassReading, Reading, Trace};
use super::candidates::Found;
use super::cascade::{Outcome, Standing};
use super::hits::Ranked;
use super::pool::Pooled;
use super::rankings::{RankedDocument, Rankings, StageRanking};
use super::request::Stage;
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
    /// Returns what the last stage ranked, and what each pass of the second one did.
    pub(super) fn into_ranked(self, last: Stage) -> (Vec<Ranked>, Vec<PassReading>) {
        let Self { bm25, dense, pool, outcome } = self;
        let ranked = match (last, outcome) {
            (Stage::Bm25, _) => bm25.into_iter().enumerate().map(Ranked::by_bm25).collect(),
            (Stage::Dense, _) => dense.into_iter().enumerate().map(Ranked::by_dense).collect(),
            (Stage::Reranked, Some(Outcome { order, passes })) => {
                let ranked = |standing| Ranked::by_cascade(&pool, standing);
                return (order.into_iter().map(ranked).collect(), passes);
            }
            _ => pool.into_iter().enumerate().map(Ranked::by_fusion).collect(),
        };
        (ranked, Vec::new())
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
                rereads: Vec::new(),
            }
        };
        let found = |found: &Found| document(found.document, found.passage, found.score);
        let pooled = |pooled: &Pooled, passage: Option<PassageId>| {
            document(pooled.document, passage.unwrap_or(pooled.passages[0]), pooled.fused)
        };
        let reranked = |standing: &Standing| RankedDocument {
            score: standing.score,
            read: standing.read,
            reread: standing.reread(),
            rereads: standing.rereads.clone(),
            ..pooled(&self.pool[standing.place], standing.passage)
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
        let passes = self.outcome.map(|outcome| outcome.passes).unwrap_or_default();
        let (reading, failure) = (Reading::of_all(&passes), PassReading::failures(&passes));
        Rankings { stages, reading, failure, passes, trace }
    }
}
