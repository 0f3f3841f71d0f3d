//! Short runs of a test for every day, and long ones in pieces.

use std::fs::OpenOptions;
use std::io::Write;
use std::ops::Range;

/// Returns the seeds of a run: `0..short`, or `TROMMEL_COUNT` from `TROMMEL_SEED` on.
pub(crate) fn seeds(short: u64) -> Range<u64> {
    let number = |name: &str| std::env::var(name).ok().map(|value| value.parse::<u64>().unwrap());
    let first = number("TROMMEL_SEED").unwrap_or(0);
    first..first + number("TROMMEL_COUNT").unwrap_or(short)
}

/// Appends what a run did to the file `TROMMEL_RESULTS`, if it is named.
pub(crate) fn record(test: &str, seeds: &Range<u64>, figures: &str) {
    if let Some(path) = std::env::var_os("TROMMEL_RESULTS") {
        let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        writeln!(file, "{test}\tseeds {}..{}\t{figures}", seeds.start, seeds.end).unwrap();
    }
}

/// Numbers that look random and are the same for the same seed (SplitMix64).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number below `limit`, which is not 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}
