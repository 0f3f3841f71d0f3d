//! Plain Rust.

use super::{ROWS, Words};

/// Writes the dot product of the query with each row of a block.
#[inline(always)]
pub(super) fn sums(codes: &[u8], words: &Words, sums: &mut [i32; ROWS]) {
    sums.fill(words.start);
    for (group, four) in codes.chunks_exact(4 * ROWS).zip(&words.whole) {
        let four = four.map(i32::from);
        for (sum, row) in sums.iter_mut().zip(group.as_chunks::<4>().0) {
            // Four products of 8 and 16 bits are far from 2³¹; only the whole sum may pass it.
            let products = row.iter().zip(four).map(|(&code, word)| i32::from(code) * word);
            *sum = sum.wrapping_add(products.sum());
        }
    }
}
