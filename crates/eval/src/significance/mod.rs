//! What a mean, and a difference of two, is worth.
//!
//! Everything random comes from `draws` under a seed that is passed in.

mod bootstrap;
mod comparison;
mod holm;
mod randomisation;
mod t_test;

pub use bootstrap::{Interval, bootstrap};
pub use comparison::Comparison;
pub use holm::holm;
pub use randomisation::{Randomisation, randomisation};
pub use t_test::{TTest, paired_t};

/// How often, and from which seed, is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resampling {
    /// Permutations of a randomisation test and resamples of a bootstrap; 0 is taken as 1.
    pub draws: u32,
    /// The share of resampled means within an interval, in (0, 1).
    pub level: f64,
    /// Where the random numbers start.
    pub seed: u64,
}

impl Resampling {
    /// Returns the usual settings: 10,000 draws and intervals of .95.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self { draws: 10_000, level: 0.95, seed }
    }
}
