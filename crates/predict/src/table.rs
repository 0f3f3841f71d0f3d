//! What was learned from a sample.

use trommel_core::WordPieces;
use trommel_kernels::Isa;

use crate::features::Weights;
use crate::rows::Rows;
use crate::{FitError, Frequencies, LeftOut, Predictor};

/// What a passage's vector is, given its word pieces: as learned from a sample of a corpus by
/// [`crate::fit`].
///
/// With x the weighted pieces and z the weighted sum of their embeddings, both of length 1, it is
/// x·T + z·A + μ at length 1, where T has a row for each piece of the sample and μ is the mean of
/// the sample's vectors. The weights are those of the corpus when the table was learned.
#[derive(Debug, Clone)]
pub struct Table {
    /// The encoder, as [`trommel_core::Fingerprint`] displays itself.
    pub(crate) encoder: String,
    pub(crate) frequencies: Frequencies,
    pub(crate) weights: Weights,
    pub(crate) mean: Vec<f32>,
    /// A by its columns: for each number of a vector as many as an embedding has.
    pub(crate) map: Vec<f32>,
    pub(crate) rows: Rows,
    pub(crate) left_out: LeftOut,
    pub(crate) quality: Quality,
}

/// How well a table predicts passages that it was not learned from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quality {
    /// The ridge that was chosen, as a share of the mean square of the features.
    pub ridge: f32,
    /// The squared error of left out passages, as a share of the variance: 0 is perfect, 1 no better
    /// than the mean.
    pub error: f32,
    /// The mean cosine of left out passages' predictions with their true vectors.
    pub mean_cosine: f32,
}

impl Table {
    /// Returns how many numbers a predicted vector has.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.mean.len()
    }

    /// Returns the corpus that the table was learned from, by its word pieces.
    #[must_use]
    pub fn frequencies(&self) -> &Frequencies {
        &self.frequencies
    }

    /// Returns the sampled passages as they would be predicted had they not been sampled.
    #[must_use]
    pub fn left_out(&self) -> &LeftOut {
        &self.left_out
    }

    /// Returns how well the table predicts.
    #[must_use]
    pub fn quality(&self) -> Quality {
        self.quality
    }

    /// Returns what predicts with the word pieces of the encoder.
    ///
    /// # Errors
    ///
    /// [`FitError::Vocabulary`] where they are those of another encoder.
    pub fn predictor<'a>(
        &'a self,
        words: &'a dyn WordPieces,
        isa: Isa,
    ) -> Result<Predictor<'a>, FitError> {
        let size = |pieces: usize, width: usize| format!("{pieces} pieces of {width} numbers");
        let expected = (self.frequencies.counts().len(), self.weights.centre.len());
        let got = (words.vocabulary(), words.width());
        if expected != got {
            let (expected, got) = (size(expected.0, expected.1), size(got.0, got.1));
            return Err(FitError::Vocabulary { expected, got });
        }
        Ok(Predictor { table: self, words, isa })
    }
}
