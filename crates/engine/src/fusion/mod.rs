//! Fusion: what several sources say of the same documents becomes one score.
//!
//! A source that can score any document has an own score for every candidate. Another engine's list
//! lacks documents, and each [`Method`] has its rule for those; see [`fuse`], which serves both, and
//! [`fuse_lists`] for lists alone.

mod blend;
mod lists;
mod minmax;
mod regression;
mod rrf;
mod weights;
mod zscore;

pub use blend::blend;
pub use lists::{RankedList, fuse_lists};
pub use minmax::Bounds;
pub use regression::Regression;
pub use rrf::RRF_K;
pub use weights::{BadWeights, weights};

/// How what several sources say becomes one score.
///
/// Every method first puts the scores of a source on a common scale, as its share of the fused score;
/// the fused score is the weighted mean of the shares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Method {
    /// Scores scaled to [0, 1] between the source's lowest and highest; a source gives 0, its lowest,
    /// to a document that it lacks (Bruch, Gai & Ingber 2023, "An Analysis of Fusion Functions for
    /// Hybrid Retrieval").
    MinMax,
    /// `(k + 1) / (k + rank)`, in [0, 1]; a source gives nothing to a document that it lacks
    /// (Cormack, Clarke & Büttcher 2009, whose sum lacks the factor `k + 1` and has the same order).
    /// Ranks count from 1, and equal scores share the better rank.
    Rrf {
        /// How far down a list a rank still matters: finite and not negative; [`RRF_K`] is the
        /// paper's.
        k: f32,
    },
    /// `(score - mean) / deviation` within the source, which is no more than `√(n - 1)` from 0 among
    /// `n`; a source gives its lowest to a document that it lacks (Montague & Aslam 2001; Renda &
    /// Straccia 2003).
    ZScore,
}

/// What one source says of the candidates.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceScores {
    /// How much the source counts, at least 0; only the relation to the others' weights matters.
    pub weight: f64,
    /// One place a candidate: the source's own score, finite and higher for better, or nothing where
    /// the source lacks the candidate.
    pub scores: Vec<Option<f32>>,
}

/// What a source gives to candidates on the scale of the method.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shares {
    /// For each score of the source, in the same order.
    pub(crate) present: Vec<f32>,
    /// For any candidate that it lacks.
    pub(crate) absent: f32,
}

impl Method {
    /// Reciprocal ranks with the paper's constant.
    pub const RRF: Self = Self::Rrf { k: RRF_K };

    /// Returns the method's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MinMax => "minmax",
            Self::Rrf { .. } => "rrf",
            Self::ZScore => "zscore",
        }
    }

    fn shares(self, scores: &[f32]) -> Shares {
        match self {
            Self::MinMax => minmax::shares(scores),
            Self::Rrf { k } => rrf::shares(scores, k),
            Self::ZScore => zscore::shares(scores),
        }
    }
}

/// Fuses what sources say of the same candidates; the answer has one score a candidate, in the same
/// order, in [0, 1] but for [`Method::ZScore`].
///
/// Every source has a place for every candidate. In [`Method::MinMax`] and [`Method::ZScore`] a
/// source whose scores are all equal gives 0 to every candidate; a source that has no score at all
/// is left out. The mean is weighted in 64 bits and rounded to 32, but for two sources that have all
/// scores: that mean is the one of a search, in 32 bits.
#[must_use]
pub fn fuse(sources: &[SourceScores], method: Method) -> Vec<f32> {
    let heard: Vec<&SourceScores> =
        sources.iter().filter(|source| source.scores.iter().any(Option::is_some)).collect();
    let weights: Vec<f64> = heard.iter().map(|source| source.weight).collect();
    let columns: Vec<Vec<f32>> =
        heard.iter().map(|source| shares(&source.scores, method)).collect();
    let complete = heard.iter().all(|source| source.scores.iter().all(Option::is_some));
    let candidates = columns.first().map_or(0, Vec::len);
    let of_candidate = |place: usize| {
        let shares: Vec<f32> = columns.iter().map(|column| column[place]).collect();
        match (method, &shares[..], &weights[..]) {
            // Two retrievers that know every candidate: so it was measured, and its bits are kept.
            (Method::Rrf { .. }, &[first, second], &[low, high]) if complete => {
                let weight = (high / (low + high)) as f32;
                (1.0 - weight) * first + weight * second
            }
            (Method::MinMax, ..) if complete => convex(&shares, &weights),
            _ => weighted_mean(&shares, &weights),
        }
    };
    (0..candidates).map(of_candidate).collect()
}

/// Returns what a source gives to every candidate.
fn shares(scores: &[Option<f32>], method: Method) -> Vec<f32> {
    let known: Vec<f32> = scores.iter().flatten().copied().collect();
    let Shares { present, absent } = method.shares(&known);
    let mut present = present.into_iter();
    let share = |score: &Option<f32>| score.and_then(|_| present.next()).unwrap_or(absent);
    scores.iter().map(share).collect()
}

/// Returns the convex combination of shares: of two `a + w · (b - a)` in 32 bits, as the defaults were
/// measured, of any other number their [`weighted_mean`].
pub(crate) fn convex(shares: &[f32], weights: &[f64]) -> f32 {
    match (shares, weights) {
        (&[first, second], &[low, high]) if low + high > 0.0 => {
            first + (high / (low + high)) as f32 * (second - first)
        }
        _ => weighted_mean(shares, weights),
    }
}

/// Returns the mean of shares, weighted in 64 bits and rounded to 32: what differs only beyond those
/// is equal, in whatever order the sources come. Without any weight it is 0.
fn weighted_mean(shares: &[f32], weights: &[f64]) -> f32 {
    let all: f64 = weights.iter().sum();
    let sum: f64 =
        weights.iter().zip(shares).map(|(weight, share)| weight * f64::from(*share)).sum();
    if all > 0.0 { (sum / all) as f32 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn two(scores: &[(f32, f32)], weight: f64) -> Vec<SourceScores> {
        let column = |of: fn(&(f32, f32)) -> f32| scores.iter().map(|it| Some(of(it))).collect();
        vec![
            SourceScores { weight: 1.0 - weight, scores: column(|scores| scores.0) },
            SourceScores { weight, scores: column(|scores| scores.1) },
        ]
    }

    fn near(got: &[f32], expected: &[f32]) -> bool {
        got.len() == expected.len() && got.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6)
    }

    /// Worked by hand: the first spans 0–20, the second .5–.9.
    #[test]
    fn minmax_weighs_two_scaled_scores() {
        let fused = fuse(&two(&[(20.0, 0.5), (10.0, 0.9), (0.0, 0.7)], 0.6), Method::MinMax);
        assert!(near(&fused, &[0.4, 0.8, 0.3]), "{fused:?}");
    }

    #[test]
    fn a_source_without_a_difference_has_no_say() {
        assert_eq!(fuse(&two(&[(0.0, 0.5), (0.0, 0.9)], 0.5), Method::MinMax), [0.0, 0.5]);
        assert!(fuse(&two(&[], 0.5), Method::MinMax).is_empty());
    }

    /// Worked by hand: ranks (1, 2), (2, 1), (2, 3) with equal weights and k = 60.
    #[test]
    fn rrf_sums_reciprocal_ranks() {
        let pool = two(&[(9.0, 0.8), (3.0, 0.9), (3.0, 0.1)], 0.5);
        let expected = [
            30.5 * (1.0 / 61.0 + 1.0 / 62.0),
            30.5 * (1.0 / 62.0 + 1.0 / 61.0),
            30.5 * (1.0 / 62.0 + 1.0 / 63.0),
        ];
        assert!(near(&fuse(&pool, Method::Rrf { k: RRF_K }), &expected));
    }

    /// Worked by hand. Two sources know all: the first gives 1, ½, 0, the second 0, 1, ½. The third
    /// has two of them, 1 and 0, and gives 0 to the other. Of weights 1, 3 and 4 the mean is
    /// (1 + 0 + 4) / 8, (½ + 3 + 0) / 8 and (0 + 3/2 + 0) / 8.
    #[test]
    fn a_third_source_that_lacks_a_candidate_gives_it_its_lowest() {
        let mut sources = two(&[(3.0, 1.0), (2.0, 3.0), (1.0, 2.0)], 0.75);
        sources.push(SourceScores { weight: 1.0, scores: vec![Some(7.0), None, Some(5.0)] });
        assert_eq!(fuse(&sources, Method::MinMax), [0.625, 0.4375, 0.1875]);
        // By rank it gives nothing: (61/61 + 3 · 61/63 + 4 · 61/61) / 8 and so on.
        let third = |a: f32, b: f32, c: f32| (a + 3.0 * b + 4.0 * c) / 8.0;
        let share = |rank: f32| 61.0 / (60.0 + rank);
        let expected = [
            third(share(1.0), share(3.0), share(1.0)),
            third(share(2.0), share(1.0), 0.0),
            third(share(3.0), share(2.0), share(2.0)),
        ];
        let fused = fuse(&sources, Method::Rrf { k: RRF_K });
        assert!(near(&fused, &expected), "{fused:?}");
        // One that found nothing is as if it were not there.
        sources[2].scores = vec![None; 3];
        for method in [Method::MinMax, Method::Rrf { k: RRF_K }, Method::ZScore] {
            assert_eq!(fuse(&sources, method), fuse(&sources[..2], method));
        }
    }

    proptest! {
        /// The formulas that all published figures were measured by, in 32 bits.
        #[test]
        fn two_sources_that_know_all_are_fused_to_the_same_bits_as_ever(
            pool in prop::collection::vec((0.0f32..40.0, -1.0f32..1.0), 1..30),
            weight in 0.0f32..=1.0,
        ) {
            let sources = two(&pool, f64::from(weight));
            let (first, second): (Vec<f32>, Vec<f32>) = pool.iter().copied().unzip();
            let scaled = |scores: &[f32]| -> Vec<f32> {
                let bounds = Bounds::of(scores.iter().copied());
                scores.iter().map(|score| bounds.scale(*score)).collect()
            };
            let pairs = scaled(&first).into_iter().zip(scaled(&second));
            let expected: Vec<f32> = pairs.map(|(a, b)| a + weight * (b - a)).collect();
            prop_assert_eq!(fuse(&sources, Method::MinMax), expected);

            let ranked = |scores: &[f32]| rrf::shares(scores, RRF_K).present;
            let pairs = ranked(&first).into_iter().zip(ranked(&second));
            let expected: Vec<f32> =
                pairs.map(|(a, b)| (1.0 - weight) * a + weight * b).collect();
            prop_assert_eq!(fuse(&sources, Method::Rrf { k: RRF_K }), expected);
        }
    }
}
