//! The int8 product of one tile and one panel, exact in i32.
//!
//! |q| ≤ 127 on both sides and at most 2¹⁶ inputs (checked with the configuration), so a sum stays
//! under 127² · 2¹⁶ < 2³⁰; adding in wrapping arithmetic makes what happens on the way irrelevant.

use crate::isa::simd::{PANEL_VECTORS, Shape, Simd};

/// The largest magnitude of a quantised number: symmetric, so −128 is not used.
const PEAK: f32 = 127.0;

/// Keeps a row of zeros from dividing by zero.
const TINY: f32 = 1e-30;

/// Quantised weights in panels.
pub(super) struct Panels {
    /// Panel, step, channel, input of the step.
    weights: Vec<i8>,
    /// What each channel's sum starts from: −OFFSET · Σw.
    start: Vec<i32>,
    steps: usize,
}

impl Panels {
    /// Returns the panels of `weights`, rows of `inputs` numbers, and each channel's scale.
    pub(super) fn pack(shape: Shape, weights: &[f32], inputs: usize) -> (Self, Vec<f32>) {
        let Shape { lanes, group, offset } = shape;
        let width = shape.panel();
        // Whole vectors, so that quantising writes whole words; the weights there are 0.
        let padded = inputs.next_multiple_of(lanes);
        let channels = (weights.len() / inputs).next_multiple_of(width);
        let mut panels =
            Self { weights: vec![0; channels * padded], start: vec![0; channels], steps: 0 };
        panels.steps = padded / group;
        let mut scales = Vec::with_capacity(channels);
        for (channel, row) in weights.chunks_exact(inputs).enumerate() {
            let scale = row.iter().fold(TINY, |peak, w| peak.max(w.abs())) / PEAK;
            let start = channel / width * width * padded + channel % width * group;
            let mut sum = 0;
            for (i, w) in row.iter().enumerate() {
                let q = (w / scale).round_ties_even() as i8;
                panels.weights[start + i / group * width * group + i % group] = q;
                sum += i32::from(q);
            }
            panels.start[channel] = -offset * sum;
            scales.push(scale);
        }
        (panels, scales)
    }

    /// Returns the words of one row of activations.
    pub(super) fn steps(&self) -> usize {
        self.steps
    }

    /// Writes the product of `tile` (steps × `ROWS` words) and a panel to `sums` (`ROWS` × width),
    /// each an integer rounded to f32.
    #[inline(always)]
    pub(super) fn accumulate<S: Simd, const ROWS: usize>(
        &self,
        s: S,
        tile: &[i32],
        panel: usize,
        sums: &mut [f32],
    ) {
        let width = PANEL_VECTORS * S::LANES;
        let bytes = width * S::GROUP;
        let start = &self.start[panel * width..][..width];
        let panel = &self.weights[panel * bytes * self.steps..][..bytes * self.steps];
        let mut acc = [[s.load_i32(start), s.load_i32(&start[S::LANES..])]; ROWS];
        for (column, weights) in tile.chunks_exact(ROWS).zip(panel.chunks_exact(bytes)) {
            let w0 = s.load_weights(weights);
            let w1 = s.load_weights(&weights[bytes / 2..]);
            for (acc, &word) in acc.iter_mut().zip(column) {
                let words = s.splat_i32(word);
                acc[0] = s.dot(acc[0], words, w0);
                acc[1] = s.dot(acc[1], words, w1);
            }
        }
        for (acc, sums) in acc.iter().zip(sums.chunks_exact_mut(width)) {
            s.store(sums, s.to_f32(acc[0]));
            s.store(&mut sums[S::LANES..], s.to_f32(acc[1]));
        }
    }
}

/// Writes one row as words `stride` apart and returns its scale.
#[inline(always)]
pub(super) fn quantise<S: Simd>(s: S, row: &[f32], words: &mut [i32], stride: usize) -> f32 {
    let vectors = row.chunks_exact(S::LANES);
    let tail = vectors.remainder();
    let mut peak = s.abs(s.load_part(tail));
    for x in vectors.clone() {
        peak = s.max(peak, s.abs(s.load(x)));
    }
    let peak = s.peak(peak).max(TINY);
    let inverse = s.splat(PEAK / peak);

    let step = S::LANES / S::GROUP * stride;
    let mut at = 0;
    for x in vectors {
        s.store_words(s.mul(s.load(x), inverse), &mut words[at..], stride);
        at += step;
    }
    if !tail.is_empty() {
        s.store_words(s.mul(s.load_part(tail), inverse), &mut words[at..], stride);
    }
    peak / PEAK
}
