//! What a regression is told of a passage: its word pieces, weighted, and the sum of their embeddings.

use trommel_core::WordPieces;

use crate::{FitError, Frequencies};

/// What word pieces weigh in a corpus.
#[derive(Debug, Clone)]
pub(crate) struct Weights {
    /// Of each piece: its inverse document frequency, and the root of that. The first weighs its
    /// embedding, the second the piece itself, so that common words count for more there.
    of: Vec<[f32; 2]>,
    /// The mean embedding of the pieces that the corpus has. It is in all of them, and as large as
    /// what tells them apart.
    pub(crate) centre: Vec<f32>,
}

impl Weights {
    /// Returns the weights for a corpus.
    ///
    /// # Errors
    ///
    /// [`FitError::Vocabulary`] where the frequencies are those of other pieces, and
    /// [`FitError::Embeddings`].
    pub(crate) fn new(frequencies: &Frequencies, words: &dyn WordPieces) -> Result<Self, FitError> {
        let (expected, got) = (frequencies.counts().len(), words.vocabulary());
        if expected != got {
            let (expected, got) = (format!("{expected} pieces"), format!("{got} pieces"));
            return Err(FitError::Vocabulary { expected, got });
        }
        let mut centre = vec![0.0; words.width()];
        let seen = (0..).zip(frequencies.counts()).filter(|(_, count)| **count > 0);
        let seen: Vec<(u32, f32)> = seen.map(|(piece, _)| (piece, 1.0)).collect();
        words.add_embeddings(&seen, &mut centre);
        if centre.is_empty() || centre.iter().any(|x| !x.is_finite()) {
            return Err(FitError::Embeddings);
        }
        centre.iter_mut().for_each(|x| *x /= seen.len().max(1) as f32);
        Ok(Self::of_parts(frequencies, centre))
    }

    /// Returns the weights for a corpus with a mean embedding that is known.
    pub(crate) fn of_parts(frequencies: &Frequencies, centre: Vec<f32>) -> Self {
        let of = frequencies.counts().iter().map(|&count| {
            let idf = frequencies.idf(count);
            [idf as f32, idf.sqrt() as f32]
        });
        Self { of: of.collect(), centre }
    }

    /// Returns the pieces of a passage by rising id, each with its weight; the weights are of length
    /// 1. Puts the sum of their embeddings, of length 1 too, into `embedding`; zeros if there is none.
    pub(crate) fn features(
        &self,
        pieces: &[u32],
        words: &dyn WordPieces,
        embedding: &mut [f32],
    ) -> Vec<(u32, f32)> {
        let mut sorted = pieces.to_vec();
        sorted.sort_unstable();
        let mut weighted = Vec::with_capacity(sorted.len());
        let mut of_embeddings = Vec::with_capacity(sorted.len());
        let mut sum_of_weights = 0.0;
        for same in sorted.chunk_by(|a, b| a == b) {
            let Some([idf, root]) = self.of.get(same[0] as usize) else { continue };
            let frequency = (same.len() as f32).sqrt();
            weighted.push((same[0], frequency * root));
            of_embeddings.push((same[0], frequency * idf));
            sum_of_weights += frequency * idf;
        }
        embedding.fill(0.0);
        words.add_embeddings(&of_embeddings, embedding);
        for (x, centre) in embedding.iter_mut().zip(&self.centre) {
            *x -= sum_of_weights * centre;
        }
        to_unit(embedding);
        let norm = weighted.iter().map(|(_, x)| f64::from(*x).powi(2)).sum::<f64>().sqrt();
        if norm > 0.0 {
            weighted.iter_mut().for_each(|(_, x)| *x = (f64::from(*x) / norm) as f32);
        }
        weighted
    }
}

/// Gives a vector length 1 and returns true; makes it zeros if it has no direction.
pub(crate) fn to_unit(vector: &mut [f32]) -> bool {
    let norm = vector.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
    // What is left of a sum that cancels is rounding, and no direction.
    if !norm.is_finite() || norm <= 1e-6 {
        vector.fill(0.0);
        return false;
    }
    let factor = 1.0 / norm;
    vector.iter_mut().for_each(|x| *x = (f64::from(*x) * factor) as f32);
    true
}
