//! What the engine asks of a model.

use serde::{Deserialize, Serialize};

use crate::{Fingerprint, ModelError};

/// A bi-encoder: text in, one vector out.
///
/// Vectors are finite, L2-normalised and of `fingerprint().dimension` numbers. A text's vector
/// depends on that text alone, never on the texts beside it or on the number of threads.
pub trait Encoder: Send + Sync {
    /// Returns what shapes this encoder's vectors.
    fn fingerprint(&self) -> &Fingerprint;

    /// Encodes a query.
    ///
    /// # Errors
    ///
    /// If the model fails or gives a vector that is not finite.
    fn encode_query(&self, text: &str) -> Result<Vec<f32>, ModelError>;

    /// Encodes passages; the answer has one vector a passage, in the same order.
    ///
    /// # Errors
    ///
    /// If the model fails or gives a vector that is not finite.
    fn encode_passages(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError>;
}

/// A cross-encoder: a query and a passage in, one score out.
///
/// A pair's score depends on that pair alone.
pub trait Reranker: Send + Sync {
    /// Returns the model's id and the start of its weights' hash, such as `id@1225ccd6afd0f1b4`.
    fn fingerprint(&self) -> &str;

    /// Returns what turns this model's logit into a probability.
    fn calibration(&self) -> Calibration;

    /// Scores passages for a query; the answer has one score a passage, in the same order.
    ///
    /// # Errors
    ///
    /// If the model fails or gives a score that is not finite.
    fn score(&self, query: &str, passages: &[&str]) -> Result<Vec<RerankScore>, ModelError>;
}

/// What a cross-encoder says of one pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RerankScore {
    /// The model's raw output, finite: higher means more relevant.
    pub logit: f32,
    /// Whether the passage was too long and lost its end.
    pub truncated: bool,
}

/// The fixed line under the sigmoid: `probability = sigmoid((logit - midpoint) / scale)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// The logit of probability one half.
    pub midpoint: f32,
    /// How many logits the curve is wide; positive.
    pub scale: f32,
}

impl Calibration {
    /// The plain sigmoid.
    pub const SIGMOID: Self = Self { midpoint: 0.0, scale: 1.0 };

    /// Returns the probability, in [0, 1], that a logit stands for.
    #[must_use]
    pub fn probability(&self, logit: f32) -> f32 {
        1.0 / (1.0 + (-(logit - self.midpoint) / self.scale).exp())
    }
}

/// Counts a text's tokens as the encoder will see them, special tokens left out.
pub trait TokenCounter: Send + Sync {
    /// Returns the number of tokens of `text`.
    fn count(&self, text: &str) -> usize;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calibration_is_a_sigmoid_around_its_midpoint() {
        let calibration = Calibration { midpoint: 2.0, scale: 4.0 };
        assert_eq!(calibration.probability(2.0), 0.5);
        // sigmoid(1) = .731058…
        assert!((calibration.probability(6.0) - 0.731_058_6).abs() < 1e-6);
        assert!((Calibration::SIGMOID.probability(-1.0) - 0.268_941_4).abs() < 1e-6);
    }
}
