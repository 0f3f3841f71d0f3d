//! From word pieces to vectors.

use rayon::prelude::*;
use trommel_core::WordPieces;
use trommel_kernels::{Isa, Row};

use crate::Table;
use crate::features::to_unit;

/// Passages that one task predicts.
const TASK: usize = 32;

/// A table with the word pieces of its encoder.
#[derive(Clone, Copy)]
pub struct Predictor<'a> {
    pub(crate) table: &'a Table,
    pub(crate) words: &'a dyn WordPieces,
    pub(crate) isa: Isa,
}

/// What a prediction rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// On pieces that the sample had, and on the embeddings of all pieces.
    Pieces,
    /// On the embeddings of its pieces alone: the sample had none of them.
    Embeddings,
    /// On nothing of the passage: it is the mean of the sample.
    Mean,
}

/// The predicted vector of a passage.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// A unit vector.
    pub vector: Vec<f32>,
    /// What it rests on.
    pub basis: Basis,
}

/// The predicted vectors of passages, in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    /// The unit vectors end to end.
    pub vectors: Vec<f32>,
    /// What each rests on.
    pub bases: Vec<Basis>,
}

impl Predictor<'_> {
    /// Predicts the vector of a passage from its pieces, in any order; ids beyond the vocabulary count
    /// for nothing.
    #[must_use]
    pub fn predict(&self, pieces: &[u32]) -> Prediction {
        let mut vector = vec![0.0; self.table.dimension()];
        let mut basis = [Basis::Mean];
        self.task(&[pieces], &mut vector, &mut basis);
        let [basis] = basis;
        Prediction { vector, basis }
    }

    /// Predicts passages on the threads of the caller's rayon pool, each as [`Predictor::predict`]
    /// does to the last bit.
    #[must_use]
    pub fn predict_all<P: AsRef<[u32]> + Sync>(&self, passages: &[P]) -> Predictions {
        let dimension = self.table.dimension();
        let mut vectors = vec![0.0; passages.len() * dimension];
        let mut bases = vec![Basis::Mean; passages.len()];
        passages
            .par_chunks(TASK)
            .zip(vectors.par_chunks_mut(TASK * dimension))
            .zip(bases.par_chunks_mut(TASK))
            .for_each(|((passages, vectors), bases)| self.task(passages, vectors, bases));
        Predictions { vectors, bases }
    }

    fn task<P: AsRef<[u32]>>(&self, passages: &[P], vectors: &mut [f32], bases: &mut [Basis]) {
        let Self { table, words, isa } = *self;
        let (dimension, width) = (table.dimension(), words.width());
        let mut embeddings = vec![0.0; passages.len() * width];
        let rows = vectors.chunks_exact_mut(dimension).zip(embeddings.chunks_exact_mut(width));
        for ((pieces, (vector, embedding)), basis) in passages.iter().zip(rows).zip(&mut *bases) {
            let weighted = table.weights.features(pieces.as_ref(), words, embedding);
            vector.copy_from_slice(&table.mean);
            let row = |&(piece, weight): &(u32, f32)| Some((weight, table.rows.get(piece)?));
            let rows: Vec<(f32, Row<'_>)> = weighted.iter().filter_map(row).collect();
            isa.add_rows(&rows, vector);
            *basis = if !rows.is_empty() {
                Basis::Pieces
            } else if embedding.iter().any(|x| *x != 0.0) {
                Basis::Embeddings
            } else {
                Basis::Mean
            };
        }
        let mut mapped = vec![0.0; vectors.len()];
        isa.products(&embeddings, &table.map, width, &mut mapped);
        vectors.iter_mut().zip(&mapped).for_each(|(x, product)| *x += product);
        for (vector, basis) in vectors.chunks_exact_mut(dimension).zip(bases) {
            // Weights that cancel each other to the last bits leave nothing but the mean to say.
            if !to_unit(vector) {
                vector.copy_from_slice(&table.mean);
                to_unit(vector);
                *basis = Basis::Mean;
            }
        }
    }
}
