//! AVX-512: sixteen lanes, and `vpdpbusd`, which adds four u8 × i8 products to an i32.
//!
//! It wants one operand unsigned, so activations are stored with 128 added; the sum starts at
//! −128 · Σw to take that away again. Unlike `vpdpbusds` it never saturates.
//!
//! Two tokens share everything but the product of bfloat16: processors with BF16 have an
//! instruction for it, the others widen to f32.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::simd::{Kernel, MAX_GROUP, Simd};

/// Evaluates intrinsics that touch registers only.
macro_rules! registers {
    ($x:expr) => {
        // SAFETY: the intrinsics need the subsets of AVX-512 that `detect` looks for and nothing
        // else; `self` is the proof of all of them.
        unsafe { $x }
    };
}

macro_rules! sixteen_lanes {
    ($token:ident, $features:literal, [$($feature:tt),*], $pairs:ty, { $($bf16:item)* }) => {
        /// The proof that the processor has what its methods use: only `detect` makes one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) struct $token(());

        impl $token {
            pub(crate) fn detect() -> Option<Self> {
                ($(is_x86_feature_detected!($feature))&&*).then_some(Self(()))
            }
        }

        impl Simd for $token {
            type F = __m512;
            type I = __m512i;
            type W = __m512i;
            type B = $pairs;

            const LANES: usize = 16;
            const GROUP: usize = 4;
            const OFFSET: i32 = 128;
            const WIDE: bool = true;

            fn run<K: Kernel>(self, kernel: K) {
                #[target_feature(enable = $features)]
                fn run<K: Kernel>(simd: $token, kernel: K) {
                    kernel.run(simd);
                }
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
                // SAFETY: `self` proves AVX-512 F; `x` is 16 readable f32, in any alignment.
                unsafe { _mm512_loadu_ps(x.as_ptr()) }
            }

            #[inline(always)]
            fn store(self, x: &mut [f32], v: __m512) {
                let x = &mut x[..16];
                // SAFETY: `self` proves AVX-512 F; `x` is 16 writable f32, in any alignment.
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
                const NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
                registers!(_mm512_roundscale_ps::<NEAREST>(a))
            }

            #[inline(always)]
            fn floor(self, a: __m512) -> __m512 {
                const DOWN: i32 = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC;
                registers!(_mm512_roundscale_ps::<DOWN>(a))
            }

            #[inline(always)]
            fn scale2(self, a: __m512, n: __m512) -> __m512 {
                registers!(_mm512_scalef_ps(a, n))
            }

            #[inline(always)]
            fn sum(self, a: __m512) -> f32 {
                registers!(_mm512_reduce_add_ps(a))
            }

            #[inline(always)]
            fn peak(self, a: __m512) -> f32 {
                registers!(_mm512_reduce_max_ps(a))
            }

            #[inline(always)]
            fn splat_i32(self, x: i32) -> __m512i {
                registers!(_mm512_set1_epi32(x))
            }

            #[inline(always)]
            fn load_i32(self, x: &[i32]) -> __m512i {
                let x = &x[..16];
                // SAFETY: `self` proves AVX-512 F; `x` is 16 readable i32, in any alignment.
                unsafe { _mm512_loadu_si512(x.as_ptr().cast()) }
            }

            #[inline(always)]
            fn store_i32(self, x: &mut [i32], v: __m512i) {
                let x = &mut x[..16];
                // SAFETY: `self` proves AVX-512 F; `x` is 16 writable i32, in any alignment.
                unsafe { _mm512_storeu_si512(x.as_mut_ptr().cast(), v) }
            }

            #[inline(always)]
            fn to_f32(self, a: __m512i) -> __m512 {
                registers!(_mm512_cvtepi32_ps(a))
            }

            #[inline(always)]
            fn to_i32(self, a: __m512) -> __m512i {
                registers!(_mm512_cvtps_epi32(a))
            }

            #[inline(always)]
            fn load_weights(self, w: &[i8]) -> __m512i {
                let w = &w[..64];
                // SAFETY: `self` proves AVX-512 F; `w` is 64 readable bytes, in any alignment.
                unsafe { _mm512_loadu_si512(w.as_ptr().cast()) }
            }

            #[inline(always)]
            fn dot(self, sums: __m512i, words: __m512i, weights: __m512i) -> __m512i {
                registers!(_mm512_dpbusd_epi32(sums, words, weights))
            }

            #[inline(always)]
            fn dot_words(self, sums: __m512i, unsigned: __m512i, signed: __m512i) -> __m512i {
                registers!(_mm512_dpbusd_epi32(sums, unsigned, signed))
            }

            #[inline(always)]
            fn join(self, [a, b, c, d]: [__m512i; MAX_GROUP]) -> __m512i {
                registers!({
                    // Negative numbers have ones above their byte. Those of `d` are shifted out.
                    let byte = _mm512_set1_epi32(0xff);
                    let ab = _mm512_or_si512(
                        _mm512_and_si512(a, byte),
                        _mm512_slli_epi32::<8>(_mm512_and_si512(b, byte)),
                    );
                    let c = _mm512_slli_epi32::<16>(_mm512_and_si512(c, byte));
                    // a | b | c in one instruction.
                    _mm512_ternarylogic_epi32::<0xfe>(ab, c, _mm512_slli_epi32::<24>(d))
                })
            }

            #[inline(always)]
            fn join_bytes(self, [a, b, c, d]: [__m512i; MAX_GROUP]) -> __m512i {
                registers!({
                    let (b, c) = (_mm512_slli_epi32::<8>(b), _mm512_slli_epi32::<16>(c));
                    // a | b | c in one instruction.
                    let abc = _mm512_ternarylogic_epi32::<0xfe>(a, b, c);
                    _mm512_or_si512(abc, _mm512_slli_epi32::<24>(d))
                })
            }

            #[inline(always)]
            fn store_words(self, a: __m512, offset: i32, words: &mut [i32]) {
                let words = &mut words[..4];
                // SAFETY: `self` proves AVX-512 F; `words` is 16 writable bytes, in any alignment.
                unsafe {
                    let q = _mm512_add_epi32(_mm512_cvtps_epi32(a), _mm512_set1_epi32(offset));
                    // The conversion keeps the low byte, so a negative number needs no mask.
                    _mm_storeu_si128(words.as_mut_ptr().cast(), _mm512_cvtepi32_epi8(q));
                }
            }

            $(#[inline(always)] $bf16)*
        }
    };
}

/// Returns the lower and the upper bfloat16 of each word as f32.
#[inline]
#[target_feature(enable = "avx512f")]
fn widen(pairs: __m512i) -> [__m512; 2] {
    let upper = _mm512_and_si512(pairs, _mm512_set1_epi32(0xffff_0000_u32.cast_signed()));
    [_mm512_castsi512_ps(_mm512_slli_epi32::<16>(pairs)), _mm512_castsi512_ps(upper)]
}

sixteen_lanes!(
    Avx512Vnni,
    "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,fma",
    ["avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512vnni", "fma"],
    [__m512; 2],
    {
        fn load_bf16(self, x: &[u16]) -> [__m512; 2] {
            let x = &x[..32];
            // SAFETY: `self` proves AVX-512 F; `x` is 64 readable bytes, in any alignment.
            unsafe { widen(_mm512_loadu_si512(x.as_ptr().cast())) }
        }
        fn splat_bf16(self, pair: i32) -> [__m512; 2] {
            registers!(widen(_mm512_set1_epi32(pair)))
        }
        fn dot_bf16(self, sums: __m512, pair: [__m512; 2], weights: [__m512; 2]) -> __m512 {
            registers!({
                let first = _mm512_fmadd_ps(pair[0], weights[0], sums);
                _mm512_fmadd_ps(pair[1], weights[1], first)
            })
        }
        fn store_bf16(self, a: __m512, x: &mut [u16]) {
            let x = &mut x[..16];
            // SAFETY: `self` proves AVX-512 F; `x` is 32 writable bytes, in any alignment.
            unsafe {
                let bits = _mm512_castps_si512(a);
                // Ties to even, as in `simd::bf16`.
                let odd = _mm512_and_si512(_mm512_srli_epi32::<16>(bits), _mm512_set1_epi32(1));
                let half = _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff));
                let rounded = _mm512_srli_epi32::<16>(_mm512_add_epi32(bits, half));
                _mm256_storeu_si256(x.as_mut_ptr().cast(), _mm512_cvtepi32_epi16(rounded));
            }
        }
    }
);

sixteen_lanes!(
    Avx512Bf16,
    "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512bf16,fma",
    ["avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512vnni", "avx512bf16", "fma"],
    __m512bh,
    {
        fn load_bf16(self, x: &[u16]) -> __m512bh {
            let x = &x[..32];
            // SAFETY: `self` proves AVX-512 F; `x` is 64 readable bytes, in any alignment; the two
            // types are both 64 bytes of anything.
            unsafe {
                let pairs = _mm512_loadu_si512(x.as_ptr().cast());
                std::mem::transmute::<__m512i, __m512bh>(pairs)
            }
        }
        fn splat_bf16(self, pair: i32) -> __m512bh {
            // SAFETY: `self` proves AVX-512 F; the two types are both 64 bytes of anything.
            unsafe { std::mem::transmute::<__m512i, __m512bh>(_mm512_set1_epi32(pair)) }
        }
        fn dot_bf16(self, sums: __m512, pair: __m512bh, weights: __m512bh) -> __m512 {
            registers!(_mm512_dpbf16_ps(sums, pair, weights))
        }
        fn store_bf16(self, a: __m512, x: &mut [u16]) {
            let x = &mut x[..16];
            // SAFETY: `self` proves AVX-512 BF16; `x` is 32 writable bytes, in any alignment; the
            // two types are both 32 bytes of anything.
            unsafe {
                let rounded = std::mem::transmute::<__m256bh, __m256i>(_mm512_cvtneps_pbh(a));
                _mm256_storeu_si256(x.as_mut_ptr().cast(), rounded);
            }
        }
    }
);
