//! Readers that are opening a generation, whose files must not go under their hands.
//!
//! Once a reader has opened its files it keeps them whatever becomes of their names; only in between
//! may a writer that commits quickly outrun it, again and again. So a reader locks a folder of the
//! collection, shared, while it opens; a writer that cannot lock it for itself leaves the files of
//! older generations for a later commit. Neither waits for the other, and where a file system has
//! no such locks a reader that finds a file gone reads the manifest again.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::DOCUMENTS;

/// Held while a reader opens a generation.
#[derive(Debug)]
pub(crate) struct Opening {
    _lock: Option<File>,
}

impl Opening {
    /// Asks writers to leave older generations alone; asks in vain while one is removing them.
    pub(crate) fn begin(folder: &Path) -> Self {
        let lock = File::open(folder.join(DOCUMENTS)).ok();
        Self { _lock: lock.filter(|lock| lock.try_lock_shared().is_ok()) }
    }
}

/// Held while a writer removes files of older generations.
#[derive(Debug)]
pub(super) struct Removing {
    _lock: Option<File>,
}

impl Removing {
    /// Returns nothing if a reader is opening a generation.
    pub(super) fn begin(folder: &Path) -> Option<Self> {
        let lock = File::open(folder.join(DOCUMENTS)).ok();
        match lock.as_ref().map(File::try_lock) {
            Some(Err(TryLockError::WouldBlock)) => None,
            _ => Some(Self { _lock: lock }),
        }
    }
}
