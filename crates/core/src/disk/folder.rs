//! A folder and the disk that it is written through.

use std::io::{self, Write};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Disk, DiskFile, PendingFile, SystemDisk};

/// A path whose files are written through a [`Disk`]; a plain path becomes one of the file system.
#[derive(Debug, Clone)]
pub struct Folder {
    disk: Arc<dyn Disk>,
    path: PathBuf,
}

impl Folder {
    /// Returns the folder at a path of a disk.
    #[must_use]
    pub fn on(disk: Arc<dyn Disk>, path: &Path) -> Self {
        Self { disk, path: path.to_owned() }
    }

    /// Returns a folder within this one.
    #[must_use]
    pub fn within(&self, name: &str) -> Self {
        Self { disk: Arc::clone(&self.disk), path: self.path.join(name) }
    }

    /// Returns the path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the disk.
    #[must_use]
    pub fn disk(&self) -> &dyn Disk {
        &*self.disk
    }

    /// Begins a file in this folder, emptying one that is there.
    ///
    /// # Errors
    ///
    /// What the system reports.
    pub fn create_file(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        self.disk.create(&self.path.join(name))
    }

    /// Begins a file that gets its own name when it is whole: until then it is `pending`, a name
    /// that nobody reads.
    ///
    /// # Errors
    ///
    /// What the system reports.
    pub fn begin_file(&self, pending: &str) -> io::Result<PendingFile> {
        PendingFile::begin(self, pending)
    }

    /// Writes a file under its own name and makes its bytes last, not the name.
    ///
    /// # Errors
    ///
    /// What the system reports; the file may then be there in part.
    pub fn write_file(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut file = self.create_file(name)?;
        file.write_all(bytes)?;
        file.sync()
    }

    /// Puts a file in the place of what has its name, in one step that lasts through a power cut:
    /// whoever opens it finds the old bytes or the new ones. Processes and threads that do so at the
    /// same time do not meet, and the last one stays.
    ///
    /// # Errors
    ///
    /// What the system reports; the old file is then still there.
    pub fn replace_file(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let (process, thread) = (std::process::id(), std::thread::current().id());
        let pending = format!(".tmp-{name}-{process}-{thread:?}");
        let replace = || {
            let mut file = self.begin_file(&pending)?;
            file.write_all(bytes)?;
            file.finish(&self.path.join(name))
        };
        replace().inspect_err(|_| {
            // The first error is the one to tell; what is left over has a name that nobody reads.
            let _ = self.disk.remove(&self.path.join(&pending));
        })?;
        self.sync()
    }

    /// Makes the folder and those above it that are missing; each lasts through a power cut.
    ///
    /// # Errors
    ///
    /// What the system reports.
    pub fn create(&self) -> io::Result<()> {
        create(self.disk(), &self.path)
    }

    /// Makes the names of the folder and of all those above it last through a power cut: a folder
    /// that is there may have been made by a process that died before it could.
    ///
    /// Those above that cannot be synced by whoever calls this were not made by them either.
    ///
    /// # Errors
    ///
    /// What the system reports, as long as it is about the disk.
    pub fn sync_above(&self) -> io::Result<()> {
        for above in std::path::absolute(&self.path)?.ancestors().skip(1) {
            match self.disk.sync_folder(above) {
                Err(error) if is_not_ours(&error) => {}
                synced => synced?,
            }
        }
        Ok(())
    }

    /// Makes the names in the folder last through a power cut.
    ///
    /// # Errors
    ///
    /// What the system reports.
    pub fn sync(&self) -> io::Result<()> {
        self.disk.sync_folder(&self.path)
    }
}

/// The path, for whatever only reads.
impl Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

impl From<&Path> for Folder {
    fn from(path: &Path) -> Self {
        Self::on(Arc::new(SystemDisk), path)
    }
}

impl From<&PathBuf> for Folder {
    fn from(path: &PathBuf) -> Self {
        Self::from(path.as_path())
    }
}

impl From<&Folder> for Folder {
    fn from(folder: &Folder) -> Self {
        folder.clone()
    }
}

/// Returns whether a folder could not be synced for what it is, and not for a fault of its disk.
fn is_not_ours(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidInput, PermissionDenied, ReadOnlyFilesystem, Unsupported};
    matches!(error.kind(), InvalidInput | PermissionDenied | ReadOnlyFilesystem | Unsupported)
}

fn create(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // From the top down, each synced in the folder above: a name below one that was lost is lost
    // too.
    create(disk, parent)?;
    match disk.create_folder(path) {
        // Another process was quicker, or `path` is such as `a/..`.
        Err(_) if path.is_dir() => {}
        made => made?,
    }
    disk.sync_folder(parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_made_with_those_above_it_and_making_it_again_is_no_error() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/b/c");
        let folder = Folder::from(&path);
        folder.create().unwrap();
        folder.create().unwrap();
        assert!(path.is_dir());
        folder.create_file("x").unwrap().write_all(b"1").unwrap();
        assert_eq!(std::fs::read(path.join("x")).unwrap(), b"1");
        let below_a_file = Folder::from(&path.join("x/y"));
        assert!(below_a_file.create().is_err());
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::from(root.path());
        let names = || -> Vec<_> {
            let entries = std::fs::read_dir(root.path()).unwrap();
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
        };
        for bytes in ["one", "two, which is longer", "3"] {
            folder.replace_file("x", bytes.as_bytes()).unwrap();
            assert_eq!(std::fs::read_to_string(root.path().join("x")).unwrap(), bytes);
            assert_eq!(names(), ["x"]);
        }
        std::fs::create_dir(root.path().join("y")).unwrap();
        std::fs::write(root.path().join("y/z"), "in the way").unwrap();
        assert!(folder.replace_file("y", b"1").is_err());
        assert_eq!(names().len(), 2, "what could not get its name is gone: {:?}", names());
    }
}
