//! One writer at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use crate::EngineError;

pub(super) const LOCK: &str = "writer.lock";

/// The right to write to a collection, held until it is dropped.
///
/// The operating system takes the lock back when its owner dies, so a lock is never left behind.
#[derive(Debug)]
pub(crate) struct WriterLock {
    file: File,
}

impl WriterLock {
    /// Takes the lock at once or names the process that holds it.
    pub(crate) fn take(folder: &Path) -> Result<Self, EngineError> {
        let path = folder.join(LOCK);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(EngineError::io("open", &path))?;
        match file.try_lock() {
            // Its owner took the file away between our opening and our locking it.
            Ok(()) if is_unlinked(&file) => Self::take(folder),
            Ok(()) => {
                let pid = std::process::id().to_string();
                file.set_len(0)
                    .and_then(|()| file.write_all(pid.as_bytes()))
                    .map_err(EngineError::io("write", &path))?;
                Ok(Self { file })
            }
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                let pid = file.read_to_string(&mut pid).ok().and_then(|_| pid.parse().ok());
                Err(EngineError::Locked { path: folder.to_owned(), pid })
            }
            Err(TryLockError::Error(source)) => Err(EngineError::io("lock", &path)(source)),
        }
    }
}

#[cfg(unix)]
fn is_unlinked(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    file.metadata().is_ok_and(|metadata| metadata.nlink() == 0)
}

#[cfg(not(unix))]
fn is_unlinked(_: &File) -> bool {
    false
}

impl WriterLock {
    /// Takes the lock's file away, where there is nothing left to lock. The lock itself is held
    /// until the end.
    pub(super) fn unlink(&self, folder: &Path) {
        if cfg!(unix) {
            let _ = std::fs::remove_file(folder.join(LOCK));
        }
    }
}

impl Drop for WriterLock {
    /// Empties the file, so that a lock that nobody holds names nobody.
    fn drop(&mut self) {
        let _ = self.file.set_len(0).and_then(|()| self.file.rewind());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_lock_whose_file_is_gone_locks_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let first = WriterLock::take(folder.path()).unwrap();
        first.unlink(folder.path());
        let _second = WriterLock::take(folder.path()).unwrap();
        assert!(WriterLock::take(folder.path()).is_err());
    }

    #[test]
    fn a_second_writer_is_told_who_the_first_is() {
        let folder = tempfile::tempdir().unwrap();
        let lock = WriterLock::take(folder.path()).unwrap();
        match WriterLock::take(folder.path()) {
            Err(EngineError::Locked { pid, .. }) => assert_eq!(pid, Some(std::process::id())),
            other => panic!("expected Locked, got {other:?}"),
        }
        drop(lock);
        assert_eq!(std::fs::read(folder.path().join(LOCK)).unwrap(), b"");
        WriterLock::take(folder.path()).unwrap();
    }
}
