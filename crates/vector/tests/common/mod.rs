//! Vectors for tests, and a search that has nothing in common with the crate's.

#![allow(dead_code, unreachable_pub)]

use std::collections::BTreeMap;
use std::path::Path;

use trommel_core::{PassageId, PassageSet, Query, Retriever, ScoredPassage};
use trommel_vector::{Ann, VectorIndex, VectorSearch, VectorSettings, VectorState, VectorWriter};

/// Returns a unit vector that depends on `seed` alone (SplitMix64 numbers, summed four by four
/// to be roughly normal, then normalised).
pub fn unit(dimension: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x5851_f42d_4c95_7f2d;
    let mut uniform = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as f64 / u64::MAX as f64 - 0.5
    };
    let numbers: Vec<f64> = (0..dimension).map(|_| (0..4).map(|_| uniform()).sum()).collect();
    normalise(&numbers)
}

/// Returns a unit vector near one of `clusters` centres.
pub fn clustered(dimension: usize, clusters: u64, seed: u64) -> Vec<f32> {
    let (centre, noise) =
        (unit(dimension, (1 << 40) + (seed * 7919) % clusters), unit(dimension, seed));
    let sum: Vec<f64> =
        centre.iter().zip(&noise).map(|(c, n)| f64::from(*c) + 0.8 * f64::from(*n)).collect();
    normalise(&sum)
}

fn normalise(numbers: &[f64]) -> Vec<f32> {
    let norm = numbers.iter().map(|x| x * x).sum::<f64>().sqrt();
    numbers.iter().map(|x| (x / norm) as f32).collect()
}

pub fn query(vector: &[f32]) -> Query<'_> {
    Query { text: "", vector }
}

pub fn search(
    index: &VectorIndex,
    ann: Ann,
    vector: &[f32],
    limit: usize,
    allowed: Option<&PassageSet>,
) -> Vec<ScoredPassage> {
    let retriever = index.retriever(VectorSearch { ann, ef: 200 });
    retriever.retrieve(query(vector), limit, allowed).unwrap()
}

/// Walks the graphs with a width of `ef`; segments of no more rows than that are scanned.
pub fn walk(index: &VectorIndex, ef: usize, vector: &[f32], limit: usize) -> Vec<ScoredPassage> {
    let retriever = index.retriever(VectorSearch { ann: Ann::Hnsw, ef });
    retriever.retrieve(query(vector), limit, None).unwrap()
}

pub fn ids(found: &[ScoredPassage]) -> Vec<u64> {
    found.iter().map(|it| it.id.0).collect()
}

/// Writes `rows` as one commit.
pub fn store(
    folder: &Path,
    settings: VectorSettings,
    rows: impl IntoIterator<Item = (u64, Vec<f32>)>,
) -> VectorState {
    let mut writer: Option<VectorWriter> = None;
    for (id, vector) in rows {
        let writer = writer
            .get_or_insert_with(|| VectorWriter::create(folder, vector.len(), settings).unwrap());
        writer.add(PassageId(id), &vector).unwrap();
    }
    writer.unwrap().commit(1, true).unwrap()
}

/// All vectors in memory and a sum in double precision.
#[derive(Default)]
pub struct Model(pub BTreeMap<u64, Vec<f32>>);

impl Model {
    /// Returns all passages, best first, ties by id, with their exact scores.
    pub fn ranking(&self, query: &[f32]) -> Vec<(u64, f64)> {
        let dot = |v: &Vec<f32>| -> f64 {
            v.iter().zip(query).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
        };
        let mut ranking: Vec<_> = self.0.iter().map(|(id, v)| (*id, dot(v))).collect();
        ranking.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        ranking
    }
}
