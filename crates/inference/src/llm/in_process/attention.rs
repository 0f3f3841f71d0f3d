//! Causal self-attention with grouped queries (Ainslie et al. 2023) and rotary positions (Su et al.
//! 2021).

use std::ops::Range;

use candle_core::quantized::QMatMul;
use candle_core::{CpuStorage, CustomOp1, Device, Layout, Module, Result, Shape, Tensor, bail};
use candle_nn::ops::rms_norm;
use candle_nn::rotary_emb::{rope, rope_i};
use rayon::prelude::*;
use trommel_models::{Decoder, GgufWeights, NetworkError};

use super::config::Config;

/// What the heads of all layers share.
#[derive(Clone)]
pub(super) struct Heads {
    config: Config,
    /// Of shape (context, head / 2).
    cos: Tensor,
    sin: Tensor,
}

/// One layer's attention.
pub(super) struct Attention {
    heads: Heads,
    query: Projection,
    key: Projection,
    value: Projection,
    output: QMatMul,
}

/// What makes a head's queries, keys or values of states.
struct Projection {
    weight: QMatMul,
    bias: Option<Tensor>,
    norm: Option<Tensor>,
    heads: usize,
}

impl Heads {
    /// Computes the angles of every position.
    pub(super) fn new(
        config: &Config,
        weights: &mut GgufWeights<'_>,
    ) -> std::result::Result<Self, NetworkError> {
        // Llama 3 slows some of the rotations down.
        const FACTORS: &str = "rope_freqs.weight";
        let half = config.head / 2;
        let factors = weights.has(FACTORS).then(|| weights.tensor(FACTORS, &[half])).transpose()?;
        let unreadable = |error: candle_core::Error| NetworkError::Unreadable {
            path: weights.path().to_owned(),
            source: error.into(),
        };
        Self::with(config, factors.as_ref()).map_err(unreadable)
    }

    fn with(config: &Config, factors: Option<&Tensor>) -> Result<Self> {
        let Config { head, context, rope_base, .. } = *config;
        let speed = |n: usize| rope_base.powf(-((2 * n) as f32) / head as f32);
        let speeds: Vec<f32> = (0..head / 2).map(speed).collect();
        let mut speeds = Tensor::new(speeds, &Device::Cpu)?;
        if let Some(factors) = factors {
            speeds = speeds.div(factors)?;
        }
        let positions: Vec<f32> = (0..context).map(|position| position as f32).collect();
        let positions = Tensor::new(positions, &Device::Cpu)?.unsqueeze(1)?;
        let angles = positions.matmul(&speeds.unsqueeze(0)?)?;
        Ok(Self { config: *config, cos: angles.cos()?, sin: angles.sin()? })
    }

    /// Turns states of shape (1, heads, tokens, head) by their positions.
    fn turn(&self, states: &Tensor, positions: Range<usize>) -> Result<Tensor> {
        let of = |table: &Tensor| table.narrow(0, positions.start, positions.len());
        let (cos, sin) = (of(&self.cos)?, of(&self.sin)?);
        match self.config.decoder {
            // The file's order of rows puts the two numbers that are turned together side by side.
            Decoder::Llama => rope_i(states, &cos, &sin),
            Decoder::Qwen2 | Decoder::Qwen3 => rope(states, &cos, &sin),
        }
    }
}

impl Attention {
    pub(super) fn load(
        n: usize,
        config: &Config,
        heads: &Heads,
        weights: &mut GgufWeights<'_>,
    ) -> std::result::Result<Self, NetworkError> {
        let Config { hidden, heads: queries, groups, head, .. } = *config;
        let mut projection = |part: &str, heads: usize| {
            let name = |what: &str| format!("blk.{n}.attn_{part}{what}");
            let normed = config.decoder == Decoder::Qwen3 && part != "v";
            let mut optional = |wanted: bool, name: String, size: usize| {
                wanted.then(|| weights.tensor(&name, &[size])).transpose()
            };
            Ok::<_, NetworkError>(Projection {
                bias: optional(config.decoder == Decoder::Qwen2, name(".bias"), heads * head)?,
                norm: optional(normed, name("_norm.weight"), head)?,
                weight: weights.linear(&name(".weight"), [heads * head, hidden])?,
                heads,
            })
        };
        Ok(Self {
            query: projection("q", queries)?,
            key: projection("k", groups)?,
            value: projection("v", groups)?,
            output: weights
                .linear(&format!("blk.{n}.attn_output.weight"), [hidden, queries * head])?,
            heads: heads.clone(),
        })
    }

    /// Returns what the tokens attend to, of the states' shape (tokens, hidden), and all keys and
    /// values so far, of shape (1, groups, tokens, head).
    pub(super) fn forward(
        &self,
        states: &Tensor,
        before: Option<(Tensor, Tensor)>,
        position: usize,
    ) -> Result<(Tensor, (Tensor, Tensor))> {
        let Config { heads, groups, head, epsilon, .. } = self.heads.config;
        let tokens = states.dim(0)?;
        let positions = position..position + tokens;
        let query = self.query.forward(states, head, epsilon)?;
        let query = self.heads.turn(&query, positions.clone())?;
        let key = self.key.forward(states, head, epsilon)?;
        let key = self.heads.turn(&key, positions)?;
        let value = self.value.forward(states, head, epsilon)?;
        let (key, value) = match before {
            Some((keys, values)) => {
                (Tensor::cat(&[keys, key], 2)?, Tensor::cat(&[values, value], 2)?)
            }
            None => (key, value),
        };
        // The queries that share a key stand below each other, so that no key is copied for them.
        let query = (query / f64::from(head as u32).sqrt())?;
        let query = query.reshape((1, groups, heads / groups * tokens, head))?;
        let scores = query.matmul(&key.t()?)?;
        let shares = scores.apply_op1_no_bwd(&CausalSoftmax { tokens })?;
        let attended = shares.matmul(&value)?;
        let attended = attended.reshape((heads, tokens, head))?.transpose(0, 1)?;
        let attended = attended.reshape((tokens, heads * head))?;
        Ok((self.output.forward(&attended)?, (key, value)))
    }
}

impl Projection {
    /// Returns states of shape (tokens, hidden) as (1, heads, tokens, head).
    fn forward(&self, states: &Tensor, head: usize, epsilon: f32) -> Result<Tensor> {
        let mut states = self.weight.forward(states)?;
        if let Some(bias) = &self.bias {
            states = states.broadcast_add(bias)?;
        }
        let tokens = states.dim(0)?;
        let mut states = states.reshape((1, tokens, self.heads, head))?;
        if let Some(norm) = &self.norm {
            states = rms_norm(&states, norm, epsilon)?;
        }
        states.transpose(1, 2)?.contiguous()
    }
}

/// The softmax of rows of scores, in which a token does not see those after it.
///
/// Rows come in turns of `tokens`, of which the last sees all, the one before it all but one, and so
/// on. candle's own softmax would need a mask as large as the scores, and two passes more.
struct CausalSoftmax {
    tokens: usize,
}

impl CustomOp1 for CausalSoftmax {
    fn name(&self) -> &'static str {
        "causal-softmax"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let CpuStorage::F32(numbers) = storage else { bail!("causal-softmax is for f32 only") };
        let Some((start, end)) = layout.contiguous_offsets() else {
            bail!("causal-softmax needs its rows one after the other")
        };
        let length = layout.shape().dims().last().copied().unwrap_or_default();
        // What a token does not see keeps a share of 0.
        let mut shares = vec![0.0; end - start];
        numbers[start..end]
            .par_chunks(length)
            .zip(shares.par_chunks_mut(length))
            .enumerate()
            .for_each(|(row, (scores, shares))| {
                let seen = length - (self.tokens - 1 - row % self.tokens);
                softmax(&scores[..seen], &mut shares[..seen]);
            });
        Ok((CpuStorage::F32(shares), layout.shape().clone()))
    }
}

fn softmax(scores: &[f32], shares: &mut [f32]) {
    // Less the highest, e^x is at most 1 and cannot overflow.
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for (share, score) in shares.iter_mut().zip(scores) {
        *share = (score - highest).exp();
        sum += *share;
    }
    for share in shares {
        *share /= sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_sees_itself_and_those_before_it_and_none_after() {
        // Two tokens after one that was read before, for two heads.
        let ln = |n: f32| n.ln();
        let row = [ln(1.0), ln(2.0), ln(5.0)];
        let scores = Tensor::new(&[row, row, row, row], &Device::Cpu).unwrap();
        let shares = scores.apply_op1_no_bwd(&CausalSoftmax { tokens: 2 }).unwrap();
        let shares: Vec<Vec<f32>> = shares.to_vec2().unwrap();
        let expected = [[1.0 / 3.0, 2.0 / 3.0, 0.0], [0.125, 0.25, 0.625]];
        for (row, expected) in shares.iter().zip(expected.iter().cycle()) {
            for (got, expected) in row.iter().zip(expected) {
                assert!((got - expected).abs() < 1e-6, "{shares:?}");
            }
        }
    }
}
