//! Vectors of passages told from their word pieces, learned from a sample of the same corpus.
//!
//! Encoding a passage takes milliseconds, looking its word pieces up takes microseconds. So an
//! encoder reads a [sample](choose_sample) of the corpus, and [`fit`] learns from it what the vector
//! of a passage is, given its pieces: kernel ridge regression, in closed form. The resulting
//! [`Table`] predicts the vectors of all others, in the encoder's own space, where ordinary query
//! vectors find them.
//!
//! A prediction is nearer to the mean than a true vector, and so are its scores. The sampled passages
//! have both: their true vectors and the predictions that a table without them would give
//! ([`LeftOut`]). By these, [`ScoreMatch`] brings predicted scores to the scale of true ones.
//!
//! Everything here is computed in memory. Nothing depends on the number of threads, which are those
//! of the caller's rayon pool.

#[cfg(target_endian = "big")]
compile_error!("tables are little endian");

mod error;
mod features;
mod file;
mod fit;
mod frequencies;
mod left_out;
mod linear;
mod predictor;
mod ridge;
mod rows;
mod sample;
mod score_match;
mod table;
#[cfg(test)]
mod tests;

pub use error::{FitError, TableError};
pub use fit::{SampledPassage, fit};
pub use frequencies::Frequencies;
pub use left_out::LeftOut;
pub use predictor::{Basis, Prediction, Predictions, Predictor};
pub use sample::{LEAST_PASSAGES, choose_sample, needs_refit, sample_key, sample_size};
pub use score_match::ScoreMatch;
pub use table::{Quality, Table};
pub use trommel_kernels::Isa;
