//! The sampled passages as they would be predicted had they not been sampled.

use trommel_core::PassageId;
use trommel_kernels::Isa;

/// The predicted vectors of the sampled passages, each by a table that was learned without it.
///
/// By its own table a sampled passage is predicted far too well to stand for the others.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOut {
    pub(crate) passages: Vec<PassageId>,
    pub(crate) vectors: Vec<f32>,
    pub(crate) dimension: usize,
}

impl LeftOut {
    /// Returns the sampled passages, by rising id.
    #[must_use]
    pub fn passages(&self) -> &[PassageId] {
        &self.passages
    }

    /// Walks the passages with their predictions, unit vectors.
    pub fn iter(&self) -> impl Iterator<Item = (PassageId, &[f32])> {
        self.passages.iter().copied().zip(self.vectors.chunks_exact(self.dimension))
    }

    /// Returns the score of each prediction for a query's vector, in the order of the passages.
    #[must_use]
    pub fn scores(&self, query: &[f32]) -> Vec<f32> {
        let mut scores = vec![0.0; self.passages.len()];
        Isa::best().dots(query, &self.vectors, &mut scores);
        scores
    }
}
