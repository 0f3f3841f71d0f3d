//! What a table knows of each word piece: a row of numbers, in 8 bits.

use trommel_kernels::{Row, screen::round};

/// Rows of word pieces, each as whole multiples of a scale of its own.
///
/// Beside the error of a prediction that of rounding is nothing, and memory is what summing rows
/// waits for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rows {
    /// The pieces that have a row, rising.
    pub(crate) pieces: Vec<u32>,
    /// The value of one step of each row.
    pub(crate) scales: Vec<f32>,
    /// The steps, row after row.
    pub(crate) codes: Vec<i8>,
    pub(crate) width: usize,
    /// For every piece of the vocabulary the place of its row, or [`NONE`].
    places: Vec<u32>,
}

/// The place of a row that there is not.
const NONE: u32 = u32::MAX;

impl Rows {
    /// Returns rows for `pieces`, rising ids below `vocabulary`: `numbers` has one after the other.
    pub(crate) fn rounded(
        pieces: Vec<u32>,
        numbers: &[f32],
        width: usize,
        vocabulary: usize,
    ) -> Self {
        let mut codes = vec![0; numbers.len()];
        let rows = numbers.chunks_exact(width).zip(codes.chunks_exact_mut(width));
        let scales = rows.map(|(row, codes)| {
            // A row of zeros has no largest number to be in steps of.
            if row.iter().all(|x| *x == 0.0) { 0.0 } else { round(row, codes).scale }
        });
        let scales = scales.collect();
        Self::of_parts(pieces, scales, codes, width, vocabulary)
    }

    /// Returns the rows of these parts; `pieces` are rising ids below `vocabulary`.
    pub(crate) fn of_parts(
        pieces: Vec<u32>,
        scales: Vec<f32>,
        codes: Vec<i8>,
        width: usize,
        vocabulary: usize,
    ) -> Self {
        let mut places = vec![NONE; vocabulary];
        for (place, piece) in (0..).zip(&pieces) {
            if let Some(slot) = places.get_mut(*piece as usize) {
                *slot = place;
            }
        }
        Self { pieces, scales, codes, width, places }
    }

    /// Returns the row of a piece, if it has one.
    pub(crate) fn get(&self, piece: u32) -> Option<Row<'_>> {
        let place = *self.places.get(piece as usize)? as usize;
        let scale = *self.scales.get(place)?;
        let codes = self.codes.get(place * self.width..(place + 1) * self.width)?;
        Some(Row::Int8 { scale, codes })
    }
}

#[cfg(test)]
mod tests {
    use trommel_kernels::Isa;

    use super::*;

    #[test]
    fn rows_come_back_within_half_a_step_and_only_for_their_pieces() {
        let numbers = [1.27, 0.384, 0.0, 0.0, -0.5, 0.25];
        let rows = Rows::rounded(vec![1, 4, 5], &numbers, 2, 7);
        for (piece, expected) in [(1, [1.27, 0.384]), (4, [0.0, 0.0]), (5, [-0.5, 0.25])] {
            let mut sum = [0.0; 2];
            Isa::best().add_rows(&[(1.0, rows.get(piece).unwrap())], &mut sum);
            for (got, expected) in sum.into_iter().zip(expected) {
                assert!((got - expected).abs() <= 0.0051, "{piece}: {got} {expected}");
            }
        }
        assert!([0, 2, 6, 7, u32::MAX].into_iter().all(|piece| rows.get(piece).is_none()));
    }
}
