//! AVX2: `vpmaddwd` adds two i16 × i16 products to each of eight sums.
//!
//! Codes are widened to 16 bits for it. `vpmaddubsw`, which takes bytes, saturates at 16 bits and
//! is of no use here; 2 · 255 · 32512 is far from where `vpmaddwd` would wrap.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::{BLOCK_ROWS, Block, Bounds, RoundedQuery, Screen, Words};
use crate::isa::x86_256::{Avx2, Avx512VlVnni, AvxVnni};

macro_rules! screen_on {
    ($($token:ident),*) => {
        $(impl Screen for $token {
            fn bound(
                self,
                blocks: [Block<'_>; 2],
                query: &RoundedQuery,
                floor: f32,
                bounds: &mut [Bounds; 2],
            ) -> [u64; 2] {
                // SAFETY: `self` is the proof that the processor has the feature of `bound`.
                [0, 1].map(|at| unsafe { bound(blocks[at], query, floor, &mut bounds[at]) })
            }
        })*
    };
}

// A 256-bit `vpdpbusd` would take the query's bytes twice, as AVX-512 does; nobody measured it.
screen_on!(Avx2, AvxVnni, Avx512VlVnni);

#[target_feature(enable = "avx2")]
fn bound(block: Block<'_>, query: &RoundedQuery, floor: f32, bounds: &mut Bounds) -> u64 {
    let (first, last) = bounds.sums.split_at_mut(BLOCK_ROWS / 2);
    half(block.codes, &query.words, 0, first);
    half(block.codes, &query.words, 2 * BLOCK_ROWS, last);
    bounds.fill(block, query, floor)
}

/// Sums up the 32 rows whose codes begin `from` bytes into each group: eight registers of four
/// rows each, two sums a row.
#[target_feature(enable = "avx2")]
fn half(codes: &[u8], words: &Words, from: usize, sums: &mut [i32]) {
    let mut pairs = [_mm256_setzero_si256(); 8];
    for (group, four) in codes.as_chunks::<{ 4 * BLOCK_ROWS }>().0.iter().zip(&words.whole) {
        // Sixteen bytes of a group are four rows of four codes, so the four numbers of the query
        // stand in the register four times.
        let [a, b, c, d] = four.map(|word| u64::from(word as u16));
        let four = _mm256_set1_epi64x((a | b << 16 | c << 32 | d << 48) as i64);
        let rows = group[from..][..2 * BLOCK_ROWS].as_chunks::<16>().0;
        for (pairs, rows) in pairs.iter_mut().zip(rows) {
            // SAFETY: `rows` is 16 readable bytes, and the load needs no alignment.
            let rows = unsafe { _mm_loadu_si128(rows.as_ptr().cast()) };
            let products = _mm256_madd_epi16(_mm256_cvtepu8_epi16(rows), four);
            *pairs = _mm256_add_epi32(*pairs, products);
        }
    }
    let start = _mm256_set1_epi32(words.start);
    for (sums, pairs) in sums.as_chunks_mut::<8>().0.iter_mut().zip(pairs.as_chunks::<2>().0) {
        // Adding neighbours leaves rows 0 1 4 5 2 3 6 7.
        let mixed = _mm256_hadd_epi32(pairs[0], pairs[1]);
        let eight = _mm256_permute4x64_epi64::<0b11_01_10_00>(mixed);
        // SAFETY: `sums` is 32 writable bytes, and the store needs no alignment.
        unsafe {
            _mm256_storeu_si256(sums.as_mut_ptr().cast(), _mm256_add_epi32(eight, start));
        }
    }
}
