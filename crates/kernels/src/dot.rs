//! The dot product of two vectors, which is the score of every search among vectors, and those of
//! many with many.

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

    /// Writes the dot products of each row of `a` with each row of `b`, those with one row of `a` end
    /// to end; all rows have `width` numbers.
    ///
    /// What one row is multiplied with the others share, so that many cost less than they do by
    /// [`Isa::dots`]. The order of additions is another, and as fixed: neither the number of rows nor
    /// their places change a bit.
    pub fn products(self, a: &[f32], b: &[f32], width: usize, out: &mut [f32]) {
        if width > 0 && b.len() >= width {
            self.run(Products { a, b, width, out });
        }
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

/// Rows of `b` that stay in the nearest memory while all rows of `a` pass.
const PANEL: usize = 8;

struct Products<'a> {
    a: &'a [f32],
    b: &'a [f32],
    width: usize,
    out: &'a mut [f32],
}

impl Kernel for Products<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { a, b, width, out } = self;
        let others = b.len() / width;
        for (panel, b) in b.chunks(PANEL * width).enumerate() {
            for (a, out) in a.chunks(4 * width).zip(out.chunks_mut(4 * others)) {
                for (pair, b) in b.chunks(2 * width).enumerate() {
                    let sums = four_by_two(s, a, b, width);
                    let first = panel * PANEL + 2 * pair;
                    for (out, sums) in out.chunks_exact_mut(others).zip(sums) {
                        out[first..].iter_mut().zip(sums).for_each(|(out, sum)| *out = sum);
                    }
                }
            }
        }
    }
}

/// Returns the products of four rows with two, one running sum each: eight hide the latency of one
/// multiply-add, and six loads serve for eight of them. Where there are fewer rows, the last stands in
/// for those that are missing.
#[inline(always)]
fn four_by_two<S: Simd>(s: S, a: &[f32], b: &[f32], width: usize) -> [[f32; 2]; 4] {
    let row = |rows: &'_ [f32], at: usize| at.min(rows.len() / width - 1) * width;
    let whole = width - width % S::LANES;
    let [a0, a1, a2, a3] = [0, 1, 2, 3].map(|at| &a[row(a, at)..][..width]);
    let [b0, b1] = [0, 1].map(|at| &b[row(b, at)..][..width]);
    let part = |row| <[f32]>::chunks_exact(row, S::LANES);
    let mut sums = [[s.splat(0.0); 2]; 4];
    let rows = part(a0).zip(part(a1)).zip(part(a2)).zip(part(a3)).zip(part(b0)).zip(part(b1));
    for (((((a0, a1), a2), a3), b0), b1) in rows {
        let b = [s.load(b0), s.load(b1)];
        let a = [s.load(a0), s.load(a1), s.load(a2), s.load(a3)];
        for at in 0..4 {
            sums[at] = [s.mul_add(a[at], b[0], sums[at][0]), s.mul_add(a[at], b[1], sums[at][1])];
        }
    }
    if whole < width {
        let b = [s.load_part(&b0[whole..]), s.load_part(&b1[whole..])];
        for (sums, a) in sums.iter_mut().zip([a0, a1, a2, a3]) {
            let a = s.load_part(&a[whole..]);
            *sums = [s.mul_add(a, b[0], sums[0]), s.mul_add(a, b[1], sums[1])];
        }
    }
    let mut products = [[0.0; 2]; 4];
    for (products, [first, second]) in products.iter_mut().zip(sums) {
        *products = [s.sum(first), s.sum(second)];
    }
    products
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

    #[test]
    fn products_agree_with_plain_sums_and_are_the_same_alone() {
        for (rows, others, width) in [(1, 1, 1), (4, 2, 8), (9, 35, 39), (5, 16, 384), (0, 3, 4)] {
            let (a, b) = (numbers(rows * width, 7), numbers(others * width, 11));
            for isa in Isa::available() {
                let mut all = vec![0.0; rows * others];
                isa.products(&a, &b, width, &mut all);
                for (at, got) in all.iter().enumerate() {
                    let (row, other) = (at / others * width, at % others * width);
                    let (a, b) = (&a[row..][..width], &b[other..][..width]);
                    let error = (f64::from(*got) - plain(a, b)).abs();
                    assert!(error < 1e-6 * width as f64, "{isa}, {rows} {others} {width}");
                    let mut alone = [0.0];
                    isa.products(a, b, width, &mut alone);
                    assert_eq!(alone[0].to_bits(), got.to_bits(), "{isa}");
                }
            }
        }
    }
}
