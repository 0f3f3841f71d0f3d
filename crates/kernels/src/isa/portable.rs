//! Plain Rust in vectors of four, which any compiler turns into the 128-bit registers at hand.

use super::simd::{Kernel, Simd};

/// Adding and taking away 1.5 · 2²³ leaves no room for a fraction: the sum rounds to even.
const ROUNDER: f32 = 12_582_912.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Portable;

/// Applies an expression to each lane.
macro_rules! lanes {
    ($i:ident => $x:expr) => {{
        let mut out = [Default::default(); 4];
        for ($i, out) in out.iter_mut().enumerate() {
            *out = $x;
        }
        out
    }};
}

impl Simd for Portable {
    type F = [f32; 4];
    type I = [i32; 4];
    type W = [i16; 4];

    const LANES: usize = 4;
    const GROUP: usize = 1;
    const OFFSET: i32 = 0;
    const WIDE: bool = false;

    fn run<K: Kernel>(self, kernel: K) {
        kernel.run(self);
    }

    #[inline(always)]
    fn splat(self, x: f32) -> [f32; 4] {
        [x; 4]
    }

    #[inline(always)]
    fn load(self, x: &[f32]) -> [f32; 4] {
        [x[0], x[1], x[2], x[3]]
    }

    #[inline(always)]
    fn store(self, x: &mut [f32], v: [f32; 4]) {
        x[..4].copy_from_slice(&v);
    }

    #[inline(always)]
    fn add(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        lanes!(i => a[i] + b[i])
    }

    #[inline(always)]
    fn sub(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        lanes!(i => a[i] - b[i])
    }

    #[inline(always)]
    fn mul(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        lanes!(i => a[i] * b[i])
    }

    #[inline(always)]
    fn div(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        lanes!(i => a[i] / b[i])
    }

    #[inline(always)]
    fn max(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        lanes!(i => if a[i] > b[i] { a[i] } else { b[i] })
    }

    #[inline(always)]
    fn min(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        lanes!(i => if a[i] < b[i] { a[i] } else { b[i] })
    }

    // Not `f32::mul_add`: without the instruction it is a call into the C library.
    #[inline(always)]
    fn mul_add(self, a: [f32; 4], b: [f32; 4], c: [f32; 4]) -> [f32; 4] {
        lanes!(i => a[i] * b[i] + c[i])
    }

    #[inline(always)]
    fn abs(self, a: [f32; 4]) -> [f32; 4] {
        lanes!(i => a[i].abs())
    }

    #[inline(always)]
    fn with_sign(self, magnitude: [f32; 4], sign: [f32; 4]) -> [f32; 4] {
        lanes!(i => magnitude[i].copysign(sign[i]))
    }

    #[inline(always)]
    fn round(self, a: [f32; 4]) -> [f32; 4] {
        lanes!(i => (a[i] + ROUNDER) - ROUNDER)
    }

    #[inline(always)]
    fn pow2(self, n: [f32; 4]) -> [f32; 4] {
        lanes!(i => f32::from_bits((n[i] as i32).wrapping_add(127).cast_unsigned() << 23))
    }

    #[inline(always)]
    fn splat_i32(self, x: i32) -> [i32; 4] {
        [x; 4]
    }

    #[inline(always)]
    fn load_i32(self, x: &[i32]) -> [i32; 4] {
        [x[0], x[1], x[2], x[3]]
    }

    #[inline(always)]
    fn to_f32(self, a: [i32; 4]) -> [f32; 4] {
        lanes!(i => a[i] as f32)
    }

    #[inline(always)]
    fn load_weights(self, w: &[i8]) -> [i16; 4] {
        let w = &w[..4];
        [i16::from(w[0]), i16::from(w[1]), i16::from(w[2]), i16::from(w[3])]
    }

    #[inline(always)]
    fn dot(self, sums: [i32; 4], words: [i32; 4], weights: [i16; 4]) -> [i32; 4] {
        lanes!(i => sums[i].wrapping_add(i32::from(words[i] as i16) * i32::from(weights[i])))
    }

    #[inline(always)]
    fn store_words(self, a: [f32; 4], words: &mut [i32], stride: usize) {
        for (i, x) in self.round(a).into_iter().enumerate() {
            words[i * stride] = x as i32;
        }
    }
}
