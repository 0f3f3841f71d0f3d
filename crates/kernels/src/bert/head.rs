//! What is read from the last layer's states.

use super::{Config, Tensors};
use crate::error::KernelError;
use crate::image::{Image, Writer};
use crate::isa::Isa;
use crate::linear::{Activation, Linear, Packing, Precision, Scratch};
use crate::quantise::Span;

/// How the head is packed at any precision.
const EXACT: Packing = Packing { precision: Precision::F32, span: Span::Even };

/// The pooler and the classifier, both in f32: one row per sequence costs nothing, and a score is
/// all they make.
pub(super) struct Head {
    pooler: Linear,
    classifier: Linear,
}

impl Head {
    pub(super) fn pack(
        tensors: &Tensors<'_>,
        config: &Config,
        image: &mut Writer,
    ) -> Result<(), KernelError> {
        let Config { hidden, labels, .. } = *config;
        tensors.linear(&["pooler.dense"], (hidden, hidden), &[], EXACT, image)?;
        tensors.linear(&["classifier"], (hidden, labels), &[], EXACT, image)
    }

    pub(super) fn open(isa: Isa, config: &Config, image: &mut Image) -> Result<Self, KernelError> {
        let Config { hidden, labels, .. } = *config;
        Ok(Self {
            pooler: Linear::open(isa, EXACT, (hidden, hidden), image)?,
            classifier: Linear::open(isa, EXACT, (hidden, labels), image)?,
        })
    }

    /// Returns the classifier's outputs for the state of `[CLS]`.
    pub(super) fn logits(&self, cls: &[f32]) -> Vec<f32> {
        let (mut pooled, mut logits) = (Vec::new(), Vec::new());
        let mut scratch = Scratch::default();
        self.pooler.forward(cls, Activation::None, &mut pooled, &mut scratch);
        pooled.iter_mut().for_each(|x| *x = x.tanh());
        self.classifier.forward(&pooled, Activation::None, &mut logits, &mut scratch);
        logits
    }
}

/// Returns the mean of rows of `width` numbers, of which there is at least one.
pub(super) fn mean(states: &[f32], width: usize) -> Vec<f32> {
    let mut mean = vec![0.0; width];
    for row in states.chunks_exact(width) {
        for (sum, x) in mean.iter_mut().zip(row) {
            *sum += x;
        }
    }
    let count = (states.len() / width) as f32;
    mean.iter_mut().for_each(|sum| *sum /= count);
    mean
}
