//! Kernels over one block, for the instruction sets that have bytes to multiply.
//!
//! The token types in the submodules are made only by a run-time check of the processor, so
//! holding one is the proof that its instructions may be executed. Sums are of whole numbers and
//! wrap, so every path gives the same, in any order of additions.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

use super::ROWS;
use super::block::Block;
use super::query::{RoundedQuery, Words};

/// An instruction set that this machine has.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Isa {
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni(avx512::Avx512Vnni),
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Avx2),
    Portable,
}

/// The bounds of a block's scores: every score is between its `lower` and its `upper`.
#[derive(Debug)]
pub(crate) struct Bounds {
    sums: [i32; ROWS],
    pub(crate) lower: [f32; ROWS],
    pub(crate) upper: [f32; ROWS],
}

impl Bounds {
    pub(crate) fn new() -> Self {
        Self { sums: [0; ROWS], lower: [0.0; ROWS], upper: [0.0; ROWS] }
    }

    /// Computes the bounds from the sums; returns a bit for each row whose score may reach `floor`.
    #[inline(always)]
    fn fill(&mut self, block: Block<'_>, query: &RoundedQuery, floor: f32) -> u64 {
        let mut reaches = 0;
        for row in 0..ROWS {
            let score = self.sums[row] as f32 * (block.scales[row] * query.scale);
            let margin = block.errors[row] * query.norm + query.slack;
            self.lower[row] = score - margin;
            self.upper[row] = score + margin;
            reaches |= u64::from(self.upper[row] >= floor) << row;
        }
        reaches
    }
}

impl Isa {
    /// Returns the fastest instruction set of this machine.
    pub(crate) fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if let Some(token) = avx512::Avx512Vnni::detect() {
                return Self::Avx512Vnni(token);
            }
            if let Some(token) = avx2::Avx2::detect() {
                return Self::Avx2(token);
            }
        }
        Self::Portable
    }

    /// Bounds the scores of two blocks; returns a bit for each row whose score may reach `floor`.
    ///
    /// Two that lie apart are two streams from memory, which wait less than one.
    pub(crate) fn bound(
        self,
        blocks: [Block<'_>; 2],
        query: &RoundedQuery,
        floor: f32,
        bounds: &mut [Bounds; 2],
    ) -> [u64; 2] {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni(token) => token.bound(blocks, query, floor, bounds),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(token) => {
                [0, 1].map(|at| token.bound(blocks[at], query, floor, &mut bounds[at]))
            }
            Self::Portable => [0, 1].map(|at| {
                portable::sums(blocks[at].codes, &query.words, &mut bounds[at].sums);
                bounds[at].fill(blocks[at], query, floor)
            }),
        }
    }
}

/// Asks for numbers that are about to be read, so that the wait for them begins now.
#[cfg_attr(target_arch = "x86_64", allow(unsafe_code))]
pub(super) fn prefetch(numbers: &[f32]) {
    #[cfg(target_arch = "x86_64")]
    for line in numbers.chunks(16) {
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

    fn available() -> Vec<(&'static str, Isa)> {
        let mut all = vec![("portable", Isa::Portable)];
        #[cfg(target_arch = "x86_64")]
        {
            all.extend(avx2::Avx2::detect().map(|token| ("avx2", Isa::Avx2(token))));
            all.extend(avx512::Avx512Vnni::detect().map(|it| ("avx512", Isa::Avx512Vnni(it))));
        }
        all
    }

    /// Sums by rows and in 64 bits, from codes that were never interleaved.
    fn plain(codes: &[Vec<i8>], words: &[i16]) -> Vec<i64> {
        let sum =
            |row: &Vec<i8>| row.iter().zip(words).map(|(&c, &w)| i64::from(c) * i64::from(w)).sum();
        codes.iter().map(sum).collect()
    }

    /// Lays codes out from the words of `docs/file-format.md`.
    fn interleaved(codes: &[Vec<i8>]) -> Vec<u8> {
        let dimension = codes[0].len();
        let mut bytes = vec![0; ROWS * dimension.next_multiple_of(4)];
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
        let (bytes, scales, errors) = (interleaved(codes), [0.5; ROWS], [0.25; ROWS]);
        let block = Block { scales: &scales, errors: &errors, codes: &bytes };
        // A block of zeros, whose errors alone let its rows reach anything.
        let (zeros, far) = (interleaved(&vec![vec![0; words.len()]; ROWS]), [f32::INFINITY; ROWS]);
        let other = Block { scales: &scales, errors: &far, codes: &zeros };
        let zero = [0_i64; ROWS];
        let best = expected.iter().map(|&sum| sum as i32 as f32 * 0.5).fold(f32::MIN, f32::max);
        for (name, isa) in available() {
            let mut both = [Bounds::new(), Bounds::new()];
            let reaches = isa.bound([other, block], &query, best + 0.25, &mut both)[1];
            let bounds = &both[1];
            for (row, &sum) in expected.iter().enumerate() {
                assert_eq!(reaches >> row & 1 == 1, sum as f32 * 0.5 == best, "{name}, row {row}");
            }
            for (row, &sum) in expected.iter().enumerate() {
                assert_eq!(i64::from(bounds.sums[row]), sum, "{name}, row {row}");
                assert_eq!(bounds.lower[row], sum as f32 * 0.5 - 0.25, "{name}, row {row}");
                assert_eq!(bounds.upper[row], sum as f32 * 0.5 + 0.25, "{name}, row {row}");
            }
            let above = (best + 0.25).next_up();
            let [first, second] = isa.bound([block, other], &query, above, &mut both);
            assert_eq!((first, second), (0, u64::MAX), "{name}: only the other's reach it");
            for (row, &sum) in expected.iter().enumerate() {
                assert_eq!(i64::from(both[0].sums[row]), sum, "{name}, row {row}");
                assert_eq!(i64::from(both[1].sums[row]), zero[row], "{name}, row {row}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_instruction_set_gives_the_same_sums_at_every_length(
            (codes, words) in (1..150_usize).prop_flat_map(|dimension| (
                prop::collection::vec(prop::collection::vec(-127..=127_i8, dimension), ROWS),
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
                check(&vec![vec![code; dimension]; ROWS], &vec![word; dimension]);
            }
        }
    }
}
