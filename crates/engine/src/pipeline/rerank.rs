//! The second stage: the reranker reads the best candidates, and its word is blended with theirs.

use std::collections::HashMap;

use trommel_core::{Passage, PassageId, Reranker};
use trommel_fusion::{blend, unread};

use super::answer::Reread;
use super::pool::Pooled;
use super::request::SearchSettings;
use crate::documents::StoredDocument;
use crate::{EngineError, Snapshot};

/// A candidate after the second stage.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reranked {
    /// The candidate's place in the pool, which is its fused rank less one.
    pub(super) place: usize,
    /// The score that decides the order.
    pub(super) score: f32,
    /// What the reranker said and of which passage; missing if it did not read the document.
    pub(super) reread: Option<(PassageId, Reread)>,
}

/// What the second stage did.
pub(super) struct Outcome {
    /// All candidates of the pool, best first.
    pub(super) order: Vec<Reranked>,
    /// How many passages were read.
    pub(super) passages: usize,
}

/// Returns the text that models read for a passage: what stands above it, then the passage.
pub(crate) fn model_text(title: &str, passage: &Passage, text: &str) -> String {
    let context = passage.context(title);
    match (context.is_empty(), text.is_empty()) {
        (true, _) => text.to_owned(),
        (false, true) => context,
        (false, false) => format!("{context}\n{text}"),
    }
}

/// Reads the best `settings.rerank_depth` documents of the pool and orders all of it.
pub(super) fn rerank(
    snapshot: &Snapshot,
    reranker: &dyn Reranker,
    query: &str,
    pool: &[Pooled],
    settings: &SearchSettings,
) -> Result<Outcome, EngineError> {
    let depth = settings.rerank_depth.min(pool.len());
    let mut owners = Vec::new();
    let mut texts = Vec::new();
    for (place, pooled) in pool[..depth].iter().enumerate() {
        let entry = &snapshot.catalogue().entries()[pooled.document];
        let StoredDocument { document, passages } = snapshot.read(entry)?;
        for &id in pooled.passages.iter().take(settings.rerank_passages) {
            let passage = passages.get((id.0 - entry.first) as usize).ok_or_else(|| {
                let detail = format!("document {:?} lacks passage {id}", entry.id);
                EngineError::corrupt(snapshot.folder(), detail)
            })?;
            owners.push((place, id));
            texts.push(model_text(&document.title, passage, passage.text(&document)));
        }
    }
    let scores = reranker.score(query, &texts.iter().map(String::as_str).collect::<Vec<_>>())?;

    let calibration = reranker.calibration();
    let mut best: HashMap<usize, (PassageId, Reread)> = HashMap::new();
    for ((place, id), score) in owners.into_iter().zip(scores) {
        let probability = calibration.probability(score.logit);
        let reread =
            Reread { rank: 0, logit: score.logit, probability, truncated: score.truncated };
        let better = best.get(&place).is_none_or(|(_, known)| score.logit > known.logit);
        if better {
            best.insert(place, (id, reread));
        }
    }
    Ok(Outcome { order: blended(pool, best, settings.blend), passages: texts.len() })
}

/// Orders what was read by the blend of both scores; what was not read follows in fused order.
fn blended(
    pool: &[Pooled],
    mut best: HashMap<usize, (PassageId, Reread)>,
    weight: f32,
) -> Vec<Reranked> {
    let mut by_logit: Vec<(usize, f32)> =
        best.iter().map(|(&place, (_, reread))| (place, reread.logit)).collect();
    by_logit.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    for (rank, (place, _)) in by_logit.iter().enumerate() {
        if let Some((_, reread)) = best.get_mut(place) {
            reread.rank = rank + 1;
        }
    }
    let (mut order, rest): (Vec<Reranked>, Vec<Reranked>) = pool
        .iter()
        .enumerate()
        .map(|(place, pooled)| {
            let reread = best.remove(&place);
            let score = reread.map_or(pooled.fused, |(_, reread)| {
                blend(pooled.fused, reread.probability, weight)
            });
            Reranked { place, score, reread }
        })
        .partition(|candidate| candidate.reread.is_some());
    order.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.place.cmp(&b.place)));
    let mut last = order.last().map_or(1.0, |candidate| candidate.score);
    for mut candidate in rest {
        last = unread(candidate.score, weight, last);
        candidate.score = last;
        order.push(candidate);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::super::answer::Scored;
    use super::*;

    fn pooled(document: usize, fused: f32) -> Pooled {
        let none = Scored { rank: None, score: 0.0 };
        Pooled { document, bm25: none, dense: none, fused, passages: vec![] }
    }

    fn read(logit: f32, probability: f32) -> (PassageId, Reread) {
        (PassageId(0), Reread { rank: 0, logit, probability, truncated: false })
    }

    /// Worked by hand with weight one half.
    #[test]
    fn what_was_read_comes_first_and_scores_never_rise() {
        let pool = [pooled(0, 1.0), pooled(1, 0.8), pooled(2, 0.7), pooled(3, 0.2)];
        let best = HashMap::from([(0, read(-4.0, 0.0)), (1, read(4.0, 1.0))]);
        let order = blended(&pool, best, 0.5);
        let places: Vec<_> = order.iter().map(|candidate| candidate.place).collect();
        let scores: Vec<_> = order.iter().map(|candidate| candidate.score).collect();
        assert_eq!(places, [1, 0, 2, 3]);
        assert_eq!(scores, [0.9, 0.5, 0.35, 0.1]);
        assert_eq!(order[0].reread.unwrap().1.rank, 1);
        assert_eq!(order[1].reread.unwrap().1.rank, 2);
    }
}
