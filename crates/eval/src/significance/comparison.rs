//! Two systems held against each other, query by query.

use super::{Interval, Randomisation, Resampling, TTest, bootstrap, paired_t, randomisation};
use crate::error::EvalError;

/// What the scores of two systems for the same queries say about their difference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// How many queries there are; at least one.
    pub queries: usize,
    /// For how many of them the new system is better.
    pub better: usize,
    /// For how many of them it is worse.
    pub worse: usize,
    /// The mean of `new - old` and its interval.
    pub difference: Interval,
    /// The paired randomisation test.
    pub randomisation: Randomisation,
    /// The paired t test, where it says anything.
    pub t: Option<TTest>,
}

impl Comparison {
    /// Compares `new` with `old`: one finite score a query, in the same order.
    ///
    /// # Errors
    ///
    /// [`EvalError::Unpaired`] for lists of different lengths or without any score.
    pub fn of(new: &[f64], old: &[f64], resampling: Resampling) -> Result<Self, EvalError> {
        let unpaired = || EvalError::Unpaired { left: new.len(), right: old.len() };
        if new.len() != old.len() {
            return Err(unpaired());
        }
        let differences: Vec<f64> = new.iter().zip(old).map(|(new, old)| new - old).collect();
        // Differences are resampled and not the two lists: systems mostly find the same queries
        // hard, and that variation cancels out within a pair.
        let difference = bootstrap(&differences, resampling).ok_or_else(unpaired)?;
        let randomisation = randomisation(&differences, resampling.draws, resampling.seed);
        Ok(Self {
            queries: differences.len(),
            better: differences.iter().filter(|&&d| d > 0.0).count(),
            worse: differences.iter().filter(|&&d| d < 0.0).count(),
            difference,
            randomisation,
            t: paired_t(&differences),
        })
    }
}
