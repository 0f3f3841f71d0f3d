//! Symmetric quantisation of a row of activations to eight bits.

use crate::isa::simd::Simd;

/// The largest magnitude of a quantised number: symmetric, so −128 is not used.
pub(crate) const PEAK: f32 = 127.0;

/// Keeps a row of zeros from dividing by zero.
pub(crate) const TINY: f32 = 1e-30;

/// Writes `row` as words of `GROUP` integers of −127..=127 plus `offset`, whole vectors of them,
/// and returns what one unit is worth.
#[inline(always)]
pub(crate) fn quantise<S: Simd>(s: S, row: &[f32], offset: i32, words: &mut [i32]) -> f32 {
    let vectors = row.chunks_exact(S::LANES);
    let tail = vectors.remainder();
    let mut peak = if tail.is_empty() { s.splat(0.0) } else { s.abs(s.load_part(tail)) };
    for x in vectors.clone() {
        peak = s.max(peak, s.abs(s.load(x)));
    }
    let peak = s.peak(peak).max(TINY);
    let inverse = s.splat(PEAK / peak);

    let step = S::LANES / S::GROUP;
    let mut at = 0;
    for x in vectors {
        s.store_words(s.mul(s.load(x), inverse), offset, &mut words[at..]);
        at += step;
    }
    if !tail.is_empty() {
        s.store_words(s.mul(s.load_part(tail), inverse), offset, &mut words[at..]);
    }
    peak / PEAK
}
