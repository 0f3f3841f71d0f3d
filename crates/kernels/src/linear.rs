//! The linear layer y = f(x·Wᵀ + b): packing, quantising, tiles and what follows them.
//!
//! Weights are cut into panels of 2 · LANES output channels. Rows of x are cut into tiles of a few
//! tokens, interleaved so that one step of the inner loop reads one short run of each:
//!
//! ```text
//!   panel  (weights)    step 0: channel 0 … channel P−1 │ step 1: …   one step = GROUP inputs
//!   tile (activations)  step 0: row 0 … row R−1         │ step 1: …   (1 in f32, up to 4 in int8)
//! ```
//!
//! Each output is one sum over the inputs in their order, whatever the tile it falls into, so a
//! row's result does not depend on the rows around it.

mod float;
mod int8;

pub(crate) use float::accumulate;

use crate::isa::Isa;
use crate::isa::simd::{Kernel, MAX_LANES, PANEL_VECTORS, Shape, Simd};
use crate::math::gelu;

/// How weights and the activations that meet them are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit floats.
    F32,
    /// Eight bits: weights symmetric with one scale per output channel, activations symmetric
    /// with one scale per token. Everything between the linear layers stays f32.
    Int8,
}

/// What a layer does to its sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activation {
    None,
    Gelu,
}

/// Rows of the largest tile: 24 of 32 registers hold its sums.
const MAX_ROWS: usize = 12;

/// A linear layer, packed for one instruction set.
pub(crate) struct Linear {
    inputs: usize,
    outputs: usize,
    isa: Isa,
    /// One per channel of every panel, 0 beyond the last real one.
    bias: Vec<f32>,
    /// What a sum times its row's scale is multiplied by: 1 in f32.
    scales: Vec<f32>,
    weights: Weights,
}

enum Weights {
    F32(Vec<f32>),
    Int8(int8::Panels),
}

/// Room for one batch of activations, packed; kept between layers.
#[derive(Default)]
pub(crate) struct Scratch {
    floats: Vec<f32>,
    words: Vec<i32>,
    scales: Vec<f32>,
}

impl Linear {
    /// Packs `weights`, `outputs` rows of `inputs` each; `bias` has one number per row.
    pub(crate) fn pack(isa: Isa, precision: Precision, weights: &[f32], bias: &[f32]) -> Self {
        let outputs = bias.len();
        let inputs = weights.len() / outputs;
        let shape = isa.shape();
        let channels = outputs.next_multiple_of(shape.panel());
        let mut padded = bias.to_vec();
        padded.resize(channels, 0.0);
        let (weights, mut scales) = match precision {
            Precision::F32 => {
                (Weights::F32(float::pack(shape, weights, inputs)), vec![1.0; outputs])
            }
            Precision::Int8 => {
                let (panels, scales) = int8::Panels::pack(shape, weights, inputs);
                (Weights::Int8(panels), scales)
            }
        };
        scales.resize(channels, 0.0);
        Self { inputs, outputs, isa, bias: padded, scales, weights }
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
        self.isa.run(Product { layer: self, x, activation, y, scratch });
    }
}

struct Product<'a> {
    layer: &'a Linear,
    x: &'a [f32],
    activation: Activation,
    y: &'a mut [f32],
    scratch: &'a mut Scratch,
}

impl Kernel for Product<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        // The tall tile keeps its sums, two panel vectors and one activation in registers; the
        // low one bounds what the last rows waste.
        if S::WIDE { self.tiles::<S, MAX_ROWS, 4>(s) } else { self.tiles::<S, 6, 2>(s) }
    }
}

impl Product<'_> {
    #[inline(always)]
    fn tiles<S: Simd, const TALL: usize, const LOW: usize>(mut self, s: S) {
        let rows = self.x.len() / self.layer.inputs;
        self.pack::<S, TALL, LOW>(s, rows);
        for panel in 0..self.layer.bias.len() / Shape::of::<S>().panel() {
            let mut row = 0;
            while row + TALL <= rows {
                self.tile::<S, TALL>(s, panel, row, TALL);
                row += TALL;
            }
            while row < rows {
                self.tile::<S, LOW>(s, panel, row, LOW.min(rows - row));
                row += LOW;
            }
        }
    }

    /// Interleaves the rows of each tile, quantised where the weights are.
    #[inline(always)]
    fn pack<S: Simd, const TALL: usize, const LOW: usize>(&mut self, s: S, rows: usize) {
        let inputs = self.layer.inputs;
        let scratch = &mut *self.scratch;
        let steps = match &self.layer.weights {
            Weights::F32(_) => {
                scratch.floats.resize((rows + LOW) * inputs, 0.0);
                inputs
            }
            Weights::Int8(panels) => {
                scratch.words.resize((rows + LOW) * panels.steps(), 0);
                panels.steps()
            }
        };
        scratch.scales.resize(rows, 0.0);
        scratch.scales.fill(1.0);
        let tall = rows - rows % TALL;
        for (i, x) in self.x.chunks_exact(inputs).enumerate() {
            let (height, place) = if i < tall { (TALL, i % TALL) } else { (LOW, (i - tall) % LOW) };
            let start = (i - place) * steps + place;
            match &self.layer.weights {
                Weights::F32(_) => {
                    let places = scratch.floats[start..].iter_mut().step_by(height);
                    for (place, &x) in places.zip(x) {
                        *place = x;
                    }
                }
                Weights::Int8(_) => {
                    let words = &mut scratch.words[start..];
                    scratch.scales[i] = int8::quantise(s, x, words, height);
                }
            }
        }
    }

    /// Computes `ROWS` rows by one panel and writes the first `kept` of them.
    #[inline(always)]
    fn tile<S: Simd, const ROWS: usize>(&mut self, s: S, panel: usize, row: usize, kept: usize) {
        const { assert!(ROWS <= MAX_ROWS) };
        let width = PANEL_VECTORS * S::LANES;
        let mut sums = [0.0; MAX_ROWS * PANEL_VECTORS * MAX_LANES];
        let sums = &mut sums[..ROWS * width];
        match &self.layer.weights {
            Weights::F32(panels) => {
                let inputs = self.layer.inputs;
                let tile = &self.scratch.floats[row * inputs..][..ROWS * inputs];
                let panel = &panels[panel * width * inputs..][..width * inputs];
                accumulate::<S, ROWS>(s, tile, panel, sums);
            }
            Weights::Int8(panels) => {
                let steps = panels.steps();
                let tile = &self.scratch.words[row * steps..][..ROWS * steps];
                panels.accumulate::<S, ROWS>(s, tile, panel, sums);
            }
        }
        for (i, sums) in sums.chunks_exact(width).enumerate().take(kept) {
            self.finish(s, sums, row + i, panel * width);
        }
    }

    /// Scales, shifts and activates the sums of one row from `channel` on.
    #[inline(always)]
    fn finish<S: Simd>(&mut self, s: S, sums: &[f32], row: usize, channel: usize) {
        let layer = self.layer;
        let row_scale = s.splat(self.scratch.scales[row]);
        let end = (channel + sums.len()).min(layer.outputs);
        let y = &mut self.y[row * layer.outputs + channel..row * layer.outputs + end];
        let scales = layer.scales[channel..].chunks_exact(S::LANES);
        let biases = layer.bias[channel..].chunks_exact(S::LANES);
        let sums = sums.chunks_exact(S::LANES);
        for ((y, sums), (scale, bias)) in y.chunks_mut(S::LANES).zip(sums).zip(scales.zip(biases)) {
            let scaled = s.mul(s.load(sums), row_scale);
            let v = s.mul_add(scaled, s.load(scale), s.load(bias));
            let v = if self.activation == Activation::Gelu { gelu(s, v) } else { v };
            if y.len() == S::LANES { s.store(y, v) } else { s.store_part(y, v) }
        }
    }
}

#[cfg(test)]
mod tests;
