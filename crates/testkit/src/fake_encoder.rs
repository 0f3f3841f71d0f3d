//! An encoder without a model: the hashed words of a text.

use trommel_core::{Encoder, Fingerprint, ModelError, TokenCounter, WordPieces};

/// How many word pieces a fake encoder knows.
const VOCABULARY: usize = 4096;

/// Encodes a text as the normalised sum of one pseudo-random vector a word: texts that share
/// words are near each other. Deterministic, fast, and no judge of quality.
#[derive(Debug, Clone)]
pub struct FakeEncoder {
    fingerprint: Fingerprint,
}

impl FakeEncoder {
    /// Returns a fake encoder of a dimension.
    #[must_use]
    pub fn new(dimension: usize) -> Self {
        Self::named("fake", dimension)
    }

    /// Returns a fake encoder that calls itself `model`.
    #[must_use]
    pub fn named(model: &str, dimension: usize) -> Self {
        let fingerprint = Fingerprint {
            model: model.into(),
            weights: "0".repeat(16),
            tokenizer: "0".repeat(16),
            dimension,
            pooling: "mean".into(),
            query_prefix: String::new(),
            passage_prefix: String::new(),
            max_tokens: 512,
        };
        Self { fingerprint }
    }

    fn encode(&self, text: &str) -> Vec<f32> {
        let mut vector = vec![1e-3; self.fingerprint.dimension];
        for word in words(text) {
            let mut bytes = vec![0; 4 * vector.len()];
            self.hash_of(word).fill(&mut bytes);
            for (number, bytes) in vector.iter_mut().zip(bytes.chunks_exact(4)) {
                let bits = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
                *number += bits as f32 / u32::MAX as f32 - 0.5;
            }
        }
        let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        vector.iter_mut().for_each(|x| *x /= norm);
        vector
    }

    /// Returns as many bytes as one likes that depend on a word alone.
    fn hash_of(&self, word: &str) -> blake3::OutputReader {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.fingerprint.model.as_bytes()).update(&[0]);
        hasher.update(word.to_lowercase().as_bytes()).finalize_xof()
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

impl Encoder for FakeEncoder {
    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    fn encode_query(&self, text: &str) -> Result<Vec<f32>, ModelError> {
        Ok(self.encode(text))
    }

    fn encode_passages(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError> {
        Ok(texts.iter().map(|text| self.encode(text)).collect())
    }

    fn word_pieces(&self) -> Option<Box<dyn WordPieces + '_>> {
        Some(Box::new(self.clone()))
    }
}

/// A piece is a word, and its embedding says nothing of what it means.
impl WordPieces for FakeEncoder {
    fn split(&self, passage: &str, out: &mut Vec<u32>) {
        for word in words(passage) {
            let mut bytes = [0; 4];
            self.hash_of(word).fill(&mut bytes);
            out.push(u32::from_le_bytes(bytes) % VOCABULARY as u32);
        }
    }

    fn vocabulary(&self) -> usize {
        VOCABULARY
    }

    fn width(&self) -> usize {
        4
    }

    fn add_embeddings(&self, weighted: &[(u32, f32)], sum: &mut [f32]) {
        for &(piece, weight) in weighted {
            for (place, sum) in sum.iter_mut().enumerate() {
                *sum += weight * ((piece >> (3 * place)) % 8) as f32;
            }
        }
    }
}

impl TokenCounter for FakeEncoder {
    fn count(&self, text: &str) -> usize {
        text.split_whitespace().count()
    }
}
