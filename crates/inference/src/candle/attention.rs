//! What our own networks share: attention, one head at a time, and rotary positions.
//!
//! The square of scores is all that grows faster than the text. With one head of it at a time, a
//! text of 8192 tokens needs a quarter of a gigabyte, not several.

use candle_core::{Device, Result, Tensor};
use candle_nn::ops::softmax_last_dim;
use candle_nn::rotary_emb::rope;

/// Returns (tokens, hidden) as (heads, tokens, hidden / heads).
pub(super) fn by_head(states: &Tensor, heads: usize) -> Result<Tensor> {
    let (tokens, hidden) = states.dims2()?;
    states.reshape((tokens, heads, hidden / heads))?.transpose(0, 1)?.contiguous()
}

/// Returns the values (heads, tokens, width) mixed by the softmax of each head's scores
/// (tokens, tokens), as (tokens, hidden).
pub(super) fn mix(values: &Tensor, scores: impl Fn(usize) -> Result<Tensor>) -> Result<Tensor> {
    let heads = (0..values.dim(0)?)
        .map(|head| softmax_last_dim(&scores(head)?)?.matmul(&values.get(head)?))
        .collect::<Result<Vec<_>>>()?;
    Tensor::cat(&heads, 1)
}

/// Returns what `cell` says of every two tokens, of shape (tokens, tokens).
pub(super) fn by_pair(tokens: usize, cell: impl Fn(usize, usize) -> f32) -> Result<Tensor> {
    let cell = &cell;
    let cells = (0..tokens).flat_map(|from| (0..tokens).map(move |to| cell(from, to)));
    Tensor::from_vec(cells.collect::<Vec<f32>>(), (tokens, tokens), &Device::Cpu)
}

/// How fast each of a head's planes turns with the position (rotary positions, Su et al. 2021), of
/// shape (1, width / 2).
pub(super) struct Speeds(Tensor);

/// The cosines and sines of positions, each of shape (tokens, width / 2).
pub(super) struct Rotation {
    cos: Tensor,
    sin: Tensor,
}

impl Speeds {
    /// Returns the speeds `theta^(-2i / width)` of a head of an even `width`.
    pub(super) fn new(theta: f64, width: usize) -> Result<Self> {
        let speeds: Vec<f32> =
            (0..width).step_by(2).map(|i| theta.powf(-(i as f64) / width as f64) as f32).collect();
        Tensor::new(speeds, &Device::Cpu)?.unsqueeze(0).map(Self)
    }

    /// Returns how far the positions of a text are turned, from 0.
    pub(super) fn rotation(&self, tokens: usize) -> Result<Rotation> {
        let positions: Vec<f32> = (0..tokens).map(|position| position as f32).collect();
        let angles = Tensor::new(positions, &Device::Cpu)?.unsqueeze(1)?.matmul(&self.0)?;
        Ok(Rotation { cos: angles.cos()?, sin: angles.sin()? })
    }
}

impl Rotation {
    /// Returns states (heads, tokens, width), each turned as far as its position.
    pub(super) fn turn(&self, states: &Tensor) -> Result<Tensor> {
        rope(&states.unsqueeze(0)?, &self.cos, &self.sin)?.squeeze(0)
    }
}
