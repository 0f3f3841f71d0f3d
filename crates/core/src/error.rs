//! Errors that cross the traits of this crate.

use std::path::PathBuf;

use thiserror::Error;

use crate::PassageId;

/// Any error of a component that this crate does not know.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Says what went wrong inside a model.
#[derive(Debug, Error)]
pub enum ModelError {
    /// The model's library failed.
    #[error("model {model} failed while {doing}")]
    Failed {
        /// The model's id.
        model: String,
        /// What it was doing, such as `encoding a passage`.
        doing: &'static str,
        /// The library's own error.
        #[source]
        source: BoxError,
    },
    /// The model answered, but not with what it promises.
    #[error("model {model} gave {got} where {expected} was expected")]
    BadOutput {
        /// The model's id.
        model: String,
        /// What was expected, such as `384 finite numbers`.
        expected: String,
        /// What came.
        got: String,
    },
}

/// Says what went wrong inside an index at query time.
#[derive(Debug, Error)]
pub enum RetrieverError {
    /// The query's vector does not fit the index.
    #[error("query vector has dimension {got}, the index has {expected}")]
    Dimension {
        /// The index's dimension.
        expected: usize,
        /// The query's.
        got: usize,
    },
    /// A score was asked for a passage that the index does not hold.
    #[error("passage {passage} is not in the {index} index")]
    UnknownPassage {
        /// Which index.
        index: &'static str,
        /// The passage.
        passage: PassageId,
    },
    /// A file of the index is not what was written.
    #[error("{} is damaged: {detail}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// The index's library failed.
    #[error("the {index} index failed")]
    Failed {
        /// Which index.
        index: &'static str,
        /// The library's own error.
        #[source]
        source: BoxError,
    },
}
