//! Reciprocal rank fusion (Cormack, Clarke & Büttcher 2009).

use super::Shares;

/// The constant of the paper: how far down the list a rank still matters.
pub const RRF_K: f32 = 60.0;

/// Returns `(k + 1) / (k + rank)` for each score of a list; a document that it lacks gets nothing.
pub(super) fn shares(scores: &[f32], k: f32) -> Shares {
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
