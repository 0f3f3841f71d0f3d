//! What can go wrong while a model is loaded.

use std::io;
use std::path::PathBuf;

use thiserror::Error;
use trommel_core::BoxError;
use trommel_models::{ModelsError, NetworkError, RuntimeError, WeightsFormat};

/// Says why a model cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InferenceError {
    /// The model's files could not be had.
    #[error(transparent)]
    Models(#[from] ModelsError),
    /// ONNX Runtime could not be had.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// candle cannot run the model.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// ONNX Runtime was asked to run other weights.
    #[error("ONNX Runtime cannot run model {model}: its weights are {got:?}, and not ONNX")]
    NotOnnx {
        /// The model.
        model: String,
        /// How they are shipped.
        got: WeightsFormat,
    },
    /// ONNX Runtime or candle was asked to run weights that only our own kernels read.
    #[error("only our own kernels can run model {model}")]
    OnlyKernels {
        /// The model.
        model: String,
    },
    /// The tokenizer does not fit the model.
    #[error("the tokenizer of model {model} gives {got} where {expected} is expected")]
    Tokenizer {
        /// The model.
        model: String,
        /// What is expected of it.
        expected: String,
        /// What it does.
        got: String,
    },
    /// No thread could be started.
    #[error("no thread can be started")]
    Threads {
        /// The system's own error.
        #[source]
        source: BoxError,
    },
    /// The weights' file cannot be read.
    #[error("{} cannot be read", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        #[source]
        source: io::Error,
    },
    /// ONNX Runtime makes no session of the weights.
    #[error("ONNX Runtime cannot use {}", .path.display())]
    Session {
        /// The weights' file.
        path: PathBuf,
        /// The library's own error.
        #[source]
        source: BoxError,
    },
    /// A language model's own file makes no sense.
    #[error("the language model {model} failed while {doing}")]
    Language {
        /// The model.
        model: String,
        /// What it was at.
        doing: &'static str,
        /// The library's own error.
        #[source]
        source: BoxError,
    },
}
