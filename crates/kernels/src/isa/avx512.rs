//! AVX-512 with VNNI: sixteen lanes, and `vpdpbusd`, which adds four u8 × i8 products to an i32.
//!
//! It wants one operand unsigned, so activations are stored with 128 added; the sum starts at
//! −128 · Σw to take that away again. Unlike `vpdpbusds` it never saturates.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::simd::{Kernel, Simd};

/// The proof that the processor has AVX-512 F, BW, DQ, VL and VNNI: only
/// [`Avx512Vnni::detect`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Avx512Vnni(());

impl Avx512Vnni {
    pub(crate) fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vnni")
            && is_x86_feature_detected!("fma"))
        .then_some(Self(()))
    }
}

/// Evaluates intrinsics that touch registers only.
macro_rules! registers {
    ($x:expr) => {
        // SAFETY: the intrinsics need the AVX-512 subsets named above and nothing else; `self` is
        // the proof of all of them.
        unsafe { $x }
    };
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,fma")]
fn run<K: Kernel>(simd: Avx512Vnni, kernel: K) {
    kernel.run(simd);
}

impl Simd for Avx512Vnni {
    type F = __m512;
    type I = __m512i;
    type W = __m512i;

    const LANES: usize = 16;
    const GROUP: usize = 4;
    const OFFSET: i32 = 128;
    const WIDE: bool = true;

    fn run<K: Kernel>(self, kernel: K) {
        // SAFETY: `self` is the proof that the processor has the features of `run`.
        unsafe { run(self, kernel) }
    }

    #[inline(always)]
    fn splat(self, x: f32) -> __m512 {
        registers!(_mm512_set1_ps(x))
    }

    #[inline(always)]
    fn load(self, x: &[f32]) -> __m512 {
        let x = &x[..16];
        // SAFETY: `self` proves AVX-512 F; `x` is 16 readable f32, and the load needs no alignment.
        unsafe { _mm512_loadu_ps(x.as_ptr()) }
    }

    #[inline(always)]
    fn store(self, x: &mut [f32], v: __m512) {
        let x = &mut x[..16];
        // SAFETY: `self` proves AVX-512 F; `x` is 16 writable f32; the store needs no alignment.
        unsafe { _mm512_storeu_ps(x.as_mut_ptr(), v) }
    }

    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        registers!(_mm512_add_ps(a, b))
    }

    #[inline(always)]
    fn sub(self, a: __m512, b: __m512) -> __m512 {
        registers!(_mm512_sub_ps(a, b))
    }

    #[inline(always)]
    fn mul(self, a: __m512, b: __m512) -> __m512 {
        registers!(_mm512_mul_ps(a, b))
    }

    #[inline(always)]
    fn div(self, a: __m512, b: __m512) -> __m512 {
        registers!(_mm512_div_ps(a, b))
    }

    #[inline(always)]
    fn max(self, a: __m512, b: __m512) -> __m512 {
        registers!(_mm512_max_ps(a, b))
    }

    #[inline(always)]
    fn min(self, a: __m512, b: __m512) -> __m512 {
        registers!(_mm512_min_ps(a, b))
    }

    #[inline(always)]
    fn mul_add(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        registers!(_mm512_fmadd_ps(a, b, c))
    }

    #[inline(always)]
    fn abs(self, a: __m512) -> __m512 {
        registers!(_mm512_abs_ps(a))
    }

    #[inline(always)]
    fn with_sign(self, magnitude: __m512, sign: __m512) -> __m512 {
        registers!(_mm512_or_ps(magnitude, _mm512_and_ps(_mm512_set1_ps(-0.0), sign)))
    }

    #[inline(always)]
    fn round(self, a: __m512) -> __m512 {
        registers!(_mm512_roundscale_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(a))
    }

    #[inline(always)]
    fn pow2(self, n: __m512) -> __m512 {
        registers!(_mm512_scalef_ps(_mm512_set1_ps(1.0), n))
    }

    #[inline(always)]
    fn splat_i32(self, x: i32) -> __m512i {
        registers!(_mm512_set1_epi32(x))
    }

    #[inline(always)]
    fn load_i32(self, x: &[i32]) -> __m512i {
        let x = &x[..16];
        // SAFETY: `self` proves AVX-512 F; `x` is 16 readable i32, and the load needs no alignment.
        unsafe { _mm512_loadu_si512(x.as_ptr().cast()) }
    }

    #[inline(always)]
    fn to_f32(self, a: __m512i) -> __m512 {
        registers!(_mm512_cvtepi32_ps(a))
    }

    #[inline(always)]
    fn load_weights(self, w: &[i8]) -> __m512i {
        let w = &w[..64];
        // SAFETY: `self` proves AVX-512 F; `w` is 64 readable bytes; the load needs no alignment.
        unsafe { _mm512_loadu_si512(w.as_ptr().cast()) }
    }

    #[inline(always)]
    fn dot(self, sums: __m512i, words: __m512i, weights: __m512i) -> __m512i {
        registers!(_mm512_dpbusd_epi32(sums, words, weights))
    }

    #[inline(always)]
    fn store_words(self, a: __m512, words: &mut [i32], stride: usize) {
        let mut quads = [0_i32; 4];
        // SAFETY: `self` proves AVX-512 F; the store writes 16 bytes, the size of `quads`,
        // unaligned.
        unsafe {
            let q = _mm512_add_epi32(_mm512_cvtps_epi32(a), _mm512_set1_epi32(128));
            _mm_storeu_si128(quads.as_mut_ptr().cast(), _mm512_cvtepi32_epi8(q));
        }
        for (i, quad) in quads.into_iter().enumerate() {
            words[i * stride] = quad;
        }
    }
}
