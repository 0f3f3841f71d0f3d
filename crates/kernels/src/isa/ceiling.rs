//! The most that an instruction set can do: multiply-adds with nothing around them.

use std::hint::black_box;

use super::Isa;
use super::simd::{Kernel, PANEL_VECTORS, Simd};
use crate::linear::Precision;

impl Isa {
    /// Runs the multiply-adds of `steps` steps of a matrix product's tile, its operands at hand in
    /// registers and the first-level cache, and returns how many multiplications and additions
    /// that is.
    ///
    /// Divided by the time it took on one thread it is the ceiling that the matrix products of
    /// that precision can reach; a million steps take some milliseconds.
    pub fn ceiling(self, precision: Precision, steps: usize) -> u64 {
        let mut operations = 0;
        self.run(Ceiling { precision, steps, operations: &mut operations });
        operations
    }
}

struct Ceiling<'a> {
    precision: Precision,
    steps: usize,
    operations: &'a mut u64,
}

impl Kernel for Ceiling<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        if S::WIDE { self.tile::<S, 12>(s) } else { self.tile::<S, 6>(s) }
    }
}

impl Ceiling<'_> {
    #[inline(always)]
    fn tile<S: Simd, const ROWS: usize>(self, s: S) {
        let inputs = match self.precision {
            Precision::F32 => floats::<S, ROWS>(s, self.steps),
            Precision::Bf16 => bfloats::<S, ROWS>(s, self.steps),
            Precision::Int8 => integers::<S, ROWS>(s, self.steps),
        };
        let products = ROWS * PANEL_VECTORS * S::LANES * inputs;
        // A multiply-add is two operations.
        *self.operations = 2 * (products as u64) * (self.steps as u64);
    }
}

/// Runs `$steps` steps of two weights and a row of `$words`, which each step must take for new.
macro_rules! steps {
    ($steps:expr, $rows:ident, $zero:expr, $word:expr, $weight:expr, |$acc:ident, $x:ident, $w:ident| $dot:expr) => {{
        let mut words = [$word; $rows];
        let weights = black_box([$weight; PANEL_VECTORS]);
        let mut sums = [[$zero; PANEL_VECTORS]; $rows];
        for _ in 0..$steps {
            // The compiler must take the words for changed, or it would move the products out of
            // the loop.
            black_box(&mut words);
            for (sums, &$x) in sums.iter_mut().zip(&words) {
                for ($acc, $w) in sums.iter_mut().zip(weights) {
                    *$acc = {
                        let $acc = *$acc;
                        $dot
                    };
                }
            }
        }
        black_box(sums);
    }};
}

/// Returns the inputs of one step, as the functions below do.
#[inline(always)]
fn floats<S: Simd, const ROWS: usize>(s: S, steps: usize) -> usize {
    let (zero, one) = (s.splat(0.0), s.splat(1e-3));
    steps!(steps, ROWS, zero, one, one, |sum, x, w| s.mul_add(x, w, sum));
    1
}

#[inline(always)]
fn bfloats<S: Simd, const ROWS: usize>(s: S, steps: usize) -> usize {
    // Twice 2⁻⁷ in bfloat16.
    let pair = s.splat_bf16(0x3c00_3c00);
    steps!(steps, ROWS, s.splat(0.0), pair, pair, |sum, x, w| s.dot_bf16(sum, x, w));
    2
}

#[inline(always)]
fn integers<S: Simd, const ROWS: usize>(s: S, steps: usize) -> usize {
    let weights = s.load_weights(&[1; 64]);
    let word = s.splat_i32(0x0102_0304);
    steps!(steps, ROWS, s.splat_i32(0), word, weights, |sum, x, w| s.dot(sum, x, w));
    S::GROUP
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_two_operations_a_product() {
        // 12 rows × 32 channels × 4 inputs × 2 on sixteen lanes, 6 × 8 × 2 × 2 on four.
        for isa in Isa::available() {
            let expected = match isa.name() {
                "avx512-bf16" | "avx512-vnni" => 3072,
                "avx-vnni" => 768,
                "avx2" => 384,
                _ => 192,
            };
            assert_eq!(isa.ceiling(Precision::Int8, 10), 10 * expected, "{isa}");
        }
    }
}
