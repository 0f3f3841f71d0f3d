//! What can go wrong in a lexical index.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tantivy::TantivyError;
use tantivy::directory::error::{OpenDirectoryError, OpenReadError, OpenWriteError};
use thiserror::Error;

/// Says what went wrong while writing or opening a lexical index.
#[derive(Debug, Error)]
pub enum LexicalError {
    /// A file or folder could not be read or written.
    #[error("cannot use {path}", path = path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// The index is not what its state says.
    #[error("damaged index in {path}: {detail}", path = path.display())]
    Corrupt {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// The index was made by an analyzer that this version does not have.
    #[error("the index was made with analyzer {got}, this version has {expected}")]
    Analyzer {
        /// The analyzer of this version.
        expected: String,
        /// The one that the state names.
        got: String,
    },
    /// tantivy failed.
    #[error("{doing} the lexical index in {folder} failed", folder = folder.display())]
    Tantivy {
        /// What was being done, such as `writing`.
        doing: &'static str,
        /// The index's folder.
        folder: PathBuf,
        /// tantivy's own error.
        #[source]
        source: TantivyError,
    },
}

impl LexicalError {
    /// Returns tantivy's error as ours, by its cause.
    pub(crate) fn from_tantivy(doing: &'static str, folder: &Path, error: TantivyError) -> Self {
        let io = |path: &Path, source: &Arc<io::Error>| Self::Io {
            path: folder.join(path),
            source: io::Error::new(source.kind(), source.to_string()),
        };
        match &error {
            TantivyError::IoError(source) => io(Path::new(""), source),
            TantivyError::OpenReadError(OpenReadError::IoError { io_error, filepath })
            | TantivyError::OpenWriteError(OpenWriteError::IoError { io_error, filepath }) => {
                io(filepath, io_error)
            }
            TantivyError::OpenDirectoryError(OpenDirectoryError::DoesNotExist(_)) => {
                Self::Corrupt { path: folder.to_owned(), detail: "the folder is missing".into() }
            }
            TantivyError::OpenReadError(OpenReadError::FileDoesNotExist(path)) => {
                Self::Corrupt { path: folder.join(path), detail: "the file is missing".into() }
            }
            TantivyError::DataCorruption(corruption) => {
                Self::Corrupt { path: folder.to_owned(), detail: format!("{corruption:?}") }
            }
            _ => Self::Tantivy { doing, folder: folder.to_owned(), source: error },
        }
    }
}
