//! One encoder layer: attention and feed-forward, each with its residual and LayerNorm.

use super::{Config, Tensors};
use crate::attention::{Place, float, int8};
use crate::error::KernelError;
use crate::image::{Image, Writer};
use crate::isa::Isa;
use crate::linear::{self, Activation, Linear, Precision};
use crate::norm::{AddNorm, LayerNorm};

pub(super) struct Layer {
    qkv: Linear,
    attended: Linear,
    attended_norm: LayerNorm,
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
        image: &mut Writer,
    ) -> Result<(), KernelError> {
        let Config { hidden, intermediate, .. } = *config;
        let name = |part: &str| format!("encoder.layer.{index}.{part}");
        let linear = |part: &str, shape, image: &mut Writer| {
            tensors.linear(&[&name(part)], shape, precision, image)
        };
        let [query, key, value] =
            ["query", "key", "value"].map(|part| name(&format!("attention.self.{part}")));
        tensors.linear(&[&query, &key, &value], (hidden, hidden), precision, image)?;
        linear("attention.output.dense", (hidden, hidden), image)?;
        tensors.norm(&name("attention.output.LayerNorm"), hidden, image)?;
        linear("intermediate.dense", (hidden, intermediate), image)?;
        linear("output.dense", (intermediate, hidden), image)?;
        tensors.norm(&name("output.LayerNorm"), hidden, image)
    }

    pub(super) fn open(
        isa: Isa,
        config: &Config,
        precision: Precision,
        image: &mut Image,
    ) -> Result<Self, KernelError> {
        let Config { hidden, intermediate, epsilon, heads, .. } = *config;
        Ok(Self {
            qkv: Linear::open(isa, precision, (hidden, 3 * hidden), image)?,
            attended: Linear::open(isa, precision, (hidden, hidden), image)?,
            attended_norm: LayerNorm::open(hidden, epsilon, image)?,
            wide: Linear::open(isa, precision, (hidden, intermediate), image)?,
            narrow: Linear::open(isa, precision, (intermediate, hidden), image)?,
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
        let Buffers { qkv, context, wide, narrow, linear, float, int8 } = buffers;
        self.qkv.forward(states, Activation::None, qkv, linear);
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
        self.wide.forward(states, Activation::Gelu, wide, linear);
        self.narrow.forward(wide, Activation::None, narrow, linear);
        add_and_norm(isa, states, narrow, &self.narrow_norm);
    }
}

fn add_and_norm(isa: Isa, states: &mut [f32], added: &[f32], norm: &LayerNorm) {
    isa.run(AddNorm { rows: states, residual: Some(added), norm: norm.view() });
}

/// Keeps the rows of the first `asking` tokens of each sequence.
fn keep_first(states: &mut Vec<f32>, width: usize, lengths: &[usize], asking: usize) {
    let (mut from, mut to) = (0, 0);
    for length in lengths {
        let kept = width * asking.min(*length);
        states.copy_within(from..from + kept, to);
        from += width * length;
        to += kept;
    }
    states.truncate(to);
}
