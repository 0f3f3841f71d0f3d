//! What stands for a real encoder, whose cost is known and grows with the passages and no faster.
//!
//! A text's vector is the sum of a fixed random vector for each of its words, with a little noise. So
//! vectors lie in clusters, as real ones do: texts about one topic have its words. And as with real ones, a
//! few directions hold most of what differs, without which a graph finds its way worse than it does among
//! those. It takes microseconds.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use trommel::{Encoder, Fingerprint, ModelError, TokenCounter};
use trommel_core::WordPieces;

use crate::random::Random;

pub(crate) const DIMENSION: usize = 384;
/// The directions in which words differ, the first most.
const DIRECTIONS: usize = 128;
/// How many vectors of words there are.
const VECTORS: usize = 1 << 18;
/// As many as BERT's.
const PIECES: usize = 30_522;
/// The length of the noise beside that of the words, which is 1.
const NOISE: f32 = 0.2;

/// The encoder, which also counts the time that it takes.
pub(crate) struct WordSum {
    fingerprint: Fingerprint,
    /// Random numbers; a window anywhere in them is a vector of about length 1, and another window is one
    /// that has nothing to do with it.
    numbers: Vec<f32>,
    /// How much words differ in each direction.
    spread: Vec<f32>,
    nanoseconds: AtomicU64,
}

impl WordSum {
    pub(crate) fn new() -> Self {
        let fingerprint = Fingerprint {
            model: "word-sum".into(),
            weights: "0".repeat(16),
            tokenizer: "0".repeat(16),
            dimension: DIMENSION,
            pooling: "mean".into(),
            query_prefix: String::new(),
            passage_prefix: String::new(),
            max_tokens: 512,
        };
        let mut random = Random::of(u64::MAX);
        // Uniform in [-1, 1] has a variance of a third.
        let scale = (3.0 / DIMENSION as f32).sqrt();
        let number = |_| (2.0 * random.share() as f32 - 1.0) * scale;
        let numbers = (0..VECTORS + DIMENSION).map(number).collect();
        let spread = (1..=DIRECTIONS).map(|place| 1.0 / (place as f32).sqrt()).collect();
        Self { fingerprint, numbers, spread, nanoseconds: AtomicU64::new(0) }
    }

    /// Returns how long it has encoded passages so far.
    pub(crate) fn spent(&self) -> Duration {
        Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed))
    }

    fn vector(&self, text: &str) -> Result<Vec<f32>, ModelError> {
        let mut directions = [0.0; DIRECTIONS];
        for word in words(text) {
            self.add(hash(word), weight(word), &mut directions);
        }
        let mut sum = vec![0.0; DIMENSION];
        for ((place, amount), spread) in directions.iter().enumerate().zip(&self.spread) {
            // Each direction is a window that overlaps with no other.
            self.add((place * DIMENSION) as u64, amount * spread, &mut sum);
        }
        let length = sum.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-6);
        self.add(hash(text), NOISE * length, &mut sum);
        self.fingerprint.unit_vector(sum)
    }

    /// Adds the first numbers of the vector of a hash.
    fn add(&self, hash: u64, weight: f32, sum: &mut [f32]) {
        let at = hash as usize % VECTORS;
        let window = &self.numbers[at..at + sum.len()];
        sum.iter_mut().zip(window).for_each(|(sum, number)| *sum += weight * number);
    }
}

impl Encoder for WordSum {
    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    fn encode_query(&self, text: &str) -> Result<Vec<f32>, ModelError> {
        self.vector(text)
    }

    fn encode_passages(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError> {
        let began = Instant::now();
        let vectors = texts.iter().map(|text| self.vector(text)).collect();
        self.nanoseconds.fetch_add(began.elapsed().as_nanos() as u64, Ordering::Relaxed);
        vectors
    }

    /// As the default encoder does, so that vectors are predicted on the way.
    fn word_pieces(&self) -> Option<Box<dyn WordPieces + '_>> {
        Some(Box::new(Pieces(self)))
    }
}

impl TokenCounter for WordSum {
    fn count(&self, text: &str) -> usize {
        text.split_whitespace().count()
    }
}

/// The word pieces of a text: each word is one, and rare ones share theirs.
struct Pieces<'a>(&'a WordSum);

impl WordPieces for Pieces<'_> {
    fn split(&self, passage: &str, out: &mut Vec<u32>) {
        out.extend(words(passage).map(|word| (hash(word) % PIECES as u64) as u32));
    }

    fn vocabulary(&self) -> usize {
        PIECES
    }

    fn width(&self) -> usize {
        DIMENSION
    }

    fn add_embeddings(&self, weighted: &[(u32, f32)], sum: &mut [f32]) {
        for &(piece, weight) in weighted {
            if (piece as usize) < PIECES {
                self.0.add(u64::from(piece) * 7, weight, sum);
            }
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Returns what a word counts: rare words are long, so this is much like an idf.
fn weight(word: &str) -> f32 {
    0.3 + (word.len().saturating_sub(2).max(1) as f32).ln()
}

/// Returns FNV-1a of a text, whatever the case of its letters.
fn hash(text: &str) -> u64 {
    let step = |hash: u64, byte: u8| {
        (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01B3)
    };
    let hash = text.bytes().fold(0xCBF2_9CE4_8422_2325, step);
    // The low bits of short texts are much alike.
    hash ^ (hash >> 32)
}
