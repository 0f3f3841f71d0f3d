//! Adding rows up: embeddings of words, and whatever else is looked up by word.

use crate::Isa;
use crate::isa::simd::{Kernel, Simd};
use crate::screen::prefetch;

/// A row of numbers as it is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Row<'a> {
    /// As they are.
    F32(&'a [f32]),
    /// The upper halves of numbers of 32 bits.
    Bf16(&'a [u16]),
    /// Multiples of a scale, as [`crate::screen::round`] makes them.
    Int8 {
        /// The value of one step.
        scale: f32,
        /// How many steps each number is.
        codes: &'a [i8],
    },
}

impl Isa {
    /// Adds rows to `sum`, one after the other and each times its weight, number by number as far as
    /// both go.
    ///
    /// Product and sum are rounded one after the other, so every instruction set gives the same.
    pub fn add_rows(self, rows: &[(f32, Row<'_>)], sum: &mut [f32]) {
        self.run(AddRows { rows, sum });
    }
}

/// How many rows before its turn a row is asked for: they lie far apart, and memory would be waited
/// for at each.
const AHEAD: usize = 4;

struct AddRows<'a> {
    rows: &'a [(f32, Row<'a>)],
    sum: &'a mut [f32],
}

impl Kernel for AddRows<'_> {
    /// Plain loops: compiled for the instruction set that this ends up in, they become its vectors.
    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self { rows, sum } = self;
        for (at, &(weight, row)) in rows.iter().enumerate() {
            match rows.get(at + AHEAD) {
                Some((_, Row::F32(row))) => prefetch(row),
                Some((_, Row::Bf16(row))) => prefetch(row),
                Some((_, Row::Int8 { codes, .. })) => prefetch(codes),
                None => {}
            }
            match row {
                Row::F32(row) => {
                    for (sum, x) in sum.iter_mut().zip(row) {
                        *sum += weight * x;
                    }
                }
                Row::Bf16(row) => {
                    for (sum, &x) in sum.iter_mut().zip(row) {
                        *sum += weight * f32::from_bits(u32::from(x) << 16);
                    }
                }
                Row::Int8 { scale, codes } => {
                    let weight = weight * scale;
                    for (sum, &code) in sum.iter_mut().zip(codes) {
                        *sum += weight * f32::from(code);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_row_worked_by_hand_on_every_instruction_set() {
        // 1.5 and −2 fit in bfloat16: 0x3fc0 and 0xc000. Nineteen numbers fill no vector evenly.
        let f32s: Vec<f32> = (0..19).map(|at| if at % 2 == 0 { 1.5 } else { -2.0 }).collect();
        let bf16s: Vec<u16> = (0..19).map(|at| if at % 2 == 0 { 0x3fc0 } else { 0xc000 }).collect();
        let codes: Vec<i8> = (0..19).map(|at| if at % 2 == 0 { 3 } else { -4 }).collect();
        for isa in Isa::available() {
            for row in [Row::F32(&f32s), Row::Bf16(&bf16s), Row::Int8 { scale: 0.5, codes: &codes }]
            {
                let mut sum = vec![1.0; 19];
                isa.add_rows(&[(1.5, row), (0.5, row)], &mut sum);
                for (at, sum) in sum.into_iter().enumerate() {
                    assert_eq!(sum, if at % 2 == 0 { 4.0 } else { -3.0 }, "{isa}, {row:?}");
                }
            }
        }
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        let row: Vec<f32> = (0..37).map(|at| (at as f32 * 0.37).sin()).collect();
        let sums: Vec<Vec<u32>> = Isa::available()
            .into_iter()
            .map(|isa| {
                let mut sum: Vec<f32> = row.iter().map(|x| x / 3.0).collect();
                isa.add_rows(&[(0.1, Row::F32(&row)); 5], &mut sum);
                sum.into_iter().map(f32::to_bits).collect()
            })
            .collect();
        assert!(sums.iter().all(|sum| *sum == sums[0]));
    }

    #[test]
    fn a_shorter_row_changes_no_further_number() {
        let mut sum = [1.0; 4];
        Isa::best().add_rows(&[(1.0, Row::F32(&[1.0, 2.0]))], &mut sum);
        assert_eq!(sum, [2.0, 3.0, 1.0, 1.0]);
    }
}
