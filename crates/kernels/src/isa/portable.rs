//! Plain Rust in vectors of four, which any compiler turns into the 128-bit registers at hand.

use super::simd::{Kernel, MAX_GROUP, Simd, bf16};

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
    type W = [i16; 8];

    const LANES: usize = 4;
    const GROUP: usize = 2;
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
    fn floor(self, a: [f32; 4]) -> [f32; 4] {
        let nearest = self.round(a);
        lanes!(i => if nearest[i] > a[i] { nearest[i] - 1.0 } else { nearest[i] })
    }

    #[inline(always)]
    fn scale2(self, a: [f32; 4], n: [f32; 4]) -> [f32; 4] {
        lanes!(i => a[i] * f32::from_bits((n[i] as i32).wrapping_add(127).cast_unsigned() << 23))
    }

    #[inline(always)]
    fn sum(self, a: [f32; 4]) -> f32 {
        (a[0] + a[2]) + (a[1] + a[3])
    }

    #[inline(always)]
    fn peak(self, a: [f32; 4]) -> f32 {
        a[0].max(a[1]).max(a[2].max(a[3]))
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
    fn store_i32(self, x: &mut [i32], v: [i32; 4]) {
        x[..4].copy_from_slice(&v);
    }

    #[inline(always)]
    fn to_f32(self, a: [i32; 4]) -> [f32; 4] {
        lanes!(i => a[i] as f32)
    }

    #[inline(always)]
    fn to_i32(self, a: [f32; 4]) -> [i32; 4] {
        // The sum's lowest bits are the rounded integer.
        lanes!(i => (a[i] + ROUNDER).to_bits().cast_signed().wrapping_sub(ROUNDER.to_bits().cast_signed()))
    }

    #[inline(always)]
    fn load_weights(self, w: &[i8]) -> [i16; 8] {
        let w = &w[..8];
        let mut wide = [0; 8];
        for (wide, &w) in wide.iter_mut().zip(w) {
            *wide = i16::from(w);
        }
        wide
    }

    #[inline(always)]
    fn dot(self, sums: [i32; 4], words: [i32; 4], weights: [i16; 8]) -> [i32; 4] {
        lanes!(i => {
            let [low, high] = halves(words[i]);
            let first = i32::from(low) * i32::from(weights[2 * i]);
            let second = i32::from(high) * i32::from(weights[2 * i + 1]);
            sums[i].wrapping_add(first.wrapping_add(second))
        })
    }

    #[inline(always)]
    fn dot_words(self, sums: [i32; 4], unsigned: [i32; 4], signed: [i32; 4]) -> [i32; 4] {
        lanes!(i => {
            let ([a, b], [x, y]) = (halves(unsigned[i]), halves(signed[i]));
            let first = i32::from(a) * i32::from(x);
            let second = i32::from(b) * i32::from(y);
            sums[i].wrapping_add(first.wrapping_add(second))
        })
    }

    #[inline(always)]
    fn join(self, [a, b, _, _]: [[i32; 4]; MAX_GROUP]) -> [i32; 4] {
        lanes!(i => a[i] & 0xffff | b[i] << 16)
    }

    #[inline(always)]
    fn store_words(self, a: [f32; 4], offset: i32, words: &mut [i32]) {
        let q = self.to_i32(a);
        for (word, q) in words[..2].iter_mut().zip(q.as_chunks::<2>().0) {
            *word = (q[0] + offset) & 0xffff | (q[1] + offset) << 16;
        }
    }

    #[inline(always)]
    fn dot_bf16(self, sums: [f32; 4], pair: i32, weights: &[u16]) -> [f32; 4] {
        let weights = &weights[..8];
        let x = wide(pair.cast_unsigned() as u16);
        let y = wide((pair.cast_unsigned() >> 16) as u16);
        lanes!(i => sums[i] + x * wide(weights[2 * i]) + y * wide(weights[2 * i + 1]))
    }

    #[inline(always)]
    fn store_bf16(self, a: [f32; 4], x: &mut [u16]) {
        for (x, a) in x[..4].iter_mut().zip(a) {
            *x = bf16(a);
        }
    }
}

/// Returns the two 16-bit integers of a word.
#[inline(always)]
fn halves(word: i32) -> [i16; 2] {
    [word as i16, (word >> 16) as i16]
}

/// Returns a bfloat16 as f32.
#[inline(always)]
fn wide(x: u16) -> f32 {
    f32::from_bits(u32::from(x) << 16)
}
