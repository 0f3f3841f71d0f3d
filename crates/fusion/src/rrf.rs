//! Reciprocal rank fusion (Cormack, Clarke & Büttcher 2009).

use crate::Scores;
use crate::lists::Shares;

/// The constant of the paper: how far down the list a rank still matters.
pub const RRF_K: f32 = 60.0;

/// Returns `((1 - w) / (k + rank in BM25) + w / (k + rank in dense)) · (k + 1)` for each candidate.
///
/// Ranks count from 1 within the pool, by each retriever's true scores; equal scores share the
/// better rank. The factor `k + 1` puts the score in [0, 1]; it changes no order.
#[must_use]
pub fn rrf(pool: &[Scores], dense_weight: f32) -> Vec<f32> {
    let bm25 = ranks(pool.iter().map(|scores| scores.bm25));
    let dense = ranks(pool.iter().map(|scores| scores.dense));
    let share = |rank| share(rank, RRF_K);
    bm25.into_iter()
        .zip(dense)
        .map(|(lexical, semantic)| {
            (1.0 - dense_weight) * share(lexical) + dense_weight * share(semantic)
        })
        .collect()
}

/// Returns `(k + 1) / (k + rank)` for each score of a list; a document that it lacks gets nothing.
pub(crate) fn shares(scores: &[f32], k: f32) -> Shares {
    let ranks = ranks(scores.iter().copied()).into_iter();
    Shares { present: ranks.map(|rank| share(rank, k)).collect(), absent: 0.0 }
}

fn share(rank: u32, k: f32) -> f32 {
    (k + 1.0) / (k + rank as f32)
}

fn ranks(scores: impl Iterator<Item = f32>) -> Vec<u32> {
    let scores: Vec<f32> = scores.collect();
    let mut sorted = scores.clone();
    sorted.sort_by(|a, b| b.total_cmp(a));
    scores.iter().map(|&score| 1 + sorted.partition_point(|&other| other > score) as u32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked by hand: ranks (1, 2), (2, 1), (2, 3) with equal weights and k = 60.
    #[test]
    fn sums_reciprocal_ranks() {
        let pool = [(9.0, 0.8), (3.0, 0.9), (3.0, 0.1)].map(|(bm25, dense)| Scores { bm25, dense });
        let expected = [
            30.5 * (1.0 / 61.0 + 1.0 / 62.0),
            30.5 * (1.0 / 62.0 + 1.0 / 61.0),
            30.5 * (1.0 / 62.0 + 1.0 / 63.0),
        ];
        for (got, expected) in rrf(&pool, 0.5).iter().zip(expected) {
            assert!((got - expected).abs() < 1e-6);
        }
    }
}
