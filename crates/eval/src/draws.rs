//! Random bits and random indices.
//!
//! They come from ChaCha8 under a seed that is passed in, so the same seed gives the same bits, on any
//! machine and with any number of threads.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// What numbers are drawn for: each has a stream of its own under one seed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    Randomisation = 1,
    Bootstrap = 2,
    KnownWords = 3,
    KnownCodes = 4,
    KnownTitles = 5,
}

/// A source of random numbers that a seed decides for good.
///
/// The key is the seed itself and the numbers are made here of the cipher's own words, so what
/// comes out depends on no library's idea of seeding or of ranges.
pub(crate) struct Draws(ChaCha8Rng);

impl Draws {
    pub(crate) fn new(seed: u64, purpose: Purpose) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let mut cipher = ChaCha8Rng::from_seed(key);
        cipher.set_stream(purpose as u64);
        Self(cipher)
    }

    /// Returns 64 fair bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Returns a fair index below `length`, which is not 0 (Lemire 2019, "Fast Random Integer
    /// Generation in an Interval").
    pub(crate) fn index(&mut self, length: usize) -> usize {
        let length = length as u64;
        loop {
            let product = u128::from(self.bits()) * u128::from(length);
            let low = product as u64;
            // The upper half of the product is an index below the length. The first 2^64 mod length
            // values of the lower half would make some indices come up once too often and are drawn
            // again; comparing with the length first spares the division nearly always.
            if low >= length || low >= length.wrapping_neg() % length {
                return (product >> 64) as usize;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    /// `tests/golden/make_scipy.py` has the cipher a second time, written from its description.
    #[test]
    fn a_seed_gives_the_words_of_the_cipher() {
        #[derive(Deserialize)]
        struct Cipher {
            seed: String,
            stream: u64,
            word: String,
        }
        let lines = include_str!("../tests/golden/scipy.jsonl").lines();
        let cases: Vec<Cipher> = lines.filter_map(|line| serde_json::from_str(line).ok()).collect();
        assert_eq!(cases.len(), 6);
        for Cipher { seed, stream, word } in cases {
            let purposes = [Purpose::Randomisation, Purpose::Bootstrap];
            let purpose = purposes.into_iter().find(|&p| p as u64 == stream).unwrap();
            let bits = Draws::new(seed.parse().unwrap(), purpose).bits();
            assert_eq!(bits.to_string(), word, "seed {seed}, stream {stream}");
        }
    }

    #[test]
    fn indices_are_fair() {
        let mut draws = Draws::new(7, Purpose::Bootstrap);
        let mut counts = [0u32; 6];
        for _ in 0..60_000 {
            counts[draws.index(6)] += 1;
        }
        // Five standard deviations of a binomial count.
        assert!(counts.iter().all(|&count| count.abs_diff(10_000) < 460), "{counts:?}");
        assert!((0..100).all(|_| draws.index(1) == 0));
    }
}
