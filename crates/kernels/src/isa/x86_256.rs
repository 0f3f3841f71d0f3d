//! Eight lanes: AVX2 with fused multiply-add, with or without the 256-bit `vpdpbusd`.
//!
//! `vpdpbusd` exists in two encodings, AVX-VNNI and AVX-512 VNNI with VL, and a processor may
//! have either; they do the same. Without it, the integer product widens to i16 and uses
//! `vpmaddwd`, which is exact. `vpmaddubsw` would take four inputs at once, but its pairs saturate
//! at 32767 while 2 · 255 · 127 = 64770.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::simd::{Kernel, MAX_GROUP, Simd};

/// Evaluates intrinsics that touch registers only.
macro_rules! registers {
    ($x:expr) => {
        // SAFETY: the intrinsics need the features that `detect` looks for and nothing else;
        // `self` is the proof of all of them.
        unsafe { $x }
    };
}

/// Returns the lower and the upper bfloat16 of each word as f32.
#[inline]
#[target_feature(enable = "avx2")]
fn widen(pairs: __m256i) -> [__m256; 2] {
    let upper = _mm256_and_si256(pairs, _mm256_set1_epi32(0xffff_0000_u32.cast_signed()));
    [_mm256_castsi256_ps(_mm256_slli_epi32::<16>(pairs)), _mm256_castsi256_ps(upper)]
}

macro_rules! eight_lanes {
    ($token:ident, $features:literal, [$($feature:tt),*], $group:literal, $offset:literal,
     { $($integer:item)* }) => {
        /// The proof that the processor has what its methods use: only `detect` makes one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) struct $token(());

        impl $token {
            pub(crate) fn detect() -> Option<Self> {
                ($(is_x86_feature_detected!($feature))&&*).then_some(Self(()))
            }
        }

        impl Simd for $token {
            type F = __m256;
            type I = __m256i;
            type W = __m256i;
            /// The first and the second of each pair, widened.
            type B = [__m256; 2];

            const LANES: usize = 8;
            const GROUP: usize = $group;
            const OFFSET: i32 = $offset;
            const WIDE: bool = false;

            $(#[inline(always)] $integer)*

            fn run<K: Kernel>(self, kernel: K) {
                #[target_feature(enable = $features)]
                fn run<K: Kernel>(simd: $token, kernel: K) {
                    kernel.run(simd);
                }
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
                // SAFETY: `self` proves AVX; `x` is 8 readable f32, in any alignment.
                unsafe { _mm256_loadu_ps(x.as_ptr()) }
            }

            #[inline(always)]
            fn store(self, x: &mut [f32], v: __m256) {
                let x = &mut x[..8];
                // SAFETY: `self` proves AVX; `x` is 8 writable f32, in any alignment.
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
                const NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
                registers!(_mm256_round_ps::<NEAREST>(a))
            }

            #[inline(always)]
            fn floor(self, a: __m256) -> __m256 {
                registers!(_mm256_floor_ps(a))
            }

            #[inline(always)]
            fn scale2(self, a: __m256, n: __m256) -> __m256 {
                registers!({
                    // An f32 with nothing but an exponent: biased by 127, above 23 bits of
                    // fraction.
                    let exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
                    _mm256_mul_ps(a, _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent)))
                })
            }

            #[inline(always)]
            fn sum(self, a: __m256) -> f32 {
                registers!({
                    let four = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps::<1>(a));
                    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
                    _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
                })
            }

            #[inline(always)]
            fn peak(self, a: __m256) -> f32 {
                registers!({
                    let four = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps::<1>(a));
                    let two = _mm_max_ps(four, _mm_movehl_ps(four, four));
                    _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps::<1>(two, two)))
                })
            }

            #[inline(always)]
            fn splat_i32(self, x: i32) -> __m256i {
                registers!(_mm256_set1_epi32(x))
            }

            #[inline(always)]
            fn load_i32(self, x: &[i32]) -> __m256i {
                let x = &x[..8];
                // SAFETY: `self` proves AVX; `x` is 8 readable i32, in any alignment.
                unsafe { _mm256_loadu_si256(x.as_ptr().cast()) }
            }

            #[inline(always)]
            fn store_i32(self, x: &mut [i32], v: __m256i) {
                let x = &mut x[..8];
                // SAFETY: `self` proves AVX; `x` is 8 writable i32, in any alignment.
                unsafe { _mm256_storeu_si256(x.as_mut_ptr().cast(), v) }
            }

            #[inline(always)]
            fn to_f32(self, a: __m256i) -> __m256 {
                registers!(_mm256_cvtepi32_ps(a))
            }

            #[inline(always)]
            fn to_i32(self, a: __m256) -> __m256i {
                registers!(_mm256_cvtps_epi32(a))
            }

            #[inline(always)]
            fn load_bf16(self, x: &[u16]) -> [__m256; 2] {
                let x = &x[..16];
                // SAFETY: `self` proves AVX2; `x` is 32 readable bytes, in any alignment.
                unsafe { widen(_mm256_loadu_si256(x.as_ptr().cast())) }
            }

            #[inline(always)]
            fn splat_bf16(self, pair: i32) -> [__m256; 2] {
                registers!(widen(_mm256_set1_epi32(pair)))
            }

            #[inline(always)]
            fn dot_bf16(self, sums: __m256, pair: [__m256; 2], weights: [__m256; 2]) -> __m256 {
                registers!({
                    let first = _mm256_fmadd_ps(pair[0], weights[0], sums);
                    _mm256_fmadd_ps(pair[1], weights[1], first)
                })
            }

            #[inline(always)]
            fn store_bf16(self, a: __m256, x: &mut [u16]) {
                let x = &mut x[..8];
                // SAFETY: `self` proves AVX2; `x` is 16 writable bytes, in any alignment.
                unsafe {
                    let bits = _mm256_castps_si256(a);
                    // Ties to even, as in `simd::bf16`.
                    let odd = _mm256_and_si256(_mm256_srli_epi32::<16>(bits), _mm256_set1_epi32(1));
                    let half = _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff));
                    let rounded = _mm256_srli_epi32::<16>(_mm256_add_epi32(bits, half));
                    let narrow = _mm_packus_epi32(
                        _mm256_castsi256_si128(rounded),
                        _mm256_extracti128_si256::<1>(rounded),
                    );
                    _mm_storeu_si128(x.as_mut_ptr().cast(), narrow);
                }
            }
        }
    };
}

/// The integer half of a token with `vpdpbusd`, the intrinsic of its encoding given.
macro_rules! four_bytes_a_word {
    ($token:ident, $features:literal, $list:tt, $dpbusd:ident) => {
        eight_lanes!($token, $features, $list, 4, 128, {
            fn load_weights(self, w: &[i8]) -> __m256i {
                let w = &w[..32];
                // SAFETY: `self` proves AVX; `w` is 32 readable bytes, in any alignment.
                unsafe { _mm256_loadu_si256(w.as_ptr().cast()) }
            }
            fn dot(self, sums: __m256i, words: __m256i, weights: __m256i) -> __m256i {
                registers!($dpbusd(sums, words, weights))
            }
            fn dot_words(self, sums: __m256i, unsigned: __m256i, signed: __m256i) -> __m256i {
                registers!($dpbusd(sums, unsigned, signed))
            }
            fn join(self, [a, b, c, d]: [__m256i; MAX_GROUP]) -> __m256i {
                registers!({
                    // Negative numbers have ones above their byte. Those of `d` are shifted out.
                    let byte = _mm256_set1_epi32(0xff);
                    let ab = _mm256_or_si256(
                        _mm256_and_si256(a, byte),
                        _mm256_slli_epi32::<8>(_mm256_and_si256(b, byte)),
                    );
                    let c = _mm256_slli_epi32::<16>(_mm256_and_si256(c, byte));
                    _mm256_or_si256(ab, _mm256_or_si256(c, _mm256_slli_epi32::<24>(d)))
                })
            }
            fn join_bytes(self, [a, b, c, d]: [__m256i; MAX_GROUP]) -> __m256i {
                registers!({
                    let ab = _mm256_or_si256(a, _mm256_slli_epi32::<8>(b));
                    let cd = _mm256_or_si256(c, _mm256_slli_epi32::<8>(d));
                    _mm256_or_si256(ab, _mm256_slli_epi32::<16>(cd))
                })
            }
            fn store_words(self, a: __m256, offset: i32, words: &mut [i32]) {
                let words = &mut words[..2];
                // SAFETY: `self` proves AVX2; `words` is 8 writable bytes, in any alignment.
                unsafe {
                    let q = _mm256_add_epi32(_mm256_cvtps_epi32(a), _mm256_set1_epi32(offset));
                    // A negative number keeps its byte this way; the packing by itself would make
                    // it 0. Packing two halves of 128 bits keeps the order, which the 256-bit
                    // instruction mixes.
                    let byte = _mm256_and_si256(q, _mm256_set1_epi32(0xff));
                    let (low, high) =
                        (_mm256_castsi256_si128(byte), _mm256_extracti128_si256::<1>(byte));
                    let pairs = _mm_packus_epi32(low, high);
                    _mm_storel_epi64(words.as_mut_ptr().cast(), _mm_packus_epi16(pairs, pairs));
                }
            }
        });
    };
}

four_bytes_a_word!(
    AvxVnni,
    "avx2,fma,avxvnni",
    ["avx2", "fma", "avxvnni"],
    _mm256_dpbusd_avx_epi32
);

four_bytes_a_word!(
    Avx512VlVnni,
    "avx2,fma,avx512vl,avx512vnni",
    ["avx2", "fma", "avx512vl", "avx512vnni"],
    _mm256_dpbusd_epi32
);

eight_lanes!(Avx2, "avx2,fma", ["avx2", "fma"], 2, 0, {
    fn load_weights(self, w: &[i8]) -> __m256i {
        let w = &w[..16];
        // SAFETY: `self` proves AVX2; `w` is 16 readable bytes, in any alignment.
        unsafe { _mm256_cvtepi8_epi16(_mm_loadu_si128(w.as_ptr().cast())) }
    }
    fn dot(self, sums: __m256i, words: __m256i, weights: __m256i) -> __m256i {
        registers!(_mm256_add_epi32(sums, _mm256_madd_epi16(words, weights)))
    }
    fn dot_words(self, sums: __m256i, unsigned: __m256i, signed: __m256i) -> __m256i {
        registers!(_mm256_add_epi32(sums, _mm256_madd_epi16(unsigned, signed)))
    }
    fn join(self, [a, b, _, _]: [__m256i; MAX_GROUP]) -> __m256i {
        registers!({
            let low = _mm256_and_si256(a, _mm256_set1_epi32(0xffff));
            _mm256_or_si256(low, _mm256_slli_epi32::<16>(b))
        })
    }
    fn store_words(self, a: __m256, offset: i32, words: &mut [i32]) {
        let words = &mut words[..4];
        // SAFETY: `self` proves AVX2; `words` is 16 writable bytes, in any alignment.
        unsafe {
            let q = _mm256_add_epi32(_mm256_cvtps_epi32(a), _mm256_set1_epi32(offset));
            let q = _mm_packs_epi32(_mm256_castsi256_si128(q), _mm256_extracti128_si256::<1>(q));
            _mm_storeu_si128(words.as_mut_ptr().cast(), q);
        }
    }
});
