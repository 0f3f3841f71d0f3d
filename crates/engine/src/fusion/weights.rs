//! The weights of lists.

use thiserror::Error;

/// Says why numbers are no weights.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum BadWeights {
    /// There are not as many as lists.
    #[error("expected one weight a list, {expected} in all, got {got}")]
    Count {
        /// How many lists there are.
        expected: usize,
        /// How many weights there are.
        got: usize,
    },
    /// One is negative or not finite.
    #[error("expected finite weights of at least 0, got {got}")]
    OutOfRange {
        /// The first such one.
        got: f64,
    },
    /// No list would have a say.
    #[error("expected at least one weight above 0, got none")]
    AllZero,
}

/// Returns the weights of that many lists, each in [0, 1] and together 1; equal ones if none are
/// given.
///
/// # Errors
///
/// If there are more or fewer weights than lists, one is negative or not finite, or all are 0.
pub fn weights(given: &[f64], lists: usize) -> Result<Vec<f64>, BadWeights> {
    if given.is_empty() {
        return Ok(vec![1.0 / lists as f64; lists]);
    }
    if given.len() != lists {
        return Err(BadWeights::Count { expected: lists, got: given.len() });
    }
    if let Some(&got) = given.iter().find(|weight| !(weight.is_finite() && **weight >= 0.0)) {
        return Err(BadWeights::OutOfRange { got });
    }
    let most = given.iter().copied().fold(0.0, f64::max);
    if most == 0.0 {
        return Err(BadWeights::AllZero);
    }
    // Of the largest two numbers alone the sum would be infinite.
    let scaled: Vec<f64> = given.iter().map(|weight| weight / most).collect();
    let sum: f64 = scaled.iter().sum();
    Ok(scaled.into_iter().map(|weight| weight / sum).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn weights_are_shares_of_one() {
        assert_eq!(weights(&[], 4).unwrap(), [0.25; 4]);
        assert_eq!(weights(&[3.0, 0.0, 1.0], 3).unwrap(), [0.75, 0.0, 0.25]);
        assert_eq!(weights(&[f64::MAX, f64::MAX], 2).unwrap(), [0.5, 0.5]);
    }

    #[test]
    fn what_is_no_weight_is_refused() {
        let error = |given: &[f64]| weights(given, 2).unwrap_err().to_string();
        assert_eq!(error(&[1.0]), "expected one weight a list, 2 in all, got 1");
        assert_eq!(error(&[0.5, -0.5]), "expected finite weights of at least 0, got -0.5");
        assert_eq!(error(&[f64::NAN, 1.0]), "expected finite weights of at least 0, got NaN");
        assert_eq!(error(&[f64::INFINITY, 1.0]), "expected finite weights of at least 0, got inf");
        assert_eq!(error(&[0.0, -0.0]), "expected at least one weight above 0, got none");
    }

    proptest! {
        #[test]
        fn any_weights_sum_to_one(given in prop::collection::vec(0.0f64.., 1..9)) {
            prop_assume!(given.iter().any(|weight| *weight > 0.0));
            let weights = weights(&given, given.len()).unwrap();
            prop_assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }
}
