//! One writer at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use trommel_core::disk::Folder;

use crate::EngineError;

pub(super) const LOCK: &str = "writer.lock";

/// How often the lock is tried while it says nothing of a living owner, and how long to wait each
/// time: together half of the time in which a second writer is to be refused.
const TRIES: usize = 10;
const PAUSE: Duration = Duration::from_millis(5);

/// The right to write to a collection, held until it is dropped.
///
/// The operating system takes the lock back when its owner dies, so a lock is never left behind.
#[derive(Debug)]
pub(crate) struct WriterLock {
    file: File,
}

impl WriterLock {
    /// Takes the lock at once or names the process that holds it. The folder is made if it is
    /// missing.
    pub(crate) fn take(folder: &Folder) -> Result<Self, EngineError> {
        for _ in 0..TRIES {
            if let Some(tried) = Self::try_take(folder).transpose() {
                return tried;
            }
            thread::sleep(PAUSE);
        }
        Err(EngineError::Locked { path: folder.path().to_owned(), pid: None })
    }

    /// Returns nothing in the moments in which the lock is about to be given up, or its owner has
    /// not yet said who it is.
    fn try_take(folder: &Folder) -> Result<Option<Self>, EngineError> {
        let path = folder.join(LOCK);
        folder.create().map_err(EngineError::io("create", folder))?;
        let opened =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = match opened {
            // The folder went with a writer that had committed nothing.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(EngineError::io("open", &path))?,
        };
        match file.try_lock() {
            // Its owner took the file away between our opening and our locking it.
            Ok(()) if is_unlinked(&file) => Ok(None),
            Ok(()) => {
                let pid = std::process::id().to_string();
                file.set_len(0)
                    .and_then(|()| file.write_all(pid.as_bytes()))
                    .map_err(EngineError::io("write", &path))?;
                Ok(Some(Self { file }))
            }
            Err(TryLockError::WouldBlock) => match owner(&mut file) {
                pid @ Some(_) => Err(EngineError::Locked { path: folder.path().to_owned(), pid }),
                None => Ok(None),
            },
            Err(TryLockError::Error(source)) => Err(EngineError::io("lock", &path)(source)),
        }
    }
}

/// Returns the process that writes to a collection, `Some(None)` if it has not said who it is; nothing if
/// none does. Another may begin in the next moment.
#[must_use]
pub fn writer_of(folder: &Path) -> Option<Option<u32>> {
    let mut file = File::open(folder.join(LOCK)).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Some(owner(&mut file)),
        _ => None,
    }
}

/// Returns the process that a lock's file names, unless it is one that died: the next owner writes
/// its own id only after it has the lock.
fn owner(file: &mut File) -> Option<u32> {
    let mut pid = String::new();
    file.read_to_string(&mut pid).ok()?;
    pid.parse().ok().filter(|&pid| is_running(pid))
}

#[cfg(target_os = "linux")]
fn is_running(pid: u32) -> bool {
    let processes = Path::new("/proc");
    processes.join(pid.to_string()).exists() || !processes.join("self").exists()
}

#[cfg(not(target_os = "linux"))]
fn is_running(_: u32) -> bool {
    true
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
        let first = WriterLock::take(&folder.path().into()).unwrap();
        first.unlink(folder.path());
        let _second = WriterLock::take(&folder.path().into()).unwrap();
        assert!(WriterLock::take(&folder.path().into()).is_err());
    }

    #[test]
    fn a_second_writer_is_told_who_the_first_is() {
        let folder = tempfile::tempdir().unwrap();
        let lock = WriterLock::take(&folder.path().into()).unwrap();
        match WriterLock::take(&folder.path().into()) {
            Err(EngineError::Locked { pid, .. }) => assert_eq!(pid, Some(std::process::id())),
            other => panic!("expected Locked, got {other:?}"),
        }
        assert_eq!(writer_of(folder.path()), Some(Some(std::process::id())));
        drop(lock);
        assert_eq!(writer_of(folder.path()), None);
        assert_eq!(std::fs::read(folder.path().join(LOCK)).unwrap(), b"");
        WriterLock::take(&folder.path().into()).unwrap();
    }
}
