//! Cross-encoders: a query and a passage in, one logit out (Nogueira & Cho 2019), on our own
//! kernels, through ONNX Runtime or candle.
//!
//! [`load`] gives a [`Reranker`](trommel_core::Reranker) for a model of the store. Every pair runs
//! through the network alone and unpadded: the int8 model quantises its activations over all that
//! it is given, so that a score would otherwise move with its batch mates. [`MaxP`] reads passages that
//! are longer than the model in windows.
//!
//! [`hosted`] has one for models behind an HTTP API, [`llm`] one for language models that are asked
//! in words.

mod candle;
mod cross_encoder;
mod error;
pub mod hosted;
mod kernels;
pub mod llm;
mod load;
mod max_p;
mod onnx;
mod pair;
mod prompt;

pub use error::RerankError;
pub use load::load;
pub use max_p::{MOST_WINDOWS, MaxP};
pub use trommel_models::Runtime;
