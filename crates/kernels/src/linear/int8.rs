//! The int8 product of a few rows and one panel, exact in i32.
//!
//! |q| ≤ 223 for activations and ≤ 127 for weights, and at most 2¹⁶ inputs (checked with the
//! configuration), so a sum stays under 223 · 127 · 2¹⁶ < 2³¹; adding in wrapping arithmetic makes
//! what happens on the way irrelevant.

use super::Panels;
use crate::error::KernelError;
use crate::image::{Image, Slab, Writer};
use crate::isa::simd::{PANEL_VECTORS, Shape, Simd};
use crate::quantise::{PEAK, Span, TINY, quantise};

/// How far from a whole number of steps a weight may lie to be counted as rounded before: far more
/// than f32 errs by, and too little for a row of other weights to get through.
const GRID_TOLERANCE: f32 = 0.001;

/// Quantised weights in panels.
pub(super) struct IntPanels {
    /// Panel, step, channel, input of the step.
    weights: Slab<i8>,
    /// What each channel's sum starts from: −OFFSET · Σw.
    start: Slab<i32>,
    /// What each channel's sum is multiplied by.
    scales: Slab<f32>,
    steps: usize,
    /// What rows are put into.
    span: Span,
}

/// Writes the panels of `weights`, rows of `inputs` numbers, and each channel's start and scale.
pub(super) fn pack(shape: Shape, span: Span, weights: &[f32], inputs: usize, image: &mut Writer) {
    let (group, offset) = (shape.group, span.offset(shape.offset));
    let width = shape.panel();
    let padded = padded(shape, inputs);
    let channels = (weights.len() / inputs).next_multiple_of(width);
    let mut panels = vec![0_i8; channels * padded];
    let mut start = vec![0_i32; channels];
    let mut scales = vec![0_f32; channels];
    for (channel, row) in weights.chunks_exact(inputs).enumerate() {
        let scale = unit(row);
        let first = channel / width * width * padded + channel % width * group;
        let mut sum = 0;
        for (i, w) in row.iter().enumerate() {
            // At most 127 in magnitude: a unit is the peak over at most 127 steps.
            let q = (w / scale).round_ties_even() as i8;
            panels[first + i / group * width * group + i % group] = q;
            sum += i32::from(q);
        }
        start[channel] = -offset * sum;
        scales[channel] = scale;
    }
    image.put(&panels);
    image.put(&start);
    image.put(&scales);
}

/// Returns what one unit of a row of weights is worth.
///
/// Weights that were rounded to at most 127 steps before, as those of an int8 file are, keep these
/// steps and lose nothing; for others the largest becomes 127.
fn unit(row: &[f32]) -> f32 {
    let peak = row.iter().fold(TINY, |peak, w| peak.max(w.abs()));
    // A row of an int8 file need not reach 127: if its largest code was 90, it lies on the grid of
    // a ninetieth of the peak. A finer grid that fits as well holds the same numbers.
    let on_grid = |unit: &f32| {
        row.iter().all(|w| (w / unit - (w / unit).round_ties_even()).abs() < GRID_TOLERANCE)
    };
    (1..=PEAK as i32).map(|steps| peak / steps as f32).find(on_grid).unwrap_or(peak / PEAK)
}

/// Returns the inputs filled up to whole vectors, so that quantising writes whole words; the
/// weights there are 0.
fn padded(shape: Shape, inputs: usize) -> usize {
    inputs.next_multiple_of(shape.lanes)
}

impl IntPanels {
    pub(super) fn open(
        shape: Shape,
        span: Span,
        inputs: usize,
        channels: usize,
        image: &mut Image,
    ) -> Result<Self, KernelError> {
        let padded = padded(shape, inputs);
        Ok(Self {
            weights: image.take(channels * padded)?,
            start: image.take(channels)?,
            scales: image.take(channels)?,
            steps: padded / shape.group,
            span,
        })
    }

    pub(super) fn view(&self) -> IntView<'_> {
        let Self { weights, start, scales, steps, span } = self;
        IntView { weights, start, scales, steps: *steps, span: *span }
    }
}

/// The panels at their address.
#[derive(Clone, Copy)]
pub(super) struct IntView<'a> {
    weights: &'a [i8],
    start: &'a [i32],
    scales: &'a [f32],
    steps: usize,
    span: Span,
}

impl Panels for IntView<'_> {
    #[inline(always)]
    fn steps(&self) -> usize {
        self.steps
    }

    #[inline(always)]
    fn pack_row<S: Simd>(&self, s: S, row: &[f32], words: &mut [i32]) -> f32 {
        quantise(s, row, self.span, self.span.offset(S::OFFSET), words)
    }

    #[inline(always)]
    fn sums<S: Simd, const ROWS: usize>(
        &self,
        s: S,
        rows: &[i32],
        panel: usize,
    ) -> [[S::F; PANEL_VECTORS]; ROWS] {
        let half = S::LANES * S::GROUP;
        let width = PANEL_VECTORS * half;
        let start = &self.start[panel * PANEL_VECTORS * S::LANES..];
        let panel = &self.weights[panel * width * self.steps..][..width * self.steps];
        let mut acc = [[s.load_i32(start), s.load_i32(&start[S::LANES..])]; ROWS];
        // Two steps at a time halve the checks of the rows' bounds; whole vectors are an even number.
        let (rows, count) = (rows.as_chunks::<2>().0, self.steps / 2);
        for (at, weights) in panel.chunks_exact(2 * width).enumerate() {
            for (step, weights) in weights.chunks_exact(width).enumerate() {
                let w0 = s.load_weights(weights);
                let w1 = s.load_weights(&weights[half..]);
                for (i, acc) in acc.iter_mut().enumerate() {
                    let words = s.splat_i32(rows[i * count + at][step]);
                    acc[0] = s.dot(acc[0], words, w0);
                    acc[1] = s.dot(acc[1], words, w1);
                }
            }
        }
        let mut sums = [[s.splat(0.0); PANEL_VECTORS]; ROWS];
        for (sums, acc) in sums.iter_mut().zip(acc) {
            *sums = [s.to_f32(acc[0]), s.to_f32(acc[1])];
        }
        sums
    }

    #[inline(always)]
    fn scales<S: Simd>(&self, s: S, panel: usize) -> [S::F; PANEL_VECTORS] {
        let scales = &self.scales[panel * PANEL_VECTORS * S::LANES..];
        [s.load(scales), s.load(&scales[S::LANES..])]
    }

    #[inline(always)]
    fn scaled<S: Simd>(&self, s: S, sums: S::F, row_scale: S::F, scale: S::F, bias: S::F) -> S::F {
        s.mul_add(s.mul(sums, row_scale), scale, bias)
    }
}
