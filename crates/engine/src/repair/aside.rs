//! Putting damaged files where nobody removes them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use trommel_storage::Folder;

use crate::EngineError;
use crate::collection::{MANIFEST, PENDING, SET_ASIDE};

/// A folder `set-aside/N` inside the collection, made when the first file comes.
pub(super) struct Aside<'a> {
    collection: &'a Path,
    folder: PathBuf,
    kept: usize,
}

impl<'a> Aside<'a> {
    /// Finds the first number that is free.
    pub(super) fn new(collection: &'a Path) -> Result<Self, EngineError> {
        let all = collection.join(SET_ASIDE);
        let folder = (1..)
            .map(|number: u64| all.join(number.to_string()))
            .find(|folder| !folder.exists())
            .ok_or_else(|| EngineError::corrupt(&all, "it has no free number left"))?;
        Ok(Self { collection, folder, kept: 0 })
    }

    /// Keeps the manifest, and the one that was about to take its place, if they are there.
    pub(super) fn keep_manifest(mut self) -> Result<Self, EngineError> {
        for name in [MANIFEST, PENDING] {
            if self.collection.join(name).exists() {
                // A second name would not do: the next commit writes over the pending manifest.
                self.keep_by(name, copy)?;
            }
        }
        Ok(self)
    }

    /// Keeps the named files that are there.
    pub(super) fn keep(mut self, names: &[String]) -> Result<Self, EngineError> {
        for name in names {
            if self.collection.join(name).exists() {
                // A second name, or a copy where the file system knows no second names.
                self.keep_by(name, |from, to| fs::hard_link(from, to).or_else(|_| copy(from, to)))?;
            }
        }
        Ok(self)
    }

    /// Makes what was kept durable; returns the folder, or `None` if nothing was.
    pub(super) fn finish(self) -> Result<Option<PathBuf>, EngineError> {
        if self.kept == 0 {
            return Ok(None);
        }
        let parts = fs::read_dir(&self.folder).map_err(EngineError::io("read", &self.folder))?;
        for part in parts {
            let path = part.map_err(EngineError::io("read", &self.folder))?.path();
            if path.is_dir() {
                sync(&path)?;
            }
        }
        sync(&self.folder)?;
        sync(&self.collection.join(SET_ASIDE))?;
        sync(self.collection)?;
        Ok(Some(self.folder))
    }

    fn keep_by(
        &mut self,
        name: &str,
        keep: impl Fn(&Path, &Path) -> io::Result<()>,
    ) -> Result<(), EngineError> {
        let (from, to) = (self.collection.join(name), self.folder.join(name));
        let parent = to.parent().unwrap_or(&self.folder);
        fs::create_dir_all(parent).map_err(EngineError::io("create", parent))?;
        keep(&from, &to).map_err(EngineError::io("set aside", &from))?;
        self.kept += 1;
        Ok(())
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to)?;
    fs::OpenOptions::new().write(true).open(to)?.sync_all()
}

fn sync(folder: &Path) -> Result<(), EngineError> {
    Folder::from(folder).sync().map_err(EngineError::io("sync", folder))
}
