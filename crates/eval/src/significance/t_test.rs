//! The paired t test (Student 1908).

use statrs::function::beta::checked_beta_reg;

/// What a paired, two-sided t test says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TTest {
    /// The mean over its standard error.
    pub t: f64,
    /// Degrees of freedom: the number of pairs less one.
    pub degrees: usize,
    /// The p-value, in [0, 1]; 0 where it is too small for a double.
    pub p: f64,
}

/// Tests whether the mean of `differences`, which are finite, is 0.
///
/// Returns none where the test says nothing: with fewer than two differences, or where all are
/// equal up to rounding (to 10 units in the last place of the mean, where scipy warns), since there
/// is no spread to measure the mean by.
#[must_use]
pub fn paired_t(differences: &[f64]) -> Option<TTest> {
    let n = differences.len();
    if n < 2 {
        return None;
    }
    let mean = differences.iter().sum::<f64>() / n as f64;
    // Equal differences may differ from their mean by rounding, which would make t huge and p tiny.
    let farthest = differences.iter().map(|d| (d - mean).abs()).fold(0.0, f64::max);
    if farthest <= 10.0 * f64::EPSILON * mean.abs() {
        return None;
    }
    let squares: f64 = differences.iter().map(|d| (d - mean).powi(2)).sum();
    let degrees = n - 1;
    let error = (squares / degrees as f64 / n as f64).sqrt();
    let t = mean / error;
    let freedom = degrees as f64;
    // P(|T| ≥ t) is the regularised incomplete beta function I(ν / (ν + t²); ν/2, 1/2).
    let p = checked_beta_reg(freedom / 2.0, 0.5, freedom / (freedom + t * t)).ok()?;
    Some(TTest { t, degrees, p })
}
