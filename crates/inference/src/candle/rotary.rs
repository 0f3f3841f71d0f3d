//! Rotary positions (Su et al. 2021).

use candle_core::{Device, Result, Tensor};
use candle_nn::rotary_emb::rope;

/// How fast each of a head's planes turns with the position, of shape (1, width / 2).
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
