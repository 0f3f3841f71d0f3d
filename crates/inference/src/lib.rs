//! Models on this machine: bi-encoders that turn text into a unit vector, and rerankers that turn a
//! query and a passage into one logit (Nogueira & Cho 2019), on our own kernels, through ONNX Runtime
//! or candle.
//!
//! [`load_encoder`] and [`load_reranker`] give an [`Encoder`](trommel_core::Encoder) and a
//! [`Reranker`](trommel_core::Reranker) for a model of the store. Both are a tokenizer before one
//! session: a network with the threads that it runs on, whatever the runtime. Every sequence runs
//! through it alone and unpadded, so that no result depends on its batch.
//!
//! [`MaxP`] reads passages that are longer than the model in windows. [`llm`] has a reranker for
//! language models that are asked in words, and one that runs here.

mod candle;
mod encoder;
mod error;
pub mod llm;
mod load;
mod max_p;
mod onnx;
mod pair;
mod prompt;
mod reranker;
mod session;
mod tokenizer;

pub use error::InferenceError;
pub use load::{load_encoder, load_reranker};
pub use max_p::{MOST_WINDOWS, MaxP};
pub use tokenizer::ModelTokenCounter;
