//! Word, position and type embeddings, summed and normalised.

use super::{Config, Sequence, Tensors};
use crate::error::KernelError;
use crate::isa::Isa;
use crate::norm::{AddNorm, Norm};

pub(super) struct Embeddings {
    words: Vec<f32>,
    positions: Vec<f32>,
    types: Vec<f32>,
    norm: Norm,
    width: usize,
}

impl Embeddings {
    pub(super) fn read(tensors: &Tensors<'_>, config: &Config) -> Result<Self, KernelError> {
        let width = config.hidden;
        let table = |name, rows| tensors.get(&format!("embeddings.{name}.weight"), &[rows, width]);
        Ok(Self {
            words: table("word_embeddings", config.vocabulary)?,
            positions: table("position_embeddings", config.positions)?,
            types: table("token_type_embeddings", config.types)?,
            norm: tensors.norm("embeddings.LayerNorm", width, config.epsilon)?,
            width,
        })
    }

    /// Returns a row per token, sequence after sequence.
    ///
    /// The sequences are checked against the configuration, so every look-up is inside its table.
    pub(super) fn forward(&self, isa: Isa, sequences: &[Sequence<'_>]) -> Vec<f32> {
        let tokens: usize = sequences.iter().map(|sequence| sequence.ids.len()).sum();
        let mut rows = Vec::with_capacity(tokens * self.width);
        for sequence in sequences {
            for (position, &id) in sequence.ids.iter().enumerate() {
                let kind = sequence.types.get(position).copied().unwrap_or(0);
                let word = self.row(&self.words, id as usize);
                let place = self.row(&self.positions, position).iter();
                let kind = self.row(&self.types, kind as usize);
                rows.extend(word.iter().zip(place.zip(kind)).map(|(w, (p, k))| w + p + k));
            }
        }
        isa.run(AddNorm { rows: &mut rows, residual: None, norm: &self.norm });
        rows
    }

    fn row<'a>(&self, table: &'a [f32], row: usize) -> &'a [f32] {
        &table[row * self.width..][..self.width]
    }
}
