//! From the scale of predicted scores to that of true ones.

/// Deviations below this are rounding: scores are cosines of 32 bits.
const LEAST_DEVIATION: f64 = 1e-6;

/// A line for one query from predicted scores to true ones: it gives the scores of predictions the
/// mean and the deviation that the true scores of the same passages have.
///
/// A regression from the one to the other would make predicted scores smaller the worse they are, and
/// hardly a predicted passage would stand beside a true one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreMatch {
    mean_true: f64,
    mean_predicted: f64,
    slope: f64,
}

impl ScoreMatch {
    /// Returns the line for the sampled passages' scores, each the true one and that of the
    /// prediction that left it out.
    ///
    /// Pairs that are not finite are left aside. Where scores of either kind do not differ, or there
    /// are no pairs, predicted scores are moved to the mean of the true ones and keep their distances.
    #[must_use]
    pub fn new(pairs: impl IntoIterator<Item = (f32, f32)>) -> Self {
        let finite = |(x, y): &(f32, f32)| x.is_finite() && y.is_finite();
        let pairs: Vec<(f32, f32)> = pairs.into_iter().filter(finite).collect();
        let (mean_true, deviation_true) = spread(pairs.iter().map(|pair| pair.0));
        let (mean_predicted, deviation_predicted) = spread(pairs.iter().map(|pair| pair.1));
        let tells = deviation_true > LEAST_DEVIATION && deviation_predicted > LEAST_DEVIATION;
        let slope = if tells { deviation_true / deviation_predicted } else { 1.0 };
        Self { mean_true, mean_predicted, slope }
    }

    /// Returns what a predicted score is on the scale of true ones; greater stays greater.
    #[must_use]
    pub fn apply(&self, predicted: f32) -> f32 {
        (self.mean_true + self.slope * (f64::from(predicted) - self.mean_predicted)) as f32
    }
}

/// Returns mean and standard deviation; 0 of nothing.
fn spread(scores: impl Iterator<Item = f32> + Clone) -> (f64, f64) {
    let count = scores.clone().count().max(1) as f64;
    let mean = scores.clone().map(f64::from).sum::<f64>() / count;
    let variance = scores.map(|x| (f64::from(x) - mean).powi(2)).sum::<f64>() / count;
    (mean, variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_worked_by_hand() {
        // True: mean .5, deviation .2. Predicted: mean .4, deviation .1. So the slope is 2.
        let line = ScoreMatch::new([(0.3, 0.5), (0.7, 0.3)]);
        assert!((line.apply(0.4) - 0.5).abs() < 1e-6);
        assert!((line.apply(0.5) - 0.7).abs() < 1e-6);
        assert!((line.apply(0.25) - 0.2).abs() < 1e-6);
    }

    #[test]
    fn matched_scores_have_the_true_mean_and_deviation() {
        let pairs: Vec<(f32, f32)> =
            (0..50).map(|i| (i as f32).sin()).map(|x| (0.6 + 0.3 * x, 0.2 * x * x)).collect();
        let line = ScoreMatch::new(pairs.iter().copied());
        let (mean, deviation) = spread(pairs.iter().map(|pair| line.apply(pair.1)));
        let (expected_mean, expected) = spread(pairs.iter().map(|pair| pair.0));
        assert!((mean - expected_mean).abs() < 1e-6 && (deviation - expected).abs() < 1e-6);
    }

    #[test]
    fn scores_that_do_not_differ_are_moved_and_keep_their_distances() {
        for pairs in [[(0.5, 0.3), (0.5, 0.7)], [(0.4, 0.5), (0.6, 0.5)], [(0.5, 0.5), (0.5, 0.5)]]
        {
            let line = ScoreMatch::new(pairs);
            assert!((line.apply(0.5) - 0.5).abs() < 1e-6, "{pairs:?}");
            assert!((line.apply(0.8) - line.apply(0.6) - 0.2).abs() < 1e-6, "{pairs:?}");
        }
        assert_eq!(ScoreMatch::new([]).apply(0.25), 0.25);
    }

    #[test]
    fn pairs_that_are_not_finite_count_for_nothing() {
        let pairs = [(0.3, 0.5), (f32::NAN, 0.1), (0.2, f32::INFINITY), (0.7, 0.3)];
        assert_eq!(ScoreMatch::new(pairs), ScoreMatch::new([pairs[0], pairs[3]]));
    }
}
