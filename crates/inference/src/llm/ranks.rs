//! Scores for those who are only in an order.

use trommel_core::RerankScore;

/// Returns the scores of an order: `order[r]` is the passage of rank `r`, from 0.
///
/// The probabilities lie evenly in (0, 1): rank `r` of `n` has `p = 1 - (r + ½) / n`, kept as its
/// logit `ln(p / (1 - p))`. They say no more than the order does, and are as many apart for a query
/// that nothing answers as for one that everything does.
pub(crate) fn scores(order: &[usize], truncated: &[bool]) -> Vec<RerankScore> {
    let mut scores = vec![RerankScore { logit: 0.0, truncated: false }; order.len()];
    let n = order.len() as f64;
    for (rank, &place) in order.iter().enumerate() {
        let p = 1.0 - (rank as f64 + 0.5) / n;
        let logit = (p / (1.0 - p)).ln() as f32;
        if let (Some(score), Some(&truncated)) = (scores.get_mut(place), truncated.get(place)) {
            *score = RerankScore { logit, truncated };
        }
    }
    scores
}

#[cfg(test)]
mod tests {
    use super::*;
    use trommel_core::Calibration;

    #[test]
    fn ranks_are_evenly_spaced_probabilities() {
        let scores = scores(&[2, 0, 3, 1], &[false, true, false, false]);
        let p: Vec<f32> =
            scores.iter().map(|s| Calibration::SIGMOID.probability(s.logit)).collect();
        for (p, expected) in p.iter().zip([0.625, 0.125, 0.875, 0.375]) {
            assert!((p - expected).abs() < 1e-6, "{p}");
        }
        assert!(scores[1].truncated && !scores[0].truncated);
    }

    #[test]
    fn the_order_survives_however_long_it_is() {
        let order: Vec<usize> = (0..10_000).collect();
        let scores = scores(&order, &vec![false; order.len()]);
        assert!(scores.windows(2).all(|pair| pair[0].logit > pair[1].logit));
        assert!(scores.iter().all(|score| score.logit.is_finite()));
    }
}
