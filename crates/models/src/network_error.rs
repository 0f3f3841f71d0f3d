//! Why a network cannot be run.

use std::path::{Path, PathBuf};

use thiserror::Error;
use trommel_core::BoxError;
use trommel_kernels::KernelError;

use crate::{Architecture, ModelsError};

/// Says why a network cannot be run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// The model's files could not be had.
    #[error(transparent)]
    Models(#[from] ModelsError),
    /// The model is of another architecture.
    #[error("model {model} has the architecture \"{got}\", where {expected} is expected")]
    Architecture {
        /// The model.
        model: String,
        /// The architectures that can be run.
        expected: String,
        /// What it is.
        got: Architecture,
    },
    /// `config.json` cannot be used.
    #[error("the config of model {model} has {got} where {expected} is expected")]
    Config {
        /// The model.
        model: String,
        /// What is expected, such as `max_position_embeddings of at least 512`.
        expected: String,
        /// What it says.
        got: String,
    },
    /// The weights cannot be read.
    #[error("{} cannot be read as weights", .path.display())]
    Unreadable {
        /// The weights' file.
        path: PathBuf,
        /// The reader's own error.
        #[source]
        source: BoxError,
    },
    /// A tensor is not in the weights.
    #[error("{} has no tensor {name}", .path.display())]
    MissingTensor {
        /// The weights' file.
        path: PathBuf,
        /// The tensor.
        name: String,
    },
    /// A tensor has another shape than the config says.
    #[error("tensor {name} of {} has the shape {got:?}, where {expected:?} is expected", .path.display())]
    WrongShape {
        /// The weights' file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// The shape that follows from the config.
        expected: Vec<usize>,
        /// The shape that it has.
        got: Vec<usize>,
    },
    /// Our own kernels cannot run it.
    #[error("model {model} cannot be run")]
    Kernels {
        /// The model.
        model: String,
        /// What is wrong with its weights or its configuration.
        #[source]
        source: KernelError,
    },
    /// No thread could be started.
    #[error("no thread can be started")]
    Thread(#[source] BoxError),
}

impl NetworkError {
    /// Returns candle's error about the weights of a file as one that names the tensor.
    pub(crate) fn of_weights(path: &Path, error: candle_core::Error) -> Self {
        use candle_core::Error::{CannotFindTensor, UnexpectedShape, WithBacktrace};
        let path = path.to_owned();
        match error {
            WithBacktrace { inner, .. } => Self::of_weights(&path, *inner),
            CannotFindTensor { path: name } => Self::MissingTensor { path, name },
            UnexpectedShape { msg, expected, got } => Self::WrongShape {
                path,
                name: msg.strip_prefix("shape mismatch for ").unwrap_or(&msg).to_owned(),
                expected: expected.into_dims(),
                got: got.into_dims(),
            },
            other => Self::Unreadable { path, source: other.into() },
        }
    }
}
