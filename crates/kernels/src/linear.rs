//! The linear layer y = f(x·Wᵀ + b): packing, quantising, tiles and what follows them.
//!
//! Weights are cut into panels of 2 · LANES output channels, and a panel lies in the order in
//! which it is read; a few rows of x meet it at a time, each row in its own run of words:
//!
//! ```text
//!   panel (weights)       step 0: channel 0 … channel P−1 │ step 1: …   one step = GROUP inputs
//!   rows  (activations)   row 0: step 0, step 1, … │ row 1: …           (1 in f32, 2 in bf16)
//! ```
//!
//! Each output is one sum over the inputs in their order, whatever the tile it falls into, so a
//! row's result does not depend on the rows around it.

mod bfloat;
mod float;
mod int8;

use self::bfloat::BfloatPanels;
use self::float::FloatPanels;
use self::int8::IntPanels;
use crate::error::KernelError;
use crate::image::{Image, Slab, Writer};
use crate::isa::Isa;
use crate::isa::simd::{Kernel, PANEL_VECTORS, Shape, Simd};
use crate::math::{gelu, quick_gelu};
use crate::quantise::Span;

/// How weights and the activations that meet them are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit floats.
    F32,
    /// Sixteen bits, the upper half of f32: products of rounded numbers, summed in f32.
    Bf16,
    /// Eight bits: weights symmetric with one scale per output channel, activations symmetric
    /// with one scale per token. What lies between the linear layers and attention stays f32.
    Int8,
}

impl Precision {
    /// Returns all of them, the most exact first.
    pub const ALL: [Self; 3] = [Self::F32, Self::Bf16, Self::Int8];

    /// Returns the name: `f32`, `bf16` or `int8`.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::Int8 => "int8",
        }
    }
}

/// What a layer does to its sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activation {
    None,
    Gelu,
}

/// How a layer's numbers are rounded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packing {
    pub(crate) precision: Precision,
    /// What activations are put into where they become integers.
    pub(crate) span: Span,
}

impl Packing {
    /// Rounds activations of either sign.
    pub(crate) fn even(precision: Precision) -> Self {
        Self { precision, span: Span::Even }
    }

    /// Rounds activations that a GELU gave.
    pub(crate) fn after_gelu(precision: Precision) -> Self {
        Self { precision, span: Span::AfterGelu }
    }
}

/// A linear layer, packed for one instruction set.
pub(crate) struct Linear {
    inputs: usize,
    outputs: usize,
    isa: Isa,
    /// One per channel of every panel, 0 beyond the last real one.
    bias: Slab<f32>,
    weights: Weights,
}

enum Weights {
    F32(FloatPanels),
    Bf16(BfloatPanels),
    Int8(IntPanels),
}

/// Room for one batch of activations, packed; kept between layers.
#[derive(Default)]
pub(crate) struct Scratch {
    words: Vec<i32>,
    scales: Vec<f32>,
}

/// Weights in panels, and how they meet a row.
trait Panels {
    /// Returns the words of one packed row.
    fn steps(&self) -> usize;

    /// Packs one row into `words` and returns its scale.
    fn pack_row<S: Simd>(&self, s: S, row: &[f32], words: &mut [i32]) -> f32;

    /// Returns the sums of `ROWS` packed rows and a panel.
    fn sums<S: Simd, const ROWS: usize>(
        &self,
        s: S,
        rows: &[i32],
        panel: usize,
    ) -> [[S::F; PANEL_VECTORS]; ROWS];

    /// Returns what one unit of a weight is worth, by channel of the panel.
    fn scales<S: Simd>(&self, s: S, panel: usize) -> [S::F; PANEL_VECTORS];

    /// Returns the result for `sums`, in units of `row_scale` times `scale`.
    fn scaled<S: Simd>(&self, s: S, sums: S::F, row_scale: S::F, scale: S::F, bias: S::F) -> S::F;

    /// Returns whether one vector of packed weights fills two registers.
    fn widened<S: Simd>(&self) -> bool {
        false
    }

    /// Returns whether the result is worth the exact GELU.
    fn exact(&self) -> bool {
        false
    }
}

impl Linear {
    /// Writes the packed form of `weights`, `outputs` rows of `inputs` each; `bias` has one number
    /// per row.
    pub(crate) fn pack(
        isa: Isa,
        packing: Packing,
        weights: &[f32],
        bias: &[f32],
        image: &mut Writer,
    ) {
        let inputs = weights.len() / bias.len();
        let shape = isa.shape();
        let mut padded = bias.to_vec();
        padded.resize(bias.len().next_multiple_of(shape.panel()), 0.0);
        image.put(&padded);
        match packing.precision {
            Precision::F32 => float::pack(shape, weights, inputs, image),
            Precision::Bf16 => bfloat::pack(shape, weights, inputs, image),
            Precision::Int8 => int8::pack(shape, packing.span, weights, inputs, image),
        }
    }

    /// Reads what [`Linear::pack`] wrote.
    ///
    /// # Errors
    ///
    /// [`KernelError::Image`] where the sizes are not those of such a layer.
    pub(crate) fn open(
        isa: Isa,
        packing: Packing,
        (inputs, outputs): (usize, usize),
        image: &mut Image,
    ) -> Result<Self, KernelError> {
        let shape = isa.shape();
        let channels = outputs.next_multiple_of(shape.panel());
        let bias = image.take(channels)?;
        let weights = match packing.precision {
            Precision::F32 => Weights::F32(FloatPanels::open(shape, inputs, channels, image)?),
            Precision::Bf16 => Weights::Bf16(BfloatPanels::open(shape, inputs, channels, image)?),
            Precision::Int8 => {
                Weights::Int8(IntPanels::open(shape, packing.span, inputs, channels, image)?)
            }
        };
        Ok(Self { inputs, outputs, isa, bias, weights })
    }

    /// Writes f(x·Wᵀ + b) for every row of `x` to `y`, which is made to fit.
    pub(crate) fn forward(
        &self,
        x: &[f32],
        activation: Activation,
        y: &mut Vec<f32>,
        scratch: &mut Scratch,
    ) {
        y.resize(x.len() / self.inputs * self.outputs, 0.0);
        match &self.weights {
            Weights::F32(panels) => self.run(panels.view(), x, activation, y, scratch),
            Weights::Bf16(panels) => self.run(panels.view(), x, activation, y, scratch),
            Weights::Int8(panels) => self.run(panels.view(), x, activation, y, scratch),
        }
    }

    fn run(
        &self,
        panels: impl Panels,
        x: &[f32],
        activation: Activation,
        y: &mut [f32],
        scratch: &mut Scratch,
    ) {
        let Self { inputs, outputs, .. } = *self;
        let bias = &self.bias;
        self.isa.run(Product { inputs, outputs, bias, panels, x, activation, y, scratch });
    }
}

struct Product<'a, P> {
    inputs: usize,
    outputs: usize,
    bias: &'a [f32],
    panels: P,
    x: &'a [f32],
    activation: Activation,
    y: &'a mut [f32],
    scratch: &'a mut Scratch,
}

impl<P: Panels> Kernel for Product<'_, P> {
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        // The tall tile keeps its sums, the panel's vectors and one activation in registers.
        // 12 · 2 + 3 = 27 of 32, 6 · 2 + 3 = 15 of 16, and 4 · 2 + 6 = 14 where weights and
        // activation take two registers each.
        if S::WIDE {
            self.tiles::<S, 12, 4>(s);
        } else if self.panels.widened::<S>() {
            self.tiles::<S, 4, 2>(s);
        } else {
            self.tiles::<S, 6, 2>(s);
        }
    }
}

impl<P: Panels> Product<'_, P> {
    #[inline(always)]
    fn tiles<S: Simd, const TALL: usize, const LOW: usize>(mut self, s: S) {
        let rows = self.x.len() / self.inputs;
        self.pack(s, rows);
        // A panel meets all rows before the next one begins, so its weights come from memory once.
        for panel in 0..self.bias.len() / Shape::of::<S>().panel() {
            let mut row = 0;
            while row + TALL <= rows {
                self.tile::<S, TALL>(s, panel, row);
                row += TALL;
            }
            while row + LOW <= rows {
                self.tile::<S, LOW>(s, panel, row);
                row += LOW;
            }
            while row < rows {
                self.tile::<S, 1>(s, panel, row);
                row += 1;
            }
        }
    }

    #[inline(always)]
    fn pack<S: Simd>(&mut self, s: S, rows: usize) {
        let steps = self.panels.steps();
        let Scratch { words, scales } = &mut *self.scratch;
        words.resize(rows * steps, 0);
        scales.resize(rows, 0.0);
        let places = words.chunks_exact_mut(steps).zip(scales);
        for (row, (words, scale)) in self.x.chunks_exact(self.inputs).zip(places) {
            *scale = self.panels.pack_row(s, row, words);
        }
    }

    /// Computes `ROWS` rows by one panel.
    #[inline(always)]
    fn tile<S: Simd, const ROWS: usize>(&mut self, s: S, panel: usize, row: usize) {
        let steps = self.panels.steps();
        let rows = &self.scratch.words[row * steps..][..ROWS * steps];
        let sums = self.panels.sums::<S, ROWS>(s, rows, panel);
        let width = PANEL_VECTORS * S::LANES;
        let first = panel * width;
        let [scale0, scale1] = self.panels.scales(s, panel);
        let [bias0, bias1] = [s.load(&self.bias[first..]), s.load(&self.bias[first + S::LANES..])];
        let scales = &self.scratch.scales[row..row + ROWS];
        let y = &mut self.y[row * self.outputs..][..ROWS * self.outputs];
        let rows = y.chunks_exact_mut(self.outputs).zip(scales).zip(sums);
        for ((y, &scale), [sum0, sum1]) in rows {
            let scale = s.splat(scale);
            let v0 = self.panels.scaled(s, sum0, scale, scale0, bias0);
            let v1 = self.panels.scaled(s, sum1, scale, scale1, bias1);
            let v0 = activate(s, v0, self.activation, self.panels.exact());
            let v1 = activate(s, v1, self.activation, self.panels.exact());
            // The last panel may be wider than what is left of the row: all of it fits, one vector
            // and a part of the other, or a part of one.
            let y = &mut y[first..];
            if y.len() >= width {
                s.store(y, v0);
                s.store(&mut y[S::LANES..], v1);
            } else if let Some(rest) = y.len().checked_sub(S::LANES) {
                s.store(y, v0);
                s.store_part(&mut y[S::LANES..S::LANES + rest], v1);
            } else {
                s.store_part(y, v0);
            }
        }
    }
}

/// Applies what follows the sums of a layer.
#[inline(always)]
fn activate<S: Simd>(s: S, v: S::F, activation: Activation, exact: bool) -> S::F {
    match activation {
        Activation::None => v,
        Activation::Gelu if exact => gelu(s, v),
        Activation::Gelu => quick_gelu(s, v),
    }
}

#[cfg(test)]
mod tests;
