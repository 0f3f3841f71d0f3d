//! Putting damaged files where nobody removes them.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use trommel_core::disk::Folder;

use crate::EngineError;
use crate::collection::{MANIFEST, PENDING, SET_ASIDE};

/// A folder `set-aside/N` inside the collection, made when the first file comes.
pub(super) struct Aside<'a> {
    collection: &'a Folder,
    folder: Folder,
    /// The folders that got a name.
    touched: BTreeSet<PathBuf>,
}

impl<'a> Aside<'a> {
    /// Finds the first number that is free.
    pub(super) fn new(collection: &'a Folder) -> Result<Self, EngineError> {
        let all = collection.within(SET_ASIDE);
        let folder = (1..)
            .map(|number: u64| all.within(&number.to_string()))
            .find(|folder| !folder.exists())
            .ok_or_else(|| EngineError::corrupt(&all, "it has no free number left"))?;
        Ok(Self { collection, folder, touched: BTreeSet::new() })
    }

    /// Keeps the manifest, and the one that was about to take its place, if they are there.
    pub(super) fn keep_manifest(mut self) -> Result<Self, EngineError> {
        for name in [MANIFEST, PENDING] {
            if self.collection.join(name).exists() {
                // A second name would not do: the next commit writes over the pending manifest.
                self.keep_by(name, Self::copy)?;
            }
        }
        Ok(self)
    }

    /// Keeps the named files that are there.
    pub(super) fn keep(mut self, names: &[String]) -> Result<Self, EngineError> {
        for name in names {
            if self.collection.join(name).exists() {
                // A second name, or a copy where the file system knows no second names.
                self.keep_by(name, |aside, from, to| {
                    let linked = aside.folder.disk().link(from, to);
                    linked.or_else(|_| aside.copy(from, to))
                })?;
            }
        }
        Ok(self)
    }

    /// Makes what was kept durable; returns the folder, or `None` if nothing was.
    pub(super) fn finish(self) -> Result<Option<PathBuf>, EngineError> {
        if self.touched.is_empty() {
            return Ok(None);
        }
        for folder in &self.touched {
            let synced = self.folder.disk().sync_folder(folder);
            synced.map_err(EngineError::io("sync", folder))?;
        }
        // Its name there is new, or was made by a repair that died.
        self.collection.sync().map_err(EngineError::io("sync", self.collection))?;
        Ok(Some(self.folder.to_path_buf()))
    }

    fn keep_by(
        &mut self,
        name: &str,
        keep: impl Fn(&Self, &Path, &Path) -> io::Result<()>,
    ) -> Result<(), EngineError> {
        let from = self.collection.join(name);
        let to = self.folder.join(name);
        // Names have at most one folder before them.
        let parent = match name.split_once('/') {
            Some((part, _)) => self.folder.within(part),
            None => self.folder.clone(),
        };
        parent.create().map_err(EngineError::io("create", &parent))?;
        keep(self, &from, &to).map_err(EngineError::io("set aside", &from))?;
        self.touched.insert(parent.to_path_buf());
        Ok(())
    }

    fn copy(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut copy = self.folder.disk().create(to)?;
        io::copy(&mut File::open(from)?, &mut copy)?;
        copy.sync()
    }
}
