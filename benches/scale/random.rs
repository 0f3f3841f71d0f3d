//! Random numbers that a seed and a number decide for good.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

const SEED: u64 = 7;

/// A stream of random numbers.
pub(crate) struct Random(ChaCha8Rng);

impl Random {
    /// Returns the stream of a number: one for each document, so that each can be made by itself.
    pub(crate) fn of(stream: u64) -> Self {
        let mut cipher = ChaCha8Rng::seed_from_u64(SEED);
        cipher.set_stream(stream);
        Self(cipher)
    }

    /// Returns a number in [0, 1).
    pub(crate) fn share(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / (f64::from(u32::MAX) + 1.0)
    }

    /// Returns a whole number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        (self.share() * end as f64) as u64
    }

    /// Returns a normal number of mean 0 and deviation 1 (Box & Muller 1958).
    pub(crate) fn normal(&mut self) -> f64 {
        let (radius, angle) = (1.0 - self.share(), self.share());
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    }
}

/// Returns a number in [0, 1) that depends on another alone (Steele et al. 2014, SplitMix64).
pub(crate) fn share_of(number: u64) -> f64 {
    let mut bits = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((bits ^ (bits >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}
