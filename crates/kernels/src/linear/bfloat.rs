//! The bfloat16 product of a few rows and one panel, summed in f32.

use super::Panels;
use crate::error::KernelError;
use crate::image::{Image, Slab, Writer};
use crate::isa::simd::{MAX_LANES, PANEL_VECTORS, Shape, Simd, bf16};

/// Inputs of one step.
const PAIR: usize = 2;

/// Weights in panels: panel, pair of inputs, channel, input of the pair.
pub(super) struct BfloatPanels {
    weights: Slab<u16>,
    steps: usize,
}

/// Returns the pairs of a row, filled up to whole vectors of any instruction set.
fn steps(inputs: usize) -> usize {
    inputs.next_multiple_of(MAX_LANES) / PAIR
}

/// Writes the panels of `weights`, rows of `inputs` numbers; what is missing is 0.
pub(super) fn pack(shape: Shape, weights: &[f32], inputs: usize, image: &mut Writer) {
    let width = shape.panel();
    let padded = steps(inputs) * PAIR;
    let channels = (weights.len() / inputs).next_multiple_of(width);
    let mut panels = vec![0_u16; channels * padded];
    for (channel, row) in weights.chunks_exact(inputs).enumerate() {
        // Where the channel's panel begins, and its pair in the first step; a step is `width`
        // pairs.
        let start = channel / width * width * padded + channel % width * PAIR;
        for (i, &w) in row.iter().enumerate() {
            panels[start + i / PAIR * width * PAIR + i % PAIR] = bf16(w);
        }
    }
    image.put(&panels);
}

impl BfloatPanels {
    pub(super) fn open(
        _: Shape,
        inputs: usize,
        channels: usize,
        image: &mut Image,
    ) -> Result<Self, KernelError> {
        let steps = steps(inputs);
        Ok(Self { weights: image.take(channels * steps * PAIR)?, steps })
    }

    pub(super) fn view(&self) -> BfloatView<'_> {
        BfloatView { weights: &self.weights, steps: self.steps }
    }
}

/// The panels at their address.
#[derive(Clone, Copy)]
pub(super) struct BfloatView<'a> {
    weights: &'a [u16],
    steps: usize,
}

impl Panels for BfloatView<'_> {
    #[inline(always)]
    fn steps(&self) -> usize {
        self.steps
    }

    #[inline(always)]
    fn pack_row<S: Simd>(&self, s: S, row: &[f32], words: &mut [i32]) -> f32 {
        let halves: &mut [u16] = bytemuck::cast_slice_mut(words);
        let (vectors, tail) = row.split_at(row.len() - row.len() % S::LANES);
        let mut at = 0;
        for x in vectors.chunks_exact(S::LANES) {
            s.store_bf16(s.load(x), &mut halves[at..]);
            at += S::LANES;
        }
        if !tail.is_empty() {
            s.store_bf16(s.load_part(tail), &mut halves[at..]);
            at += S::LANES;
        }
        // The weights there are 0, but a used buffer may hold the bits of an infinity or a NaN, and
        // such a product is not 0.
        halves[at..].fill(0);
        1.0
    }

    #[inline(always)]
    fn sums<S: Simd, const ROWS: usize>(
        &self,
        s: S,
        rows: &[i32],
        panel: usize,
    ) -> [[S::F; PANEL_VECTORS]; ROWS] {
        let half = S::LANES * PAIR;
        let width = PANEL_VECTORS * half;
        let panel = &self.weights[panel * width * self.steps..][..width * self.steps];
        let mut acc = [[s.splat(0.0); PANEL_VECTORS]; ROWS];
        for (step, weights) in panel.chunks_exact(width).enumerate() {
            let (w0, w1) = (s.load_bf16(weights), s.load_bf16(&weights[half..]));
            for (i, acc) in acc.iter_mut().enumerate() {
                let pair = s.splat_bf16(rows[i * self.steps + step]);
                acc[0] = s.dot_bf16(acc[0], pair, w0);
                acc[1] = s.dot_bf16(acc[1], pair, w1);
            }
        }
        acc
    }

    #[inline(always)]
    fn widened<S: Simd>(&self) -> bool {
        size_of::<S::B>() > size_of::<S::F>()
    }

    #[inline(always)]
    fn scales<S: Simd>(&self, s: S, _: usize) -> [S::F; PANEL_VECTORS] {
        [s.splat(1.0); PANEL_VECTORS]
    }

    #[inline(always)]
    fn scaled<S: Simd>(&self, s: S, sums: S::F, _: S::F, _: S::F, bias: S::F) -> S::F {
        s.add(sums, bias)
    }
}
