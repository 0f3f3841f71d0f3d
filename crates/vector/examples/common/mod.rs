//! Vectors of any number that lie like real ones.
#![allow(dead_code, unreachable_pub)]

#[path = "../../tests/common/mod.rs"]
mod tests;

use std::error::Error;
use std::path::Path;

pub use tests::{clustered, unit};

/// Any error of an example.
pub type Failure = Box<dyn Error + Send + Sync>;

/// Where vectors come from.
pub enum Source {
    /// Rows of segments of a real collection.
    Real { dimension: usize, rows: Vec<f32> },
    /// Random ones near random centres, 50 to each.
    Random { dimension: usize },
}

impl Source {
    /// Reads the vectors of `.vec` files; random ones of 384 numbers if there are no files.
    pub fn read(files: &[String]) -> Result<Self, Failure> {
        let mut source = Self::Random { dimension: 384 };
        for file in files {
            let bytes = std::fs::read(Path::new(file))?;
            let word = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|i| bytes[at + i]));
            let (count, dimension) = (word(16) as usize, word(24) as usize);
            let numbers = bytes[64..][..4 * count * dimension].as_chunks().0;
            let new = numbers.iter().map(|&it| f32::from_le_bytes(it));
            match &mut source {
                Self::Real { dimension: d, rows } if *d == dimension => rows.extend(new),
                Self::Real { .. } => return Err(format!("{file} has another dimension").into()),
                Self::Random { .. } => {
                    source = Self::Real { dimension, rows: new.collect() };
                }
            }
        }
        Ok(source)
    }

    pub fn dimension(&self) -> usize {
        match self {
            Self::Real { dimension, .. } | Self::Random { dimension } => *dimension,
        }
    }

    /// Returns a vector of a collection of `rows`. Real vectors come as they are; when they are
    /// used up, and as queries, with noise that leaves a cosine of about .8 to the original.
    pub fn vector(&self, rows: u64, at: u64) -> Vec<f32> {
        match self {
            Self::Random { dimension } => clustered(*dimension, (rows / 50).max(1), at),
            Self::Real { dimension, rows } => {
                let count = (rows.len() / dimension) as u64;
                let real = &rows[(at % count) as usize * dimension..][..*dimension];
                if at < count {
                    return real.to_vec();
                }
                let noise = unit(*dimension, at);
                let sum: Vec<f32> = real.iter().zip(noise).map(|(x, n)| x + 0.75 * n).collect();
                let norm = sum.iter().map(|x| x * x).sum::<f32>().sqrt();
                sum.iter().map(|x| x / norm).collect()
            }
        }
    }

    /// Returns a query, near some vector of the collection and equal to none.
    pub fn query(&self, rows: u64, at: u64) -> Vec<f32> {
        self.vector(rows, (1 << 30) + 7919 * at)
    }
}
