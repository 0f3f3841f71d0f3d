//! What the engine asks of an encoder.

use crate::{Fingerprint, ModelError, WordPieces};

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

    /// Returns the word pieces that the encoder reads; nothing if they cannot be had, as behind an
    /// API.
    fn word_pieces(&self) -> Option<Box<dyn WordPieces + '_>> {
        None
    }
}

/// Counts a text's tokens as the encoder will see them, special tokens left out.
pub trait TokenCounter: Send + Sync {
    /// Returns the number of tokens of `text`.
    fn count(&self, text: &str) -> usize;
}
