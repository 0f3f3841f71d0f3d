//! One encoder layer: attention and feed-forward, each with its residual and LayerNorm.

use super::{Config, Tensors};
use crate::attention::{self, Attention};
use crate::error::KernelError;
use crate::isa::Isa;
use crate::linear::{self, Activation, Linear};
use crate::norm::{AddNorm, Norm};

pub(super) struct Layer {
    qkv: Linear,
    attended: Linear,
    attended_norm: Norm,
    wide: Linear,
    narrow: Linear,
    narrow_norm: Norm,
    heads: usize,
    size: usize,
}

/// What a layer computes on the way; kept from layer to layer.
#[derive(Default)]
pub(super) struct Buffers {
    qkv: Vec<f32>,
    context: Vec<f32>,
    wide: Vec<f32>,
    narrow: Vec<f32>,
    linear: linear::Scratch,
    attention: attention::Scratch,
}

impl Layer {
    pub(super) fn read(
        tensors: &Tensors<'_>,
        config: &Config,
        index: usize,
    ) -> Result<Self, KernelError> {
        let Config { hidden, intermediate, epsilon, .. } = *config;
        let name = |part: &str| format!("encoder.layer.{index}.{part}");
        let [query, key, value] =
            ["query", "key", "value"].map(|part| name(&format!("attention.self.{part}")));
        let qkv = [query.as_str(), key.as_str(), value.as_str()];
        Ok(Self {
            qkv: tensors.fused(&qkv, hidden, hidden, tensors.precision())?,
            attended: tensors.linear(&name("attention.output.dense"), hidden, hidden)?,
            attended_norm: tensors.norm(&name("attention.output.LayerNorm"), hidden, epsilon)?,
            wide: tensors.linear(&name("intermediate.dense"), hidden, intermediate)?,
            narrow: tensors.linear(&name("output.dense"), intermediate, hidden)?,
            narrow_norm: tensors.norm(&name("output.LayerNorm"), hidden, epsilon)?,
            heads: config.heads,
            size: hidden / config.heads,
        })
    }

    /// Replaces `states`, a row per token, by the layer's output.
    pub(super) fn forward(
        &self,
        isa: Isa,
        lengths: &[usize],
        states: &mut [f32],
        buffers: &mut Buffers,
    ) {
        let Buffers { qkv, context, wide, narrow, linear, attention } = buffers;
        self.qkv.forward(states, Activation::None, qkv, linear);
        context.resize(states.len(), 0.0);
        let (heads, size) = (self.heads, self.size);
        isa.run(Attention { qkv, lengths, heads, size, context, scratch: attention });
        self.attended.forward(context, Activation::None, narrow, linear);
        isa.run(AddNorm { rows: states, residual: Some(narrow), norm: &self.attended_norm });
        self.wide.forward(states, Activation::Gelu, wide, linear);
        self.narrow.forward(wide, Activation::None, narrow, linear);
        isa.run(AddNorm { rows: states, residual: Some(narrow), norm: &self.narrow_norm });
    }
}
