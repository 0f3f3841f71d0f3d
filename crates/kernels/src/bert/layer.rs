//! One encoder layer: attention and feed-forward, each with its residual and LayerNorm.

use super::outliers::{Outliers, Shares, further};
use super::{Config, Tensors};
use crate::attention::{Place, float, int8};
use crate::error::KernelError;
use crate::image::{Image, Writer};
use crate::isa::Isa;
use crate::linear::{self, Activation, Linear, Packing, Precision};
use crate::norm::{AddNorm, LayerNorm};

/// Rows that go through the feed-forward part at a time: whole tiles of any instruction set, and few
/// enough that what lies between its two layers stays in the second-level cache.
const FEED_ROWS: usize = 96;

pub(super) struct Layer {
    qkv_shares: Shares,
    qkv: Linear,
    attended: Linear,
    attended_norm: LayerNorm,
    wide_shares: Shares,
    wide: Linear,
    narrow: Linear,
    narrow_norm: LayerNorm,
    heads: usize,
    hidden: usize,
    precision: Precision,
}

/// What a layer computes on the way; kept from layer to layer.
#[derive(Default)]
pub(super) struct Buffers {
    shares: Vec<f32>,
    qkv: Vec<f32>,
    context: Vec<f32>,
    wide: Vec<f32>,
    narrow: Vec<f32>,
    linear: linear::Scratch,
    float: float::Scratch,
    int8: int8::Scratch,
}

impl Layer {
    pub(super) fn pack(
        tensors: &Tensors<'_>,
        config: &Config,
        precision: Precision,
        index: usize,
        outliers: &Outliers,
        image: &mut Writer,
    ) -> Result<(), KernelError> {
        let Config { hidden, intermediate, .. } = *config;
        let Outliers { attention, feed_forward } = outliers;
        let even = Packing::even(precision);
        let name = |part: &str| format!("encoder.layer.{index}.{part}");
        let linear = |part: &str, shape, outliers: &[u32], packing, image: &mut Writer| {
            tensors.linear(&[&name(part)], shape, outliers, packing, image)
        };
        let [query, key, value] =
            ["query", "key", "value"].map(|part| name(&format!("attention.self.{part}")));
        Shares::pack(attention, image);
        // All three read the same rows, so they are one product of three times the width.
        tensors.linear(&[&query, &key, &value], (hidden, hidden), attention, even, image)?;
        linear("attention.output.dense", (hidden, hidden), &[], even, image)?;
        tensors.norm(&name("attention.output.LayerNorm"), hidden, image)?;
        Shares::pack(feed_forward, image);
        linear("intermediate.dense", (hidden, intermediate), feed_forward, even, image)?;
        let after_gelu = Packing::after_gelu(precision);
        linear("output.dense", (intermediate, hidden), &[], after_gelu, image)?;
        tensors.norm(&name("output.LayerNorm"), hidden, image)
    }

    pub(super) fn open(
        isa: Isa,
        config: &Config,
        precision: Precision,
        image: &mut Image,
    ) -> Result<Self, KernelError> {
        let Config { hidden, intermediate, epsilon, heads, .. } = *config;
        let even = Packing::even(precision);
        let shared = hidden + further(precision, hidden);
        // In the order in which they were packed.
        Ok(Self {
            qkv_shares: Shares::open(precision, hidden, image)?,
            qkv: Linear::open(isa, even, (shared, 3 * hidden), image)?,
            attended: Linear::open(isa, even, (hidden, hidden), image)?,
            attended_norm: LayerNorm::open(hidden, epsilon, image)?,
            wide_shares: Shares::open(precision, hidden, image)?,
            wide: Linear::open(isa, even, (shared, intermediate), image)?,
            narrow: Linear::open(
                isa,
                Packing::after_gelu(precision),
                (intermediate, hidden),
                image,
            )?,
            narrow_norm: LayerNorm::open(hidden, epsilon, image)?,
            heads,
            hidden,
            precision,
        })
    }

    /// Replaces `states`, a row per token, by the layer's output for the first `asking` tokens of
    /// each sequence.
    pub(super) fn forward(
        &self,
        isa: Isa,
        lengths: &[usize],
        asking: usize,
        states: &mut Vec<f32>,
        buffers: &mut Buffers,
    ) {
        self.attend(isa, lengths, asking, states, buffers);
        self.feed(isa, states, buffers);
    }

    /// Replaces `states` by what attention makes of them: the first half of [`Layer::forward`].
    pub(super) fn attend(
        &self,
        isa: Isa,
        lengths: &[usize],
        asking: usize,
        states: &mut Vec<f32>,
        buffers: &mut Buffers,
    ) {
        let Buffers { shares, qkv, context, narrow, linear, float, int8, .. } = buffers;
        let shared = self.qkv_shares.part(states, shares);
        self.qkv.forward(shared, Activation::None, qkv, linear);
        // So far every token was needed, as a key and a value; from here on only those that ask.
        keep_first(states, self.hidden, lengths, asking);
        context.resize(states.len(), 0.0);
        let (heads, size) = (self.heads, self.hidden / self.heads);
        let place = Place { qkv, lengths, asking, heads, size, context };
        match self.precision {
            Precision::Int8 => isa.run(int8::Attention { place, scratch: int8 }),
            _ => isa.run(float::Attention { place, scratch: float }),
        }
        self.attended.forward(context, Activation::None, narrow, linear);
        add_and_norm(isa, states, narrow, &self.attended_norm);
    }

    /// Replaces `states` by what the feed-forward part makes of them: the second half.
    pub(super) fn feed(&self, isa: Isa, states: &mut [f32], buffers: &mut Buffers) {
        let Buffers { shares, wide, narrow, linear, .. } = buffers;
        // A row's result does not depend on the rows beside it, so the cut changes no number.
        for states in states.chunks_mut(FEED_ROWS * self.hidden) {
            let shared = self.wide_shares.part(states, shares);
            self.wide.forward(shared, Activation::Gelu, wide, linear);
            self.narrow.forward(wide, Activation::None, narrow, linear);
            add_and_norm(isa, states, narrow, &self.narrow_norm);
        }
    }
}

fn add_and_norm(isa: Isa, states: &mut [f32], added: &[f32], norm: &LayerNorm) {
    isa.run(AddNorm { rows: states, residual: Some(added), norm: norm.view() });
}

impl Layer {
    /// Returns the channels that are given further shares, one entry a share: in the input of
    /// attention and in that of the feed-forward part.
    pub(super) fn outliers(&self) -> [&[u32]; 2] {
        [self.qkv_shares.channels(), self.wide_shares.channels()]
    }
}

/// Keeps the rows of the first `asking` tokens of each sequence.
fn keep_first(states: &mut Vec<f32>, width: usize, lengths: &[usize], asking: usize) {
    let (mut from, mut to) = (0, 0);
    for length in lengths {
        let kept = width * asking.min(*length);
        // `to` never passes `from`, so no row is overwritten before it has moved.
        states.copy_within(from..from + kept, to);
        from += width * length;
        to += kept;
    }
    states.truncate(to);
}
