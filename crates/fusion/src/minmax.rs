//! Convex combination of min-max scaled scores (Bruch, Gai & Ingber 2023, "An Analysis of Fusion
//! Functions for Hybrid Retrieval").

use crate::Scores;
use crate::lists::Shares;

/// The scores that become 0 and 1; what lies outside is clamped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// The score that becomes 0.
    pub low: f32,
    /// The score that becomes 1.
    pub high: f32,
}

impl Bounds {
    /// Returns the smallest and largest of `scores`, or [0, 0] if there are none.
    pub fn of(scores: impl Iterator<Item = f32>) -> Self {
        scores
            .map(|score| Self { low: score, high: score })
            .reduce(|a, b| Self { low: a.low.min(b.low), high: a.high.max(b.high) })
            .unwrap_or(Self { low: 0.0, high: 0.0 })
    }

    /// Returns `score` scaled to [0, 1]; bounds that coincide say nothing and give 0.
    #[must_use]
    pub fn scale(self, score: f32) -> f32 {
        let width = self.high - self.low;
        if width.is_infinite() {
            let half = Self { low: self.low / 2.0, high: self.high / 2.0 };
            return half.scale(score / 2.0);
        }
        if width > 0.0 { ((score - self.low) / width).clamp(0.0, 1.0) } else { 0.0 }
    }
}

/// Returns `(1 - w) · scale(bm25) + w · scale(dense)` for each candidate.
///
/// The bounds of each retriever are its lowest and highest score in the pool. Both scores of every
/// candidate are true ones, so the bounds do not depend on which retriever found it. A retriever
/// that gives all candidates the same score has no say.
#[must_use]
pub fn minmax(pool: &[Scores], dense_weight: f32) -> Vec<f32> {
    let bm25 = scaled(pool.iter().map(|scores| scores.bm25));
    let dense = scaled(pool.iter().map(|scores| scores.dense));
    bm25.into_iter()
        .zip(dense)
        .map(|(lexical, semantic)| lexical + dense_weight * (semantic - lexical))
        .collect()
}

/// Returns the list's scores between its own bounds; a document that it lacks gets its lowest, 0.
pub(crate) fn shares(scores: &[f32]) -> Shares {
    Shares { present: scaled(scores.iter().copied()), absent: 0.0 }
}

fn scaled(scores: impl Iterator<Item = f32> + Clone) -> Vec<f32> {
    let bounds = Bounds::of(scores.clone());
    scores.map(|score| bounds.scale(score)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked by hand: BM25 spans 0–20, cosine .5–.9.
    #[test]
    fn weighs_two_scaled_scores() {
        let pool =
            [(20.0, 0.5), (10.0, 0.9), (0.0, 0.7)].map(|(bm25, dense)| Scores { bm25, dense });
        let fused = minmax(&pool, 0.6);
        for (got, expected) in fused.iter().zip([0.4, 0.8, 0.3]) {
            assert!((got - expected).abs() < 1e-6, "{fused:?}");
        }
    }

    #[test]
    fn a_retriever_without_a_difference_has_no_say() {
        let pool = [(0.0, 0.5), (0.0, 0.9)].map(|(bm25, dense)| Scores { bm25, dense });
        assert_eq!(minmax(&pool, 0.5), [0.0, 0.5]);
        assert!(minmax(&[], 0.5).is_empty());
    }

    #[test]
    fn a_list_is_scaled_however_wide_it_is() {
        let shares = shares(&[f32::MAX, 0.0, f32::MIN]);
        assert_eq!((shares.present, shares.absent), (vec![1.0, 0.5, 0.0], 0.0));
    }
}
