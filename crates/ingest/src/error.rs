//! What stops a run.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::LineProblem;

/// Says why an input cannot be read.
#[derive(Debug, Error)]
pub enum IngestError {
    /// The path leads nowhere.
    #[error("no such file or folder: {path}")]
    NotFound {
        /// The path as it was given.
        path: PathBuf,
    },
    /// The path is there and cannot be read.
    #[error("cannot read {path}")]
    Io {
        /// The path.
        path: PathBuf,
        /// The system's own error.
        #[source]
        source: io::Error,
    },
    /// A line of a JSONL file is not a document, and bad lines are not to be skipped.
    #[error("{path}:{line}:{column}: {problem}")]
    BadLine {
        /// The file, or `-` for standard input.
        path: String,
        /// The line, from 1.
        line: u64,
        /// The byte within the line, from 1.
        column: u64,
        /// What is wrong with it.
        problem: LineProblem,
    },
}
