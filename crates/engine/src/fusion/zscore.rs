//! Standardised scores: how many standard deviations a score lies above its list's mean.
//!
//! Their sum is CombSUM (Fox & Shaw 1994, "Combination of Multiple Searches") over scores of zero
//! mean and unit variance (Montague & Aslam 2001, "Relevance Score Normalization for Metasearch";
//! Renda & Straccia 2003, "Web Metasearch: Rank vs. Score Based Rank Aggregation Methods").

use super::Shares;

/// Returns `(score - mean) / deviation` for each score of a list, with the deviation of the list
/// itself (divided by `n`, not by `n - 1`); a document that it lacks gets the lowest of these.
///
/// A list of equal scores has no deviation and says nothing: 0.
pub(super) fn shares(scores: &[f32]) -> Shares {
    let count = scores.len().max(1) as f64;
    let mean = scores.iter().map(|&score| f64::from(score)).sum::<f64>() / count;
    let distances: Vec<f64> = scores.iter().map(|&score| f64::from(score) - mean).collect();
    let deviation = (distances.iter().map(|x| x * x).sum::<f64>() / count).sqrt();
    let z = |distance: &f64| if deviation > 0.0 { (distance / deviation) as f32 } else { 0.0 };
    let present: Vec<f32> = distances.iter().map(z).collect();
    let absent = present.iter().copied().reduce(f32::min).unwrap_or(0.0);
    Shares { present, absent }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked by hand: 2, 4, 4, 4, 5, 5, 7, 9 have mean 5 and deviation 2.
    #[test]
    fn counts_deviations_from_the_mean() {
        let shares = shares(&[9.0, 7.0, 5.0, 5.0, 4.0, 4.0, 4.0, 2.0]);
        assert_eq!(shares.present, [2.0, 1.0, 0.0, 0.0, -0.5, -0.5, -0.5, -1.5]);
        assert_eq!(shares.absent, -1.5);
    }

    #[test]
    fn equal_scores_say_nothing() {
        for scores in [&[0.1; 7][..], &[3.0], &[]] {
            let shares = shares(scores);
            assert!(shares.present.iter().all(|share| *share == 0.0) && shares.absent == 0.0);
        }
    }

    #[test]
    fn the_widest_list_and_the_narrowest_have_finite_shares() {
        for low in [f32::MIN, f32::MAX.next_down()] {
            assert_eq!(shares(&[f32::MAX, low]).present, [1.0, -1.0]);
        }
        assert_eq!(shares(&[f32::from_bits(1), 0.0]).present, [1.0, -1.0]);
    }
}
