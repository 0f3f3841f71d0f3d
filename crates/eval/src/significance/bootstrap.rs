//! The percentile bootstrap (Efron 1979): how far a mean would move with other queries.

use super::Resampling;
use crate::draws::{Draws, Purpose};
use crate::evaluation::mean;

/// A mean and the interval that a share of resampled means lies in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The mean of the values themselves.
    pub mean: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// Returns the mean of `values`, which are finite, and its percentile interval; none without
/// values.
///
/// As many values are drawn with replacement, `draws` times; the ends are the quantiles
/// `(1 ∓ level) / 2` of the means, with numpy's default interpolation. For the difference of two
/// systems, give the differences query by query. The same seed and number of values draw the same
/// queries, so intervals of one table are of one set of resamples.
#[must_use]
pub fn bootstrap(values: &[f64], resampling: Resampling) -> Option<Interval> {
    let n = values.len();
    if n == 0 {
        return None;
    }
    let mean = mean(values);
    let mut draws = Draws::new(resampling.seed, Purpose::Bootstrap);
    let mut means: Vec<f64> = (0..resampling.draws.max(1))
        .map(|_| (0..n).map(|_| values[draws.index(n)]).sum::<f64>() / n as f64)
        .collect();
    means.sort_unstable_by(f64::total_cmp);
    // A level of .95 leaves .025 below and .025 above.
    let tail = (1.0 - resampling.level.clamp(0.0, 1.0)) / 2.0;
    Some(Interval { mean, low: quantile(&means, tail), high: quantile(&means, 1.0 - tail) })
}

/// Returns the quantile of rising values by linear interpolation (Hyndman & Fan 1996, type 7).
fn quantile(rising: &[f64], share: f64) -> f64 {
    let place = share * (rising.len() - 1) as f64;
    let below = place.floor() as usize;
    // A share of 1 lands on the last value, which has none above it.
    let above = (below + 1).min(rising.len() - 1);
    let (low, high) = (rising[below], rising[above]);
    low + (place - place.floor()) * (high - low)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `numpy.quantile([1, 2, 4, 8], q)`.
    #[test]
    fn quantiles_lie_between_their_neighbours() {
        let rising = [1.0, 2.0, 4.0, 8.0];
        for (share, expected) in [(0.0, 1.0), (0.25, 1.75), (0.5, 3.0), (0.9, 6.8), (1.0, 8.0)] {
            assert!((quantile(&rising, share) - expected).abs() < 1e-12);
        }
        assert_eq!(quantile(&[5.0], 0.975), 5.0);
    }
}
