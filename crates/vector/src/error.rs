//! What can go wrong with vectors and their files.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use trommel_core::PassageId;

/// Says what went wrong in a vector index.
#[derive(Debug, Error)]
pub enum VectorError {
    /// A file or folder could not be read or written.
    #[error("cannot read or write {}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's own error.
        #[source]
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{} is damaged: {detail}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What was expected and what was found.
        detail: String,
    },
    /// A file has another format than this version of trommel reads.
    #[error("{} has vector format {got}, this version reads {expected} only: index again", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// The format that is read.
        expected: u32,
        /// The file's.
        got: u32,
    },
    /// A file of this generation exists already and is in use.
    #[error("{} belongs to the present state and may not be written again", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The state or the settings cannot be those of an index.
    #[error("{what}: expected {expected}, got {got}")]
    BadSetting {
        /// What is wrong, such as `dimension`.
        what: &'static str,
        /// What is allowed.
        expected: String,
        /// What was given.
        got: String,
    },
    /// A vector has the wrong number of numbers.
    #[error("vector of passage {passage} has dimension {got}, the index has {expected}")]
    Dimension {
        /// The vector's passage.
        passage: PassageId,
        /// The index's dimension.
        expected: usize,
        /// The vector's.
        got: usize,
    },
    /// A vector holds an infinity or a NaN.
    #[error("vector of passage {passage} is not finite at index {index}")]
    NotFinite {
        /// The vector's passage.
        passage: PassageId,
        /// The first place that is not finite.
        index: usize,
    },
    /// A vector is not of length 1.
    #[error("vector of passage {passage} has norm {norm}, expected 1")]
    NotNormalised {
        /// The vector's passage.
        passage: PassageId,
        /// Its Euclidean norm.
        norm: f32,
    },
    /// The passages of one commit were not added by rising id.
    #[error("passage {got} cannot follow passage {previous}: the ids of a commit must rise")]
    IdsNotRising {
        /// The greatest id since the last commit.
        previous: PassageId,
        /// The id that came.
        got: PassageId,
    },
    /// A passage was added that has a row already, be it a dead one.
    #[error("passage {passage} has a row already")]
    IdTaken {
        /// The id that came.
        passage: PassageId,
    },
    /// A passage's id is beyond what the index numbers.
    #[error("passage {passage} is above the greatest id, {limit}")]
    IdTooLarge {
        /// The id that came.
        passage: PassageId,
        /// The greatest id.
        limit: u64,
    },
    /// The query's vector holds an infinity or a NaN.
    #[error("query vector is not finite at index {index}")]
    QueryNotFinite {
        /// The first place that is not finite.
        index: usize,
    },
    /// The query's vector is not of length 1.
    #[error("query vector has norm {norm}, expected 1")]
    QueryNotNormalised {
        /// Its Euclidean norm.
        norm: f32,
    },
}

impl VectorError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_path_buf(), source }
    }

    pub(crate) fn corrupt(path: &Path, detail: impl Into<String>) -> Self {
        Self::Corrupt { path: path.to_path_buf(), detail: detail.into() }
    }
}
