//! Sixty-four rounded rows as they lie in a file.

use trommel_kernels::screen::{BLOCK_ROWS, Block, round};

use crate::format::numbers;

/// The bytes of a block before its codes: a scale and an error for each row.
const HEAD: usize = 2 * 4 * BLOCK_ROWS;

/// Returns the bytes of a block, a multiple of 64.
pub(crate) fn block_bytes(dimension: usize) -> usize {
    HEAD + BLOCK_ROWS * dimension.next_multiple_of(4)
}

/// The rounded rows of a segment, mapped.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Blocks<'a> {
    bytes: &'a [u8],
    dimension: usize,
}

impl<'a> Blocks<'a> {
    pub(crate) fn new(bytes: &'a [u8], dimension: usize) -> Self {
        Self { bytes, dimension }
    }

    pub(crate) fn len(self) -> usize {
        self.bytes.len() / block_bytes(self.dimension)
    }

    /// Returns the bytes of a block.
    pub(crate) fn bytes(self, at: usize) -> &'a [u8] {
        let len = block_bytes(self.dimension);
        &self.bytes[at * len..][..len]
    }

    /// Returns a block; nothing if its bytes do not lie as numbers do, which no mapped file has.
    pub(crate) fn get(self, at: usize) -> Option<Block<'a>> {
        let (head, codes) = self.bytes(at).split_at(HEAD);
        let (scales, errors) = numbers::<f32>(head).split_at_checked(BLOCK_ROWS)?;
        Some(Block { scales: scales.try_into().ok()?, errors: errors.try_into().ok()?, codes })
    }
}

/// Rounds up to 64 rows into a block, all of which is overwritten.
///
/// Rows that are not there and numbers that fill up the last four are zeros.
pub(crate) fn write_block(rows: &[f32], dimension: usize, block: &mut [u8]) {
    block.fill(0);
    let (head, codes) = block.split_at_mut(HEAD);
    let (scales, errors) = head.split_at_mut(HEAD / 2);
    let mut rounded = vec![0; dimension];
    for (at, row) in rows.chunks_exact(dimension).enumerate() {
        let rounding = round(row, &mut rounded);
        scales[4 * at..][..4].copy_from_slice(&rounding.scale.to_le_bytes());
        errors[4 * at..][..4].copy_from_slice(&rounding.error.to_le_bytes());
        // Four numbers of every row, then the next four of every row, so that one register holds the
        // same four numbers of many rows: number n of row r lies at 256 · ⌊n / 4⌋ + 4 · r + n mod 4.
        for (four, group) in rounded.chunks(4).zip(codes.chunks_exact_mut(4 * BLOCK_ROWS)) {
            for (code, byte) in four.iter().zip(&mut group[4 * at..]) {
                // In 8 bits, adding −128 is adding 128: −127 to 127 become 1 to 255, without a
                // sign.
                *byte = code.wrapping_add(-128) as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_of_two_rows_worked_by_hand() {
        let rows = [1.0, 0.0, 0.0, 0.0, -1.0, 0.6, 0.0, 0.0, 0.8, 0.0];
        let mut block = vec![7; block_bytes(5)];
        write_block(&rows, 5, &mut block);
        assert_eq!(block.len(), 512 + 64 * 8);
        let number = |at: usize| f32::from_le_bytes(block[at..at + 4].try_into().unwrap());
        assert_eq!(number(0), 1.0 / 127.0);
        assert_eq!(number(4), 0.8 / 127.0);
        assert_eq!(number(8), 0.0);
        // .6 / .8 · 127 = 95.25: a quarter of a step is lost.
        assert!((number(256 + 4) - 0.25 * 0.8 / 127.0).abs() < 1e-6);
        assert_eq!(block[512..][..12], [255, 128, 128, 128, 223, 128, 128, 255, 0, 0, 0, 0]);
        assert_eq!(block[512 + 256..][..12], [1, 0, 0, 0, 128, 0, 0, 0, 0, 0, 0, 0]);
    }
}
