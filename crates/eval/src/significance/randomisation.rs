//! The paired randomisation test (Fisher 1935; for retrieval: Smucker, Allan & Carterette 2007).
//!
//! If two systems were alike, each query's difference could as well have had the other sign. The
//! test asks how many of all such sign flips give a mean at least as far from 0 as the one seen.

use crate::draws::{Draws, Purpose};

/// What a paired, two-sided randomisation test says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Randomisation {
    /// The p-value, in (0, 1].
    pub p: f64,
    /// Whether all sign flips were counted, so that no chance is left in `p`.
    pub exact: bool,
}

/// Tests whether the mean of `differences`, which are finite, is 0.
///
/// If `2^n`, over the `n` differences that are not 0, is at most `permutations`, all sign flips are
/// counted: `p = count / 2^n`. Otherwise `permutations` flips are drawn and `p = (count + 1) /
/// (permutations + 1)`, which counts the flip seen and so is never 0 (Phipson & Smyth 2010).
/// Without any difference `p` is 1.
#[must_use]
pub fn randomisation(differences: &[f64], permutations: u32, seed: u64) -> Randomisation {
    let permutations = permutations.max(1);
    // Flipping 0 changes nothing, so without zeros all flips are fewer and the p-value is the same.
    let differences: Vec<f64> = differences.iter().copied().filter(|&d| d != 0.0).collect();
    let seen = differences.iter().sum::<f64>().abs();
    // Sums that are equal on paper may differ in their last bits.
    let slack = 1e-12 * differences.iter().map(|d| d.abs()).sum::<f64>();
    let as_far = |sum: f64| sum.abs() >= seen - slack;
    // With 32 differences or more the shift has no answer, and there are too many flips to count
    // anyway.
    match u32::try_from(differences.len()).ok().and_then(|n| 1u32.checked_shl(n)) {
        Some(flips) if flips <= permutations => {
            let count =
                (0..flips).filter(|&flip| as_far(flipped(&differences, u64::from(flip)))).count();
            Randomisation { p: count as f64 / f64::from(flips), exact: true }
        }
        _ => {
            let mut draws = Draws::new(seed, Purpose::Randomisation);
            let count = (0..permutations)
                .filter(|_| {
                    // One bit a sign: 64 differences take one draw of 64 bits.
                    let words = differences.chunks(64);
                    as_far(words.map(|word| flipped(word, draws.bits())).sum())
                })
                .count();
            Randomisation { p: (count + 1) as f64 / (f64::from(permutations) + 1.0), exact: false }
        }
    }
}

/// Returns the sum of up to 64 differences, each with its sign turned where `flip` has a bit.
fn flipped(differences: &[f64], flip: u64) -> f64 {
    // Turning the sign bit is faster than a branch that nothing can predict.
    let turned = |(bit, d): (u32, &f64)| f64::from_bits(d.to_bits() ^ ((flip >> bit & 1) << 63));
    (0..).zip(differences).map(turned).sum()
}
