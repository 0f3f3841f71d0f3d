//! An encoder of your own: anything that makes vectors of texts. This one hashes letters in threes,
//! so that it forgives spelling.

#![allow(clippy::print_stdout)] // a program prints, the library does not

use std::sync::Arc;

use trommel::{Collection, Document, Encoder, Fingerprint, ModelError, Models, TokenCounter};

const DIMENSION: usize = 256;

struct Trigrams(Fingerprint);

impl Trigrams {
    fn vector(text: &str) -> Vec<f32> {
        let letters: Vec<u32> =
            format!("  {} ", text.to_lowercase()).chars().map(u32::from).collect();
        let mut vector = vec![0.0f32; DIMENSION];
        for three in letters.windows(3) {
            let hash = three.iter().fold(17u32, |hash, c| hash.wrapping_mul(31).wrapping_add(*c));
            vector[hash as usize % DIMENSION] += 1.0;
        }
        // Vectors must be of length 1: the engine checks.
        let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        vector.iter().map(|x| x / norm).collect()
    }
}

impl Encoder for Trigrams {
    fn fingerprint(&self) -> &Fingerprint {
        &self.0
    }

    fn encode_query(&self, text: &str) -> Result<Vec<f32>, ModelError> {
        Ok(Self::vector(text))
    }

    fn encode_passages(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError> {
        Ok(texts.iter().map(|text| Self::vector(text)).collect())
    }
}

impl TokenCounter for Trigrams {
    fn count(&self, text: &str) -> usize {
        text.split_whitespace().count()
    }
}

fn main() -> trommel::Result<()> {
    // What the vectors depend on: a collection refuses an encoder with another fingerprint.
    let fingerprint = Fingerprint {
        model: "trigrams".into(),
        weights: "v1".into(),
        tokenizer: "letters".into(),
        dimension: DIMENSION,
        pooling: "sum".into(),
        query_prefix: String::new(),
        passage_prefix: String::new(),
        max_tokens: 512,
    };
    let encoder = Arc::new(Trigrams(fingerprint));
    let models = Models::of_encoder(encoder.clone(), encoder);
    let collection = Collection::open_or_create("trigrams.trommel", &models)?;
    collection.upsert(Document::new("1", "The accommodation was embarrassing."))?;
    collection.upsert(Document::new("2", "Breakfast is served at eight."))?;
    collection.commit()?;
    for hit in collection.search("acommodation embarasing").k(1).run()? {
        println!("{} {}", hit.id, hit.snippet());
    }
    Ok(())
}
