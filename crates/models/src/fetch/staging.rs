//! Where files wait until all of a model is there.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use trommel_core::disk::Folder;

use crate::{ModelsError, Progress, Receipt, Store};

/// How often a waiting fetch asks again.
const PATIENCE: Duration = Duration::from_millis(100);

/// A folder beside the store's models, on the same file system, and the right to change the store.
pub(crate) struct Staging {
    folder: TempDir,
    /// The system lets go of it with the process, however that ends.
    _lock: File,
}

impl Staging {
    /// Waits until no other process changes the store, and removes what an interrupted one left.
    pub(crate) fn begin(store: &Store, progress: &dyn Progress) -> Result<Self, ModelsError> {
        let incoming = store.incoming();
        make_folder(&incoming)?;
        make_folder(&store.home().join("models"))?;
        let lock = wait_for_lock(&store.home().join("fetch.lock"), progress)?;
        // Whoever made these held the lock, so nobody is at them any more.
        for entry in fs::read_dir(&incoming).map_err(ModelsError::io(&incoming))? {
            let left = entry.map_err(ModelsError::io(&incoming))?.path();
            fs::remove_dir_all(&left).map_err(ModelsError::io(&left))?;
        }
        let folder = tempfile::Builder::new()
            .prefix("fetch-")
            .tempdir_in(&incoming)
            .map_err(ModelsError::io(&incoming))?;
        Ok(Self { folder, _lock: lock })
    }

    /// Returns a new and empty folder.
    pub(crate) fn folder_for(&self, name: &str) -> Result<PathBuf, ModelsError> {
        let folder = self.folder.path().join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(ModelsError::io(&folder))?;
        }
        make_folder(&folder)?;
        Ok(folder)
    }

    /// Renames a model's folder into the store, in the place of a damaged one if there is one.
    pub(crate) fn install(
        &self,
        store: &Store,
        folder: &Path,
        receipt: &Receipt,
    ) -> Result<(), ModelsError> {
        receipt.write(folder)?;
        sync(folder)?;
        // All is on the disk under its names before the rename makes it the model. A folder cannot
        // be renamed onto a full one, so a damaged model steps aside first; it goes with the
        // staging folder.
        let place = store.folder(&receipt.id);
        if place.exists() {
            let aside = self.folder.path().join(format!("old-{}", receipt.id));
            fs::rename(&place, &aside).map_err(ModelsError::io(&place))?;
        }
        fs::rename(folder, &place).map_err(ModelsError::io(&place))?;
        sync(&store.home().join("models"))
    }

    /// Takes a model's folder out of the store, whole, and then removes it.
    pub(crate) fn discard(self, folder: &Path) -> Result<(), ModelsError> {
        let aside = self.folder.path().join("removed");
        fs::rename(folder, &aside).map_err(ModelsError::io(folder))?;
        fs::remove_dir_all(&aside).map_err(ModelsError::io(&aside))
    }
}

fn make_folder(folder: &Path) -> Result<(), ModelsError> {
    Folder::from(folder).create().map_err(ModelsError::io(folder))
}

fn sync(folder: &Path) -> Result<(), ModelsError> {
    Folder::from(folder).sync().map_err(ModelsError::io(folder))
}

fn wait_for_lock(path: &Path, progress: &dyn Progress) -> Result<File, ModelsError> {
    let lock = File::create(path).map_err(ModelsError::io(path))?;
    loop {
        // Asked again and again rather than waited for, as the caller may want to stop.
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::Error(source)) => {
                return Err(ModelsError::Io { path: path.to_owned(), source });
            }
            Err(TryLockError::WouldBlock) if progress.cancelled() => {
                return Err(ModelsError::Interrupted);
            }
            Err(TryLockError::WouldBlock) => {
                progress.advance("waiting for another fetch", 0, None);
                thread::sleep(PATIENCE);
            }
        }
    }
}
