//! Quantisation of a row of activations to eight bits.

use crate::isa::simd::Simd;

/// The largest magnitude of a symmetrically quantised number: −128 is not used.
pub(crate) const PEAK: f32 = 127.0;

/// Keeps a row of zeros from dividing by zero.
pub(crate) const TINY: f32 = 1e-30;

/// The integers that a row is put into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    /// −127..=127.
    Even,
    /// −32..=223, for what GELU gives: it is never below −.17, and may be far above 1.
    AfterGelu,
}

impl Span {
    fn low(self) -> f32 {
        match self {
            Self::Even => PEAK,
            Self::AfterGelu => 32.0,
        }
    }

    fn high(self) -> f32 {
        match self {
            Self::Even => PEAK,
            Self::AfterGelu => 223.0,
        }
    }

    /// Returns what is added to make all of them fit an unsigned byte, where `needed` is what an
    /// instruction set adds to even ones: 0 where it multiplies signed numbers.
    pub(crate) fn offset(self, needed: i32) -> i32 {
        match self {
            Self::AfterGelu if needed != 0 => 32,
            _ => needed,
        }
    }
}

/// Writes `row` as words of `GROUP` integers of `span` plus `offset`, whole vectors of them, and
/// returns what one unit is worth.
#[inline(always)]
pub(crate) fn quantise<S: Simd>(
    s: S,
    row: &[f32],
    span: Span,
    offset: i32,
    words: &mut [i32],
) -> f32 {
    let vectors = row.chunks_exact(S::LANES);
    let tail = vectors.remainder();
    let (mut high, mut low) = (s.splat(0.0), s.splat(0.0));
    if !tail.is_empty() {
        // What fills a part up is 0, and so are the bounds.
        let x = s.load_part(tail);
        (high, low) = (s.max(high, x), s.min(low, x));
    }
    for x in vectors.clone() {
        let x = s.load(x);
        (high, low) = (s.max(high, x), s.min(low, x));
    }
    let below = s.sub(s.splat(0.0), low);
    // One unit for both sides, so the larger of what each of them needs.
    let unit = match span {
        Span::Even => s.peak(s.max(high, below)) / PEAK,
        Span::AfterGelu => (s.peak(high) / span.high()).max(s.peak(below) / span.low()),
    };
    // The product with the rounded inverse may pass the bound by some parts in 2²⁴, and rounds
    // back.
    let unit = unit.max(TINY);
    let inverse = s.splat(1.0 / unit);

    let step = S::LANES / S::GROUP;
    let mut at = 0;
    for x in vectors {
        s.store_words(s.mul(s.load(x), inverse), offset, &mut words[at..]);
        at += step;
    }
    if !tail.is_empty() {
        s.store_words(s.mul(s.load_part(tail), inverse), offset, &mut words[at..]);
    }
    unit
}
