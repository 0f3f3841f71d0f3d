//! What the engine asks of a model.

use std::time::Duration;

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

    /// Scores passages as far as it comes, within a time if one is given.
    ///
    /// A reranker that may fail halfway, or wait for others, has its own; any other one scores all
    /// or nothing and knows no time.
    fn score_within(
        &self,
        query: &str,
        passages: &[&str],
        within: Option<Duration>,
    ) -> PartialScores {
        let _ = within;
        match self.score(query, passages) {
            Ok(scores) => scores.into_iter().map(Some).collect::<Vec<_>>().into(),
            Err(failure) => {
                PartialScores { scores: vec![None; passages.len()], failure: Some(failure) }
            }
        }
    }

    /// Returns whether many passages at once take about as long as a few, as with a server. It is
    /// then given all of them at once, and a time of its own instead of one pack after another.
    fn is_remote(&self) -> bool {
        false
    }

    /// Returns what was used since this reranker was made, such as requests and billed tokens; a
    /// model of this machine uses nothing that counts. No number ever falls.
    fn totals(&self) -> Vec<(usize, &'static str)> {
        Vec::new()
    }
}

/// What a reranker said of some passages: all there is, and why that is not everything.
#[derive(Debug)]
pub struct PartialScores {
    /// One place a passage, in the same order; `None` where the failure left it without a score.
    pub scores: Vec<Option<RerankScore>>,
    /// What went wrong; without it every passage has a score.
    pub failure: Option<ModelError>,
}

impl PartialScores {
    /// Returns all scores.
    ///
    /// # Errors
    ///
    /// The failure, if there was one.
    pub fn all(self) -> Result<Vec<RerankScore>, ModelError> {
        // Without a failure every passage has a score.
        self.failure.map_or_else(|| Ok(self.scores.into_iter().flatten().collect()), Err)
    }
}

impl From<Vec<Option<RerankScore>>> for PartialScores {
    fn from(scores: Vec<Option<RerankScore>>) -> Self {
        Self { scores, failure: None }
    }
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
