//! What can go wrong with a cache; none of it may end a search.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Says why a cache is off, or why it began anew.
#[derive(Debug, Error)]
pub enum CacheError {
    /// The folder or the file could not be used.
    #[error("cannot {doing} {}", .path.display())]
    Io {
        /// What was tried, such as `open`.
        doing: &'static str,
        /// The folder or file.
        path: PathBuf,
        /// The system's own error.
        #[source]
        source: io::Error,
    },
    /// There is something else in the file's place, such as a pipe.
    #[error("{} is no regular file", .path.display())]
    NotAFile {
        /// The file.
        path: PathBuf,
    },
    /// The limit leaves no room for a single page.
    #[error("a cache of {limit} bytes is too small: expected at least {least}")]
    TooSmall {
        /// The limit that was given.
        limit: u64,
        /// The smallest one that works.
        least: u64,
    },
    /// The file was not a cache of this version and size; it was emptied and is used.
    #[error("{} was no cache of this version and size: it begins anew", .path.display())]
    BegunAnew {
        /// The file.
        path: PathBuf,
    },
}

impl CacheError {
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, path: path.to_owned(), source }
    }
}
