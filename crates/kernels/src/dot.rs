//! The dot product of two vectors: the score of every search among vectors.

use std::slice;

use crate::Isa;
use crate::isa::simd::{Kernel, Simd};

impl Isa {
    /// Returns the dot product of two vectors of one dimension.
    ///
    /// The order of additions is fixed by the instruction set alone: not by the number of rows, the
    /// thread or the caller. Products of two instruction sets may differ in the last bits.
    #[must_use]
    pub fn dot(self, a: &[f32], b: &[f32]) -> f32 {
        let mut product = 0.0;
        self.run(Dot { query: a, rows: b, out: slice::from_mut(&mut product) });
        product
    }

    /// Writes the dot product of `query` with each row of `rows`, which lie end to end.
    ///
    /// Each is what [`Isa::dot`] returns, to the last bit; of rows and places in `out`, the fewer
    /// are computed.
    pub fn dots(self, query: &[f32], rows: &[f32], out: &mut [f32]) {
        self.run(Dot { query, rows, out });
    }
}

struct Dot<'a> {
    query: &'a [f32],
    rows: &'a [f32],
    out: &'a mut [f32],
}

impl Kernel for Dot<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        // No vector of no numbers is ever stored, but `chunks_exact(0)` would panic.
        let rows = self.rows.chunks_exact(self.query.len().max(1));
        for (row, out) in rows.zip(self.out) {
            *out = dot(s, self.query, row);
        }
    }
}

/// Four running sums, so that four multiply-adds are under way at any time.
#[inline(always)]
fn dot<S: Simd>(s: S, a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [s.splat(0.0); 4];
    let (mut a4, mut b4) = (a.chunks_exact(4 * S::LANES), b.chunks_exact(4 * S::LANES));
    for (a, b) in a4.by_ref().zip(b4.by_ref()) {
        for (at, sum) in sums.iter_mut().enumerate() {
            let (a, b) = (&a[at * S::LANES..], &b[at * S::LANES..]);
            *sum = s.mul_add(s.load(a), s.load(b), *sum);
        }
    }
    // What is left goes to fixed sums: the order of additions depends on the dimension only.
    let mut a1 = a4.remainder().chunks_exact(S::LANES);
    let mut b1 = b4.remainder().chunks_exact(S::LANES);
    for (a, b) in a1.by_ref().zip(b1.by_ref()) {
        sums[0] = s.mul_add(s.load(a), s.load(b), sums[0]);
    }
    let (a, b) = (a1.remainder(), b1.remainder());
    if !a.is_empty() {
        sums[1] = s.mul_add(s.load_part(a), s.load_part(b), sums[1]);
    }
    s.sum(s.add(s.add(sums[0], sums[1]), s.add(sums[2], sums[3])))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers in -1..1 from a multiplicative congruential generator (MINSTD).
    fn numbers(count: usize, seed: u64) -> Vec<f32> {
        let mut state = seed;
        (0..count)
            .map(|_| {
                state = state * 48271 % 0x7fff_ffff;
                state as f32 / 0x3fff_ffff as f32 - 1.0
            })
            .collect()
    }

    fn plain(a: &[f32], b: &[f32]) -> f64 {
        a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
    }

    #[test]
    fn every_instruction_set_agrees_with_a_plain_sum_at_every_length() {
        for dimension in (1..=130).chain([384, 768, 1023]) {
            let (a, b) = (numbers(dimension, 7), numbers(dimension, 11));
            let expected = plain(&a, &b);
            for isa in Isa::available() {
                let got = isa.dot(&a, &b);
                let error = (f64::from(got) - expected).abs();
                assert!(error < 1e-6 * dimension as f64, "{isa}, {dimension}: {got} {expected}");
            }
        }
    }

    #[test]
    fn a_row_scores_the_same_alone_and_among_others() {
        for dimension in [1, 7, 33, 384] {
            let (query, rows) = (numbers(dimension, 3), numbers(9 * dimension, 5));
            for isa in Isa::available() {
                let mut out = vec![0.0; 9];
                isa.dots(&query, &rows, &mut out);
                for (row, got) in rows.chunks(dimension).zip(out) {
                    assert_eq!(got.to_bits(), isa.dot(&query, row).to_bits(), "{isa}");
                }
            }
        }
    }
}
