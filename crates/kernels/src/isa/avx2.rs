//! AVX2 with fused multiply-add: eight lanes.
//!
//! The integer product widens to i16 and uses `vpmaddwd`, which is exact. `vpmaddubsw` would take
//! four inputs at once, but its pairs saturate at 32767 while 2 · 255 · 127 = 64770.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::simd::{Kernel, Simd};

/// The proof that the processor has AVX2 and FMA: only [`Avx2::detect`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Avx2(());

impl Avx2 {
    pub(crate) fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(Self(()))
    }
}

/// Evaluates intrinsics that touch registers only.
macro_rules! registers {
    ($x:expr) => {
        // SAFETY: the intrinsics need AVX2 or FMA and nothing else; `self` is the proof of both.
        unsafe { $x }
    };
}

#[target_feature(enable = "avx2,fma")]
fn run<K: Kernel>(simd: Avx2, kernel: K) {
    kernel.run(simd);
}

impl Simd for Avx2 {
    type F = __m256;
    type I = __m256i;
    type W = __m256i;

    const LANES: usize = 8;
    const GROUP: usize = 2;
    const OFFSET: i32 = 0;
    const WIDE: bool = false;

    fn run<K: Kernel>(self, kernel: K) {
        // SAFETY: `self` is the proof that the processor has the features of `run`.
        unsafe { run(self, kernel) }
    }

    #[inline(always)]
    fn splat(self, x: f32) -> __m256 {
        registers!(_mm256_set1_ps(x))
    }

    #[inline(always)]
    fn load(self, x: &[f32]) -> __m256 {
        let x = &x[..8];
        // SAFETY: `self` proves AVX; `x` is 8 readable f32, and the load needs no alignment.
        unsafe { _mm256_loadu_ps(x.as_ptr()) }
    }

    #[inline(always)]
    fn store(self, x: &mut [f32], v: __m256) {
        let x = &mut x[..8];
        // SAFETY: `self` proves AVX; `x` is 8 writable f32, and the store needs no alignment.
        unsafe { _mm256_storeu_ps(x.as_mut_ptr(), v) }
    }

    #[inline(always)]
    fn add(self, a: __m256, b: __m256) -> __m256 {
        registers!(_mm256_add_ps(a, b))
    }

    #[inline(always)]
    fn sub(self, a: __m256, b: __m256) -> __m256 {
        registers!(_mm256_sub_ps(a, b))
    }

    #[inline(always)]
    fn mul(self, a: __m256, b: __m256) -> __m256 {
        registers!(_mm256_mul_ps(a, b))
    }

    #[inline(always)]
    fn div(self, a: __m256, b: __m256) -> __m256 {
        registers!(_mm256_div_ps(a, b))
    }

    #[inline(always)]
    fn max(self, a: __m256, b: __m256) -> __m256 {
        registers!(_mm256_max_ps(a, b))
    }

    #[inline(always)]
    fn min(self, a: __m256, b: __m256) -> __m256 {
        registers!(_mm256_min_ps(a, b))
    }

    #[inline(always)]
    fn mul_add(self, a: __m256, b: __m256, c: __m256) -> __m256 {
        registers!(_mm256_fmadd_ps(a, b, c))
    }

    #[inline(always)]
    fn abs(self, a: __m256) -> __m256 {
        registers!(_mm256_andnot_ps(_mm256_set1_ps(-0.0), a))
    }

    #[inline(always)]
    fn with_sign(self, magnitude: __m256, sign: __m256) -> __m256 {
        registers!(_mm256_or_ps(magnitude, _mm256_and_ps(_mm256_set1_ps(-0.0), sign)))
    }

    #[inline(always)]
    fn round(self, a: __m256) -> __m256 {
        registers!(_mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(a))
    }

    #[inline(always)]
    fn pow2(self, n: __m256) -> __m256 {
        registers!({
            let exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
            _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent))
        })
    }

    #[inline(always)]
    fn splat_i32(self, x: i32) -> __m256i {
        registers!(_mm256_set1_epi32(x))
    }

    #[inline(always)]
    fn load_i32(self, x: &[i32]) -> __m256i {
        let x = &x[..8];
        // SAFETY: `self` proves AVX; `x` is 8 readable i32, and the load needs no alignment.
        unsafe { _mm256_loadu_si256(x.as_ptr().cast()) }
    }

    #[inline(always)]
    fn to_f32(self, a: __m256i) -> __m256 {
        registers!(_mm256_cvtepi32_ps(a))
    }

    #[inline(always)]
    fn load_weights(self, w: &[i8]) -> __m256i {
        let w = &w[..16];
        // SAFETY: `self` proves AVX2; `w` is 16 readable bytes, and the load needs no alignment.
        unsafe { _mm256_cvtepi8_epi16(_mm_loadu_si128(w.as_ptr().cast())) }
    }

    #[inline(always)]
    fn dot(self, sums: __m256i, words: __m256i, weights: __m256i) -> __m256i {
        registers!(_mm256_add_epi32(sums, _mm256_madd_epi16(words, weights)))
    }

    #[inline(always)]
    fn store_words(self, a: __m256, words: &mut [i32], stride: usize) {
        let mut pairs = [0_i32; 4];
        // SAFETY: `self` proves AVX2; the store writes 16 bytes, the size of `pairs`, unaligned.
        unsafe {
            let q = _mm256_cvtps_epi32(a);
            let q = _mm_packs_epi32(_mm256_castsi256_si128(q), _mm256_extracti128_si256::<1>(q));
            _mm_storeu_si128(pairs.as_mut_ptr().cast(), q);
        }
        for (i, pair) in pairs.into_iter().enumerate() {
            words[i * stride] = pair;
        }
    }
}
