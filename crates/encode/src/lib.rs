//! Bi-encoders: text in, one unit vector out, on our own kernels, through ONNX
//! Runtime or candle.
//!
//! [`load`] gives an [`Encoder`](trommel_core::Encoder) for a model of the store. Every text runs
//! through the network alone: the int8 model quantises its activations over all that it is given,
//! so that a vector would otherwise move with the texts beside it.

mod bi_encoder;
mod candle;
mod counter;
mod error;
mod kernels;
mod load;
mod onnx;

pub use counter::ModelTokenCounter;
pub use error::EncodeError;
pub use load::load;
pub use trommel_models::Runtime;
