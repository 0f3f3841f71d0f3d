//! The checks at the boundary: what may be stored or asked.

use trommel_core::PassageId;

use crate::VectorError;

/// How far the norm of a vector may be from 1.
pub const NORM_TOLERANCE: f32 = 1e-3;

/// The greatest id of a passage: rows are numbered in 32 bits.
pub const MAX_PASSAGE_ID: u64 = u32::MAX as u64 - 1;

/// What is wrong with a vector.
pub(crate) enum Fault {
    NotFinite { index: usize },
    NotNormalised { norm: f32 },
}

/// Returns what keeps a vector from being a unit vector.
pub(crate) fn fault(vector: &[f32]) -> Option<Fault> {
    // A sum of squares is finite if and only if each number is, short of overflow, which no
    // number of a unit vector comes near: one pass over the numbers decides nearly always.
    let square: f64 = vector.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    if !square.is_finite() {
        let index = vector.iter().position(|x| !x.is_finite())?;
        return Some(Fault::NotFinite { index });
    }
    // The sum has 64 bits: added up in 32 bits, many numbers would lose some of the tolerance.
    let norm = square.sqrt() as f32;
    ((norm - 1.0).abs() >= NORM_TOLERANCE).then_some(Fault::NotNormalised { norm })
}

/// Checks the vector of a passage.
pub(crate) fn check_passage(passage: PassageId, vector: &[f32]) -> Result<(), VectorError> {
    match fault(vector) {
        None => Ok(()),
        Some(Fault::NotFinite { index }) => Err(VectorError::NotFinite { passage, index }),
        Some(Fault::NotNormalised { norm }) => Err(VectorError::NotNormalised { passage, norm }),
    }
}

/// Checks the vector of a query.
pub(crate) fn check_query(vector: &[f32]) -> Result<(), VectorError> {
    match fault(vector) {
        None => Ok(()),
        Some(Fault::NotFinite { index }) => Err(VectorError::QueryNotFinite { index }),
        Some(Fault::NotNormalised { norm }) => Err(VectorError::QueryNotNormalised { norm }),
    }
}
