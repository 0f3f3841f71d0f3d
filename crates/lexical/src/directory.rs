//! The folder of an index as tantivy sees it.
//!
//! tantivy commits by renaming its `meta.json`. A collection commits all its parts in one rename
//! of its own, so here `meta.json` and the other files that change live in memory only, and the
//! folder holds nothing but segment files, each written once.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tantivy::Directory;
use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    AntiCallToken, DirectoryLock, FileHandle, Lock, MmapDirectory, RamDirectory, TerminatingWrite,
    WatchCallback, WatchHandle, WritePtr,
};
use trommel_core::disk::{BlockHashes, DiskFile, Folder};

use crate::checked::{CheckedHandle, DamageNote};
use crate::{LexicalError, LexicalState};

const META: &str = "meta.json";

/// A tantivy directory over one folder, opened at one state.
#[derive(Clone, Debug)]
pub(crate) struct GenerationDirectory {
    folder: Folder,
    disk: MmapDirectory,
    memory: RamDirectory,
    /// The hashes of blocks, by file.
    blocks: Arc<BTreeMap<String, BlockHashes>>,
    files: Arc<Mutex<Files>>,
    damage: DamageNote,
}

/// The names of the files on disk that mean something.
#[derive(Debug, Default)]
struct Files {
    /// Named by a state, so whole and never touched again.
    committed: BTreeSet<String>,
    /// Written since.
    written: BTreeSet<String>,
    /// The first write that failed, of which tantivy reports neither file nor, always, cause.
    failure: Option<(PathBuf, io::Error)>,
}

impl GenerationDirectory {
    /// Opens the folder with no state.
    pub(crate) fn empty(folder: &Folder) -> Result<Self, LexicalError> {
        let disk = MmapDirectory::open(folder.path())
            .map_err(|error| LexicalError::from_tantivy("opening", folder, error.into()))?;
        Ok(Self {
            folder: folder.clone(),
            disk,
            memory: RamDirectory::create(),
            blocks: Arc::default(),
            files: Arc::default(),
            damage: DamageNote::default(),
        })
    }

    /// Opens the folder at a state, with the hashes of the blocks of large files.
    pub(crate) fn at(
        folder: &Folder,
        state: &LexicalState,
        blocks: &BTreeMap<String, BlockHashes>,
    ) -> Result<Self, LexicalError> {
        let directory = Self { blocks: Arc::new(blocks.clone()), ..Self::empty(folder)? };
        directory
            .memory
            .atomic_write(Path::new(META), state.meta.as_bytes())
            .map_err(|source| LexicalError::Io { path: folder.join(META), source })?;
        directory.files().committed.extend(state.files.iter().cloned());
        Ok(directory)
    }

    /// Returns tantivy's description of the index as it stands.
    pub(crate) fn meta(&self) -> Result<String, LexicalError> {
        let damaged = |detail| LexicalError::Corrupt { path: self.folder.join(META), detail };
        let bytes =
            self.memory.atomic_read(Path::new(META)).map_err(|error| damaged(error.to_string()))?;
        String::from_utf8(bytes).map_err(|error| damaged(error.to_string()))
    }

    /// Makes those files durable that are among the ones named, and forgets and removes the rest of what was
    /// written; returns the names of the kept files, sorted.
    pub(crate) fn settle(&self, named: &BTreeSet<String>) -> Result<Vec<String>, LexicalError> {
        let belongs = |name: &String| named.contains(name);
        let mut files = self.files();
        let (kept, dropped): (BTreeSet<_>, BTreeSet<_>) =
            std::mem::take(&mut files.written).into_iter().partition(belongs);
        // until they are durable, so that the next try does not miss them
        files.written.clone_from(&kept);
        for name in &kept {
            let path = self.folder.join(name);
            self.folder.disk().sync(&path).map_err(|source| LexicalError::Io { path, source })?;
        }
        for name in dropped {
            // no state ever named it; if it cannot go now, it is rubbish for the collector
            let _ = self.folder.disk().remove(&self.folder.join(name));
        }
        self.folder
            .sync()
            .map_err(|source| LexicalError::Io { path: self.folder.path().to_owned(), source })?;
        files.written.clear();
        files.committed.extend(kept);
        Ok(files.committed.iter().filter(|name| belongs(name)).cloned().collect())
    }

    /// Returns the first write that failed, if one did.
    pub(crate) fn failure(&self) -> Option<LexicalError> {
        let (path, source) = self.files().failure.take()?;
        Some(LexicalError::Io { path, source })
    }

    /// Returns where damage is noted that reading meets, of which tantivy may not tell.
    pub(crate) fn damage(&self) -> DamageNote {
        self.damage.clone()
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says whether a file lives in memory: what changes does, what is written once does not.
    fn in_memory(&self, path: &Path) -> bool {
        let name = path.to_string_lossy();
        name == META || name.starts_with('.')
    }

    fn home(&self, path: &Path) -> &dyn Directory {
        if self.in_memory(path) { &self.memory } else { &self.disk }
    }

    fn create(&self, path: &Path) -> io::Result<SegmentFile> {
        let name = path.to_string_lossy().into_owned();
        let mut files = self.files();
        if files.committed.contains(&name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        // What is there was left by a writer that died before it could commit.
        let full = self.folder.join(path);
        match self.folder.create_file(&name) {
            Ok(file) => {
                files.written.insert(name);
                Ok(SegmentFile { file, path: full, files: Arc::clone(&self.files) })
            }
            Err(error) => Err(files.note(&full, error)),
        }
    }
}

impl Directory for GenerationDirectory {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        let file = self.home(path).get_file_handle(path)?;
        let Some(blocks) = self.blocks.get(&*path.to_string_lossy()) else { return Ok(file) };
        let (full, damage) = (self.folder.join(path), self.damage.clone());
        match CheckedHandle::new(full, file, blocks.clone(), damage) {
            Ok(checked) => Ok(Arc::new(checked)),
            Err(error) => Err(OpenReadError::wrap_io_error(error, path.to_owned())),
        }
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        // a file on disk stays for as long as a generation may name it
        if self.in_memory(path) { self.memory.delete(path) } else { Ok(()) }
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.home(path).exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        if self.in_memory(path) {
            return self.memory.open_write(path);
        }
        let file = self.create(path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => OpenWriteError::FileAlreadyExists(path.to_owned()),
            _ => OpenWriteError::wrap_io_error(error, path.to_owned()),
        })?;
        Ok(BufWriter::new(Box::new(file)))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.memory.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        self.memory.atomic_write(path, data)
    }

    fn sync_directory(&self) -> io::Result<()> {
        // done once a commit, in `settle`
        Ok(())
    }

    fn acquire_lock(&self, _: &Lock) -> Result<DirectoryLock, LockError> {
        // one writer at a time is the collection's promise
        Ok(DirectoryLock::from(Box::new(())))
    }

    fn watch(&self, _: WatchCallback) -> tantivy::Result<WatchHandle> {
        Ok(WatchHandle::empty())
    }
}

impl Files {
    /// Keeps the first failure, and returns it.
    fn note(&mut self, path: &Path, error: io::Error) -> io::Error {
        let copy = io::Error::new(error.kind(), error.to_string());
        self.failure.get_or_insert((path.to_owned(), error));
        copy
    }
}

/// A segment file being written; it is made durable when its segment is committed, since most
/// segments are merged away before.
struct SegmentFile {
    file: Box<dyn DiskFile>,
    path: PathBuf,
    files: Arc<Mutex<Files>>,
}

impl SegmentFile {
    fn noted<T>(&self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            _ => self.files.lock().unwrap_or_else(PoisonError::into_inner).note(&self.path, error),
        })
    }
}

impl Write for SegmentFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes);
        self.noted(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.file.flush();
        self.noted(flushed)
    }
}

impl TerminatingWrite for SegmentFile {
    fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
        self.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn write(directory: &GenerationDirectory, name: &str) -> Result<(), OpenWriteError> {
        directory.open_write(Path::new(name)).map(|writer| writer.terminate().unwrap())
    }

    #[test]
    fn what_changes_never_reaches_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let directory = GenerationDirectory::empty(&folder.path().into()).unwrap();
        directory.atomic_write(Path::new("meta.json"), b"{}").unwrap();
        directory.atomic_write(Path::new(".managed.json"), b"[]").unwrap();
        assert_eq!(names(folder.path()), [""; 0]);
        assert_eq!(directory.meta().unwrap(), "{}");
    }

    #[test]
    fn only_what_a_state_names_is_kept_and_it_is_never_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let directory = GenerationDirectory::empty(&folder.path().into()).unwrap();
        // a writer that died left this behind
        fs::write(folder.path().join("a.idx"), "rubbish").unwrap();
        for name in ["a.idx", "a.pos", "b.idx"] {
            write(&directory, name).unwrap();
        }
        assert_eq!(fs::read(folder.path().join("a.idx")).unwrap(), b"");
        let named = ["a.idx", "a.pos", "a.fast"].map(ToOwned::to_owned);
        let kept = directory.settle(&BTreeSet::from(named)).unwrap();
        assert_eq!(kept, ["a.idx", "a.pos"]);
        assert_eq!(names(folder.path()), kept);

        let again = write(&directory, "a.idx");
        assert!(matches!(again, Err(OpenWriteError::FileAlreadyExists(_))));
        directory.delete(Path::new("a.idx")).unwrap();
        // a later state without the segment leaves the file to those that have it
        assert_eq!(directory.settle(&BTreeSet::new()).unwrap(), [""; 0]);
        assert_eq!(names(folder.path()), kept);
    }
}
