//! All that is written for the vector instructions of a CPU: a runtime for BERT encoders, the dot
//! product, sums of rows, and [`screen`], which bounds scores by rows of 8 bits.
//!
//! Weights are packed once for one instruction set, sequences are laid end to end with no padding
//! at all, and work is cut into tasks of whole sequences. Nothing is scaled over a batch, so a
//! result depends on its own sequence only, bit for bit, whatever its batch mates and the number
//! of threads. Another instruction set rounds differently.

#![warn(clippy::undocumented_unsafe_blocks)]

mod attention;
mod bert;
mod dot;
mod error;
mod image;
mod isa;
mod linear;
mod math;
mod norm;
pub mod q4;
mod quantise;
mod rows;
pub mod screen;

pub use bert::{Bert, Config, Sequence, WordEmbeddings};
pub use error::KernelError;
pub use image::{Bytes, FORMAT};
pub use isa::Isa;
pub use linear::Precision;
pub use rows::Row;
