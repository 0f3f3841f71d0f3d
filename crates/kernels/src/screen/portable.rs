//! Plain Rust.

use super::{BLOCK_ROWS, Block, Bounds, RoundedQuery, Screen, Words};
use crate::isa::portable::Portable;

impl Screen for Portable {
    fn bound(
        self,
        blocks: [Block<'_>; 2],
        query: &RoundedQuery,
        floor: f32,
        bounds: &mut [Bounds; 2],
    ) -> [u64; 2] {
        [0, 1].map(|at| {
            sums(blocks[at].codes, &query.words, &mut bounds[at].sums);
            bounds[at].fill(blocks[at], query, floor)
        })
    }
}

/// Writes the dot product of the query with each row of a block.
#[inline(always)]
fn sums(codes: &[u8], words: &Words, sums: &mut [i32; BLOCK_ROWS]) {
    sums.fill(words.start);
    for (group, four) in codes.chunks_exact(4 * BLOCK_ROWS).zip(&words.whole) {
        let four = four.map(i32::from);
        for (sum, row) in sums.iter_mut().zip(group.as_chunks::<4>().0) {
            // Four products of 8 and 16 bits are far from 2³¹; only the whole sum may pass it.
            let products = row.iter().zip(four).map(|(&code, word)| i32::from(code) * word);
            *sum = sum.wrapping_add(products.sum());
        }
    }
}
