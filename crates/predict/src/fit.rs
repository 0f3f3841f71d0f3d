//! Learning a table from a sample.

use rayon::prelude::*;
use trommel_core::{Fingerprint, PassageId, WordPieces};

use crate::features::{Weights, to_unit};
use crate::linear::{products, transposed};
use crate::ridge::{self, Ridge};
use crate::rows::Rows;
use crate::{FitError, Frequencies, LeftOut, Quality, Table};

/// What the embeddings weigh beside the pieces themselves.
const EMBEDDINGS: f64 = 0.3;
/// Vectors whose variance is below this are the same but for rounding.
const LEAST_VARIANCE: f64 = 1e-9;

/// A passage that the encoder has read.
#[derive(Debug, Clone, Copy)]
pub struct SampledPassage<'a> {
    /// The passage.
    pub id: PassageId,
    /// Its word pieces.
    pub pieces: &'a [u32],
    /// Its vector by the encoder.
    pub vector: &'a [f32],
}

/// The features of a sample.
struct Features {
    /// For each passage its pieces by rising id, with their weights.
    pieces: Vec<Vec<(u32, f32)>>,
    /// The embeddings' sums end to end.
    embeddings: Vec<f64>,
    width: usize,
}

/// Learns a table from a sample of a corpus with these frequencies of word pieces.
///
/// The passages may come in any order. The time grows with the third power of their number: less than
/// a second for 1,000 on two cores.
///
/// # Errors
///
/// [`FitError`] where the vectors cannot be an encoder's, or nothing can be learned from them.
pub fn fit(
    sample: &[SampledPassage<'_>],
    frequencies: &Frequencies,
    words: &dyn WordPieces,
    encoder: &Fingerprint,
) -> Result<Table, FitError> {
    let mut sample = sample.to_vec();
    sample.sort_by_key(|passage| passage.id);
    check(&sample, encoder.dimension)?;
    let weights = Weights::new(frequencies, words)?;
    let (n, dimension) = (sample.len(), encoder.dimension);

    let mean = mean(&sample, dimension);
    let mut direction: Vec<f32> = mean.iter().map(|x| *x as f32).collect();
    if !to_unit(&mut direction) {
        return Err(FitError::NoMean);
    }
    let targets = targets(&sample, &mean);
    if targets.iter().map(|y| y * y).sum::<f64>() < LEAST_VARIANCE * n as f64 {
        return Err(FitError::AllAlike);
    }
    let features = Features::of(&sample, &weights, words);
    let (share, ridge) =
        ridge::best(&features.products(), &targets, n).ok_or(FitError::NoPieces)?;
    if ridge.error >= 1.0 {
        return Err(FitError::NoBetterThanMean { error: ridge.error });
    }

    let left_out = left_out(&sample, &ridge, &mean);
    let cosines = sample.iter().zip(left_out.chunks_exact(dimension));
    let mean_cosine = cosines.map(|(it, vector)| cosine(it.vector, vector)).sum::<f64>() / n as f64;
    Ok(Table {
        encoder: encoder.to_string(),
        frequencies: frequencies.clone(),
        mean: mean.iter().map(|x| *x as f32).collect(),
        map: features.map(&ridge.coefficients, n),
        rows: features.rows(&ridge.coefficients, dimension, words.vocabulary()),
        left_out: LeftOut {
            passages: sample.iter().map(|passage| passage.id).collect(),
            vectors: left_out,
            dimension,
        },
        weights,
        quality: Quality {
            ridge: share as f32,
            error: ridge.error as f32,
            mean_cosine: mean_cosine as f32,
        },
    })
}

/// Checks a sample by rising ids.
fn check(sample: &[SampledPassage<'_>], dimension: usize) -> Result<(), FitError> {
    if sample.len() < 2 {
        return Err(FitError::TooFewPassages { expected: 2, got: sample.len() as u64 });
    }
    if let Some([passage, _]) = sample.array_windows().find(|[a, b]| a.id == b.id) {
        return Err(FitError::Twice { passage: passage.id });
    }
    for SampledPassage { id: passage, vector, .. } in sample.iter().copied() {
        if vector.len() != dimension || dimension == 0 {
            let got = vector.len();
            return Err(FitError::Dimension { passage, expected: dimension, got });
        }
        if let Some(index) = vector.iter().position(|x| !x.is_finite()) {
            return Err(FitError::NotFinite { passage, index });
        }
    }
    Ok(())
}

fn mean(sample: &[SampledPassage<'_>], dimension: usize) -> Vec<f64> {
    let mut mean = vec![0.0; dimension];
    for passage in sample {
        mean.iter_mut().zip(passage.vector).for_each(|(sum, x)| *sum += f64::from(*x));
    }
    mean.iter_mut().for_each(|sum| *sum /= sample.len() as f64);
    mean
}

/// Returns what is left of the vectors without their mean: for each of their numbers one of every
/// passage.
fn targets(sample: &[SampledPassage<'_>], mean: &[f64]) -> Vec<f64> {
    let rows = sample.iter().flat_map(|it| it.vector.iter().zip(mean));
    let rows: Vec<f64> = rows.map(|(x, mean)| f64::from(*x) - mean).collect();
    transposed(&rows, mean.len())
}

/// Returns the unit vectors that the passages have by regressions without them.
fn left_out(sample: &[SampledPassage<'_>], ridge: &Ridge, mean: &[f64]) -> Vec<f32> {
    let rows = transposed(&ridge.left_out, sample.len());
    let mut vectors: Vec<f32> =
        rows.iter().zip(mean.iter().cycle()).map(|(x, mean)| (x + mean) as f32).collect();
    for vector in vectors.chunks_exact_mut(mean.len()) {
        if !to_unit(vector) {
            vector.iter_mut().zip(mean).for_each(|(x, mean)| *x = *mean as f32);
            to_unit(vector);
        }
    }
    vectors
}

fn cosine(a: &[f32], unit: &[f32]) -> f64 {
    let (mut product, mut square) = (0.0, 0.0);
    for (&a, &b) in a.iter().zip(unit) {
        product += f64::from(a) * f64::from(b);
        square += f64::from(a) * f64::from(a);
    }
    if square > 0.0 { product / square.sqrt() } else { 0.0 }
}

impl Features {
    fn of(sample: &[SampledPassage<'_>], weights: &Weights, words: &dyn WordPieces) -> Self {
        let width = words.width();
        let features = sample.par_iter().map(|passage| {
            let mut embedding = vec![0.0; width];
            (weights.features(passage.pieces, words, &mut embedding), embedding)
        });
        let (pieces, embeddings): (Vec<_>, Vec<Vec<f32>>) = features.unzip();
        let embeddings = embeddings.into_iter().flatten().map(f64::from).collect();
        Self { pieces, embeddings, width }
    }

    /// Returns the products of all passages' features, of which no more than the lower half is whole.
    fn products(&self) -> Vec<f64> {
        let n = self.pieces.len();
        let mut gram = products(&self.embeddings, &self.embeddings, self.width, |_| 0);
        // Places of pieces among those of the sample are few, so that a passage's weights laid out by
        // them stay in the nearest memory.
        let places = self.seen();
        let place = |piece: &u32| places.binary_search(piece).unwrap_or_default();
        let placed: Vec<Vec<(usize, f64)>> = self
            .pieces
            .par_iter()
            .map(|pieces| pieces.iter().map(|(it, x)| (place(it), f64::from(*x))).collect())
            .collect();
        gram.par_chunks_exact_mut(n).enumerate().for_each_init(
            || vec![0.0; places.len()],
            |laid_out, (row, gram)| {
                placed[row].iter().for_each(|(place, x)| laid_out[*place] = *x);
                for (product, other) in gram.iter_mut().zip(&placed[..=row]) {
                    let pieces: f64 = other.iter().map(|(place, x)| x * laid_out[*place]).sum();
                    *product = pieces + EMBEDDINGS * *product;
                }
                placed[row].iter().for_each(|(place, _)| laid_out[*place] = 0.0);
            },
        );
        gram
    }

    /// Returns the pieces of the sample, rising.
    fn seen(&self) -> Vec<u32> {
        let mut seen: Vec<u32> = self.pieces.iter().flatten().map(|(piece, _)| *piece).collect();
        seen.sort_unstable();
        seen.dedup();
        seen
    }

    /// Returns the map from embeddings to vectors, by its columns.
    fn map(&self, coefficients: &[f64], n: usize) -> Vec<f32> {
        let embeddings = transposed(&self.embeddings, self.width);
        let map = products(coefficients, &embeddings, n, |_| 0);
        map.into_iter().map(|x| (EMBEDDINGS * x) as f32).collect()
    }

    /// Returns the row of each piece: the sum of the coefficients of the passages that have it.
    fn rows(&self, coefficients: &[f64], dimension: usize, vocabulary: usize) -> Rows {
        let seen = self.seen();
        let mut passages = vec![Vec::new(); seen.len()];
        for (passage, pieces) in self.pieces.iter().enumerate() {
            for (piece, x) in pieces {
                if let Ok(place) = seen.binary_search(piece) {
                    passages[place].push((passage, f64::from(*x)));
                }
            }
        }
        let coefficients = transposed(coefficients, self.pieces.len());
        let mut numbers = vec![0.0_f32; seen.len() * dimension];
        numbers.par_chunks_exact_mut(dimension).zip(&passages).for_each(|(row, passages)| {
            let mut sum = vec![0.0; dimension];
            for (passage, x) in passages {
                let coefficients = &coefficients[passage * dimension..][..dimension];
                sum.iter_mut().zip(coefficients).for_each(|(sum, c)| *sum += x * c);
            }
            row.iter_mut().zip(&sum).for_each(|(x, sum)| *x = *sum as f32);
        });
        Rows::rounded(seen, &numbers, dimension, vocabulary)
    }
}
