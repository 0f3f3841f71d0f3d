//! Four lanes in the 128-bit registers that the compiler may count on: SSE2 on x86-64, NEON on
//! 64-bit ARM, plain loops elsewhere.
//!
//! The crate `wide` names the operations. Arrays of four in plain Rust would do the same, but
//! compilers leave the integer product scalar: 6 rather than 60 billion operations a second.

use bytemuck::cast;
use wide::{f32x4, i16x8, i32x4};

use super::simd::{Kernel, MAX_GROUP, Simd, bf16};

#[cfg(target_endian = "big")]
compile_error!("words of packed numbers are laid out for little-endian machines");

/// Adding and taking away 1.5 · 2²³ leaves no room for a fraction: the sum rounds to even.
const ROUNDER: f32 = 12_582_912.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Portable;

impl Simd for Portable {
    type F = f32x4;
    type I = i32x4;
    type W = i16x8;
    /// The first and the second of each pair, widened.
    type B = [f32x4; 2];

    const LANES: usize = 4;
    const GROUP: usize = 2;
    const OFFSET: i32 = 0;
    const WIDE: bool = false;

    fn run<K: Kernel>(self, kernel: K) {
        kernel.run(self);
    }

    #[inline(always)]
    fn splat(self, x: f32) -> f32x4 {
        f32x4::splat(x)
    }

    #[inline(always)]
    fn load(self, x: &[f32]) -> f32x4 {
        let x = &x[..4];
        f32x4::new([x[0], x[1], x[2], x[3]])
    }

    #[inline(always)]
    fn store(self, x: &mut [f32], v: f32x4) {
        x[..4].copy_from_slice(&v.to_array());
    }

    #[inline(always)]
    fn add(self, a: f32x4, b: f32x4) -> f32x4 {
        a + b
    }

    #[inline(always)]
    fn sub(self, a: f32x4, b: f32x4) -> f32x4 {
        a - b
    }

    #[inline(always)]
    fn mul(self, a: f32x4, b: f32x4) -> f32x4 {
        a * b
    }

    #[inline(always)]
    fn div(self, a: f32x4, b: f32x4) -> f32x4 {
        a / b
    }

    #[inline(always)]
    fn max(self, a: f32x4, b: f32x4) -> f32x4 {
        a.fast_max(b)
    }

    #[inline(always)]
    fn min(self, a: f32x4, b: f32x4) -> f32x4 {
        a.fast_min(b)
    }

    #[inline(always)]
    fn mul_add(self, a: f32x4, b: f32x4, c: f32x4) -> f32x4 {
        a.mul_add(b, c)
    }

    #[inline(always)]
    fn abs(self, a: f32x4) -> f32x4 {
        a.abs()
    }

    #[inline(always)]
    fn with_sign(self, magnitude: f32x4, sign: f32x4) -> f32x4 {
        magnitude | (sign & f32x4::splat(-0.0))
    }

    #[inline(always)]
    fn round(self, a: f32x4) -> f32x4 {
        (a + f32x4::splat(ROUNDER)) - f32x4::splat(ROUNDER)
    }

    #[inline(always)]
    fn floor(self, a: f32x4) -> f32x4 {
        let nearest = self.round(a);
        // A comparison gives all ones or all zeros, which the mask turns into 1 or 0.
        let too_high: f32x4 = nearest.simd_gt(a);
        nearest - (too_high & f32x4::splat(1.0))
    }

    #[inline(always)]
    fn scale2(self, a: f32x4, n: f32x4) -> f32x4 {
        // An f32 with nothing but an exponent: biased by 127, above 23 bits of fraction.
        let exponent: i32x4 = (self.to_i32(n) + i32x4::splat(127)) << 23;
        a * cast::<i32x4, f32x4>(exponent)
    }

    #[inline(always)]
    fn sum(self, a: f32x4) -> f32 {
        let a = a.to_array();
        (a[0] + a[2]) + (a[1] + a[3])
    }

    #[inline(always)]
    fn peak(self, a: f32x4) -> f32 {
        let a = a.to_array();
        a[0].max(a[1]).max(a[2].max(a[3]))
    }

    #[inline(always)]
    fn splat_i32(self, x: i32) -> i32x4 {
        i32x4::splat(x)
    }

    #[inline(always)]
    fn load_i32(self, x: &[i32]) -> i32x4 {
        let x = &x[..4];
        i32x4::new([x[0], x[1], x[2], x[3]])
    }

    #[inline(always)]
    fn store_i32(self, x: &mut [i32], v: i32x4) {
        x[..4].copy_from_slice(&v.to_array());
    }

    #[inline(always)]
    fn to_f32(self, a: i32x4) -> f32x4 {
        f32x4::from_i32x4(a)
    }

    #[inline(always)]
    fn to_i32(self, a: f32x4) -> i32x4 {
        // The sum's lowest bits are the rounded integer.
        let sum: i32x4 = cast(a + f32x4::splat(ROUNDER));
        sum - i32x4::splat(ROUNDER.to_bits().cast_signed())
    }

    #[inline(always)]
    fn load_weights(self, w: &[i8]) -> i16x8 {
        let w = &w[..8];
        let mut wide = [0; 8];
        for (wide, &w) in wide.iter_mut().zip(w) {
            *wide = i16::from(w);
        }
        i16x8::new(wide)
    }

    #[inline(always)]
    fn dot(self, sums: i32x4, words: i32x4, weights: i16x8) -> i32x4 {
        sums + cast::<i32x4, i16x8>(words).dot(weights)
    }

    #[inline(always)]
    fn dot_words(self, sums: i32x4, unsigned: i32x4, signed: i32x4) -> i32x4 {
        sums + cast::<i32x4, i16x8>(unsigned).dot(cast(signed))
    }

    #[inline(always)]
    fn join(self, [a, b, _, _]: [i32x4; MAX_GROUP]) -> i32x4 {
        // A negative first number has its sign in the upper half, where the second belongs.
        let second: i32x4 = b << 16;
        (a & i32x4::splat(0xffff)) | second
    }

    #[inline(always)]
    fn store_words(self, a: f32x4, offset: i32, words: &mut [i32]) {
        let q = self.to_i32(a) + i32x4::splat(offset);
        // Numbers of a byte are far from the bounds of 16 bits. The upper half only fills the type.
        let pairs: [i32; 4] = cast(i16x8::from_i32x8_saturate(cast([q, q])));
        words[..2].copy_from_slice(&pairs[..2]);
    }

    #[inline(always)]
    fn load_bf16(self, x: &[u16]) -> [f32x4; 2] {
        let x = &x[..8];
        let pair = |i: usize| i32::from(x[2 * i]) | i32::from(x[2 * i + 1]) << 16;
        widen(i32x4::new([pair(0), pair(1), pair(2), pair(3)]))
    }

    #[inline(always)]
    fn splat_bf16(self, pair: i32) -> [f32x4; 2] {
        widen(i32x4::splat(pair))
    }

    #[inline(always)]
    fn dot_bf16(self, sums: f32x4, pair: [f32x4; 2], weights: [f32x4; 2]) -> f32x4 {
        pair[1].mul_add(weights[1], pair[0].mul_add(weights[0], sums))
    }

    #[inline(always)]
    fn store_bf16(self, a: f32x4, x: &mut [u16]) {
        for (x, a) in x[..4].iter_mut().zip(a.to_array()) {
            *x = bf16(a);
        }
    }
}

/// Returns the lower and the upper bfloat16 of each word as f32.
#[inline(always)]
fn widen(pairs: i32x4) -> [f32x4; 2] {
    let lower: i32x4 = pairs << 16;
    let upper = pairs & i32x4::splat(0xffff_0000_u32.cast_signed());
    [cast(lower), cast(upper)]
}
