//! What two encoders must share before their vectors may be compared.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Everything about an encoder that shapes its vectors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// The model's id in the table of models.
    pub model: String,
    /// The first 16 hexadecimal digits of the sha256 of the weights.
    pub weights: String,
    /// The first 16 hexadecimal digits of the sha256 of the tokenizer file.
    pub tokenizer: String,
    /// The length of a vector.
    pub dimension: usize,
    /// How token states become one vector: `cls` or `mean`.
    pub pooling: String,
    /// What is put before a query.
    pub query_prefix: String,
    /// What is put before a passage.
    pub passage_prefix: String,
    /// The most tokens that the encoder reads.
    pub max_tokens: usize,
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} (weights {}, tokenizer {}, {}-d, {}, {} tokens, prefixes {:?} {:?})",
            self.model,
            self.weights,
            self.tokenizer,
            self.dimension,
            self.pooling,
            self.max_tokens,
            self.query_prefix,
            self.passage_prefix,
        )
    }
}
