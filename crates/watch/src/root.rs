//! The files and folders that were asked for.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// A file or folder that was asked for.
pub(crate) struct Root {
    pub(crate) path: PathBuf,
    pub(crate) state: State,
    /// When it was last told as a whole.
    pub(crate) told: Instant,
}

/// What is at the path of a root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Nobody looked yet.
    Unknown,
    /// Nothing that could be read.
    Gone,
    /// A file.
    File,
    /// A folder.
    Folder,
}

impl Root {
    /// Returns a root that nobody looked at.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, state: State::Unknown, told: Instant::now() }
    }

    /// Returns what is at its path now.
    pub(crate) fn look(&self) -> State {
        match fs::metadata(&self.path) {
            Ok(metadata) if metadata.is_file() => State::File,
            Ok(metadata) if metadata.is_dir() => State::Folder,
            _ => State::Gone,
        }
    }

    /// Returns the folder that is watched for it: for a file the one around it, because a file that is
    /// saved by replacing it would be lost sight of.
    pub(crate) fn place(&self) -> Option<&Path> {
        match self.state {
            State::Folder => Some(&self.path),
            State::File => self.path.parent(),
            State::Unknown | State::Gone => None,
        }
    }
}
