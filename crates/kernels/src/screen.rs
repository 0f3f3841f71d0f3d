//! Bounds of scores from rows rounded to 8 bits: most rows of a scan need no exact score.
//!
//! A [`RoundedQuery`] says how far a rounded score can be from the true one. Rows lie in blocks of
//! [`BLOCK_ROWS`], whose layout the file format gives (`docs/file-format.md`). Sums are of whole
//! numbers and wrap, so every instruction set gives the same, in any order of additions.

mod portable;
mod query;
mod round;
#[cfg(target_arch = "x86_64")]
mod x86_256;
#[cfg(target_arch = "x86_64")]
mod x86_512;

pub use query::RoundedQuery;
pub use round::{Rounding, round};

use crate::Isa;
use crate::isa::with_token;
use query::Words;

/// The rows of a block: what one pass of a kernel takes in.
pub const BLOCK_ROWS: usize = 64;

/// Rounded rows as a kernel reads them.
#[derive(Debug, Clone, Copy)]
pub struct Block<'a> {
    /// The value of one step of each row's codes.
    pub scales: &'a [f32; BLOCK_ROWS],
    /// For each row no less than the length of what rounding took away.
    pub errors: &'a [f32; BLOCK_ROWS],
    /// Four codes of each row in turn, the first four of all rows, then the next four; each with
    /// 128 added.
    pub codes: &'a [u8],
}

/// The bounds of a block's scores: every score is between its `lower` and its `upper`.
#[derive(Debug)]
pub struct Bounds {
    sums: [i32; BLOCK_ROWS],
    /// No more than each row's score.
    pub lower: [f32; BLOCK_ROWS],
    /// No less than each row's score.
    pub upper: [f32; BLOCK_ROWS],
}

impl Default for Bounds {
    /// Returns room for bounds.
    fn default() -> Self {
        Self { sums: [0; BLOCK_ROWS], lower: [0.0; BLOCK_ROWS], upper: [0.0; BLOCK_ROWS] }
    }
}

impl Bounds {
    /// Computes the bounds from the sums; returns a bit for each row whose score may reach `floor`.
    #[inline(always)]
    fn fill(&mut self, block: Block<'_>, query: &RoundedQuery, floor: f32) -> u64 {
        let mut reaches = 0;
        for row in 0..BLOCK_ROWS {
            // What these roundings add is part of the query's slack.
            let score = self.sums[row] as f32 * (block.scales[row] * query.scale);
            let margin = block.errors[row] * query.norm + query.slack;
            self.lower[row] = score - margin;
            self.upper[row] = score + margin;
            reaches |= u64::from(self.upper[row] >= floor) << row;
        }
        reaches
    }
}

/// An instruction set that has bytes to multiply; its token is the proof that it is there.
trait Screen {
    fn bound(
        self,
        blocks: [Block<'_>; 2],
        query: &RoundedQuery,
        floor: f32,
        bounds: &mut [Bounds; 2],
    ) -> [u64; 2];
}

impl Isa {
    /// Bounds the scores of two blocks; returns a bit for each row whose score may reach `floor`.
    ///
    /// Two that lie apart are two streams from memory, which wait less than one.
    pub fn bound(
        self,
        blocks: [Block<'_>; 2],
        query: &RoundedQuery,
        floor: f32,
        bounds: &mut [Bounds; 2],
    ) -> [u64; 2] {
        with_token!(self.0, token => token.bound(blocks, query, floor, bounds))
    }
}

/// Asks for numbers that are about to be read, so that the wait for them begins now.
#[cfg_attr(target_arch = "x86_64", allow(unsafe_code))]
pub(crate) fn prefetch<T>(numbers: &[T]) {
    #[cfg(target_arch = "x86_64")]
    // A line of the cache has 64 bytes.
    for line in numbers.chunks(64 / size_of::<T>().clamp(1, 64)) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: every x86-64 processor has SSE, and a prefetch reads nothing.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = numbers;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Sums by rows and in 64 bits, from codes that were never interleaved.
    fn plain(codes: &[Vec<i8>], words: &[i16]) -> Vec<i64> {
        let sum =
            |row: &Vec<i8>| row.iter().zip(words).map(|(&c, &w)| i64::from(c) * i64::from(w)).sum();
        codes.iter().map(sum).collect()
    }

    /// Lays codes out from the words of `docs/file-format.md`.
    fn interleaved(codes: &[Vec<i8>]) -> Vec<u8> {
        let dimension = codes[0].len();
        let mut bytes = vec![0; BLOCK_ROWS * dimension.next_multiple_of(4)];
        for (row, codes) in codes.iter().enumerate() {
            for (at, &code) in codes.iter().enumerate() {
                bytes[256 * (at / 4) + 4 * row + at % 4] = (i16::from(code) + 128) as u8;
            }
        }
        bytes
    }

    fn check(codes: &[Vec<i8>], words: &[i16]) {
        let expected = plain(codes, words);
        let mut fours = vec![[0_i16; 4]; words.len().div_ceil(4)];
        fours.as_flattened_mut()[..words.len()].copy_from_slice(words);
        let query = RoundedQuery { words: Words::new(fours), scale: 1.0, norm: 1.0, slack: 0.0 };
        let (bytes, scales, errors) = (interleaved(codes), [0.5; BLOCK_ROWS], [0.25; BLOCK_ROWS]);
        let block = Block { scales: &scales, errors: &errors, codes: &bytes };
        // A block of zeros, whose errors alone let its rows reach anything.
        let (zeros, far) =
            (interleaved(&vec![vec![0; words.len()]; BLOCK_ROWS]), [f32::INFINITY; BLOCK_ROWS]);
        let other = Block { scales: &scales, errors: &far, codes: &zeros };
        let zero = [0_i64; BLOCK_ROWS];
        let best = expected.iter().map(|&sum| sum as i32 as f32 * 0.5).fold(f32::MIN, f32::max);
        for isa in Isa::available() {
            let mut both = [Bounds::default(), Bounds::default()];
            let reaches = isa.bound([other, block], &query, best + 0.25, &mut both)[1];
            let bounds = &both[1];
            for (row, &sum) in expected.iter().enumerate() {
                assert_eq!(reaches >> row & 1 == 1, sum as f32 * 0.5 == best, "{isa}, row {row}");
            }
            for (row, &sum) in expected.iter().enumerate() {
                assert_eq!(i64::from(bounds.sums[row]), sum, "{isa}, row {row}");
                assert_eq!(bounds.lower[row], sum as f32 * 0.5 - 0.25, "{isa}, row {row}");
                assert_eq!(bounds.upper[row], sum as f32 * 0.5 + 0.25, "{isa}, row {row}");
            }
            let above = (best + 0.25).next_up();
            let [first, second] = isa.bound([block, other], &query, above, &mut both);
            assert_eq!((first, second), (0, u64::MAX), "{isa}: only the other's reach it");
            for (row, &sum) in expected.iter().enumerate() {
                assert_eq!(i64::from(both[0].sums[row]), sum, "{isa}, row {row}");
                assert_eq!(i64::from(both[1].sums[row]), zero[row], "{isa}, row {row}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_instruction_set_gives_the_same_sums_at_every_length(
            (codes, words) in (1..150_usize).prop_flat_map(|dimension| (
                prop::collection::vec(prop::collection::vec(-127..=127_i8, dimension), BLOCK_ROWS),
                prop::collection::vec(-32_512..=32_512_i16, dimension),
            )),
        ) {
            check(&codes, &words);
        }
    }

    #[test]
    fn the_largest_numbers_neither_saturate_nor_wrap() {
        // 127 · 32512 · 512 is just below 2³¹.
        for dimension in [1, 4, 383, 512] {
            for (code, word) in [(127, 32_512), (127, -32_512), (-127, 32_512), (-127, -32_512)] {
                check(&vec![vec![code; dimension]; BLOCK_ROWS], &vec![word; dimension]);
            }
        }
    }
}
