//! What keeps a watch from starting.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Says why nothing can be watched.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WatchError {
    /// No root was given.
    #[error("expected a file or folder to watch, got none")]
    NoRoots,
    /// A root is given relative to a working folder that is not there, or has no name.
    #[error("cannot make {path:?} an absolute path")]
    NotAbsolute {
        /// The root as it was given.
        path: PathBuf,
        /// The system's own error.
        #[source]
        source: io::Error,
    },
}
