//! The f32 product of a few rows and one panel.

use super::Panels;
use crate::error::KernelError;
use crate::image::{Image, Slab, Writer};
use crate::isa::simd::{PANEL_VECTORS, Shape, Simd};

/// Weights in panels: panel, input, channel.
pub(super) struct FloatPanels {
    weights: Slab<f32>,
    inputs: usize,
}

/// Writes the panels of `weights`, rows of `inputs` numbers; missing channels are 0.
pub(super) fn pack(shape: Shape, weights: &[f32], inputs: usize, image: &mut Writer) {
    let width = shape.panel();
    let channels = weights.len() / inputs;
    let mut panels = vec![0.0; channels.next_multiple_of(width) * inputs];
    for (channel, row) in weights.chunks_exact(inputs).enumerate() {
        // Where the channel's panel begins, and its place in the first step; a step is `width`
        // numbers.
        let start = channel / width * width * inputs + channel % width;
        for (place, &w) in panels[start..].iter_mut().step_by(width).zip(row) {
            *place = w;
        }
    }
    image.put(&panels);
}

impl FloatPanels {
    pub(super) fn open(
        _: Shape,
        inputs: usize,
        channels: usize,
        image: &mut Image,
    ) -> Result<Self, KernelError> {
        Ok(Self { weights: image.take(channels * inputs)?, inputs })
    }

    pub(super) fn view(&self) -> FloatView<'_> {
        FloatView { weights: &self.weights, inputs: self.inputs }
    }
}

/// The panels at their address.
#[derive(Clone, Copy)]
pub(super) struct FloatView<'a> {
    weights: &'a [f32],
    inputs: usize,
}

impl Panels for FloatView<'_> {
    /// Even, so that two steps are read at a time.
    #[inline(always)]
    fn steps(&self) -> usize {
        self.inputs.next_multiple_of(2)
    }

    /// A word is the float's bits. What fills the last pair up is never read.
    #[inline(always)]
    fn pack_row<S: Simd>(&self, _: S, row: &[f32], words: &mut [i32]) -> f32 {
        for (word, x) in words.iter_mut().zip(row) {
            *word = x.to_bits().cast_signed();
        }
        1.0
    }

    #[inline(always)]
    fn sums<S: Simd, const ROWS: usize>(
        &self,
        s: S,
        rows: &[i32],
        panel: usize,
    ) -> [[S::F; PANEL_VECTORS]; ROWS] {
        let width = PANEL_VECTORS * S::LANES;
        let panel = &self.weights[panel * width * self.inputs..][..width * self.inputs];
        let mut acc = [[s.splat(0.0); PANEL_VECTORS]; ROWS];
        // Few checks of the rows' bounds, as in int8.
        let (rows, count) = (rows.as_chunks::<2>().0, self.steps() / 2);
        for (at, weights) in panel.chunks(2 * width).enumerate() {
            for (step, weights) in weights.chunks_exact(width).enumerate() {
                let w0 = s.load(weights);
                let w1 = s.load(&weights[S::LANES..]);
                for (i, acc) in acc.iter_mut().enumerate() {
                    let bits = rows[i * count + at][step];
                    let x = s.splat(f32::from_bits(bits.cast_unsigned()));
                    acc[0] = s.mul_add(x, w0, acc[0]);
                    acc[1] = s.mul_add(x, w1, acc[1]);
                }
            }
        }
        acc
    }

    #[inline(always)]
    fn scales<S: Simd>(&self, s: S, _: usize) -> [S::F; PANEL_VECTORS] {
        [s.splat(1.0); PANEL_VECTORS]
    }

    #[inline(always)]
    fn scaled<S: Simd>(&self, s: S, sums: S::F, _: S::F, _: S::F, bias: S::F) -> S::F {
        s.add(sums, bias)
    }

    #[inline(always)]
    fn exact(&self) -> bool {
        true
    }
}
