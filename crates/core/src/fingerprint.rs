//! What two encoders must share before their vectors may be compared.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ModelError;

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

impl Fingerprint {
    /// Returns a query as the model reads it.
    #[must_use]
    pub fn query_text<'a>(&self, query: &'a str) -> Cow<'a, str> {
        prefixed(&self.query_prefix, query)
    }

    /// Returns a passage as the model reads it.
    #[must_use]
    pub fn passage_text<'a>(&self, passage: &'a str) -> Cow<'a, str> {
        prefixed(&self.passage_prefix, passage)
    }

    /// Returns a vector at length 1, if it can be one of the encoder's.
    ///
    /// # Errors
    ///
    /// If it has another dimension, or numbers that are not finite or all 0.
    pub fn unit_vector(&self, mut vector: Vec<f32>) -> Result<Vec<f32>, ModelError> {
        let bad = |got: String| ModelError::BadOutput {
            model: self.model.clone(),
            expected: format!("{} finite numbers, not all of them 0", self.dimension),
            got,
        };
        if vector.len() != self.dimension {
            return Err(bad(format!("{} numbers", vector.len())));
        }
        // Added and divided in 64 bits: the length of the result is then 1 to the last bits of 32.
        let norm = vector.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
        if !norm.is_finite() || norm == 0.0 {
            return Err(bad(format!("a vector of length {norm}")));
        }
        vector.iter_mut().for_each(|x| *x = (f64::from(*x) / norm) as f32);
        Ok(vector)
    }
}

fn prefixed<'a>(prefix: &str, text: &'a str) -> Cow<'a, str> {
    match prefix {
        "" => Cow::Borrowed(text),
        prefix => Cow::Owned(format!("{prefix}{text}")),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(dimension: usize) -> Fingerprint {
        Fingerprint {
            model: "bytes".into(),
            weights: String::new(),
            tokenizer: String::new(),
            dimension,
            pooling: "cls".into(),
            query_prefix: "q".into(),
            passage_prefix: String::new(),
            max_tokens: 512,
        }
    }

    #[test]
    fn a_query_gets_its_prefix_and_a_passage_its_own() {
        assert_eq!(fingerprint(2).query_text("q"), "qq");
        assert_eq!(fingerprint(2).passage_text("q"), "q");
    }

    #[test]
    fn a_vector_gets_unit_length() {
        // 3-4-5 is the smallest right triangle.
        assert_eq!(fingerprint(2).unit_vector(vec![3.0, 4.0]).unwrap(), [0.6, 0.8]);
        assert_eq!(fingerprint(2).unit_vector(vec![113.0; 2]).unwrap(), [0.5f32.sqrt(); 2]);
    }

    #[test]
    fn a_vector_that_cannot_be_compared_is_an_error() {
        for vector in [vec![f32::NAN; 2], vec![f32::INFINITY; 2], vec![0.0; 2], vec![1.0; 8]] {
            assert!(fingerprint(2).unit_vector(vector.clone()).is_err(), "{vector:?}");
        }
        let error = fingerprint(2).unit_vector(vec![1.0; 3]).unwrap_err().to_string();
        assert_eq!(
            error,
            "model bytes gave 3 numbers where 2 finite numbers, not all of them 0 was expected"
        );
    }
}
