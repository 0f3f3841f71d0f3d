//! What a watch tells.

use std::path::PathBuf;

/// What changed since the last time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// What to read again: of a file that file, of a folder everything below it, where what is not there
    /// any more is to be removed. The paths are absolute, there at this moment, sorted, and none is within
    /// another.
    ///
    /// What was deleted or renamed away stands here as the nearest folder around it that is still there.
    pub paths: Vec<PathBuf>,
    /// Roots that are gone since the last time. Once they are back, they stand among the paths.
    pub gone: Vec<PathBuf>,
    /// Why this is told; the strongest cause, if there are several.
    pub cause: Cause,
}

/// Why changes are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// The system told of changes, or a root came or went.
    Events,
    /// A root was not read as a whole for long.
    Rescan,
    /// The system told that it lost events, so that a root has to be read as a whole.
    Overflow,
}
