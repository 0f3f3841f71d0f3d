//! How a file comes into being at once: under another name, made to last, then renamed.

use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::{DiskFile, Folder};

/// A file being written, not yet under its own name.
#[derive(Debug)]
pub struct PendingFile {
    folder: Folder,
    path: PathBuf,
    out: BufWriter<Box<dyn DiskFile>>,
}

impl PendingFile {
    pub(super) fn begin(folder: &Folder, name: &str) -> io::Result<Self> {
        let out = BufWriter::with_capacity(1 << 18, folder.create_file(name)?);
        Ok(Self { folder: folder.clone(), path: folder.join(name), out })
    }

    /// Returns where the file is as long as it is pending.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the bytes last and gives the file its name, in place of what has it. The name lasts
    /// through a power cut once its folder is synced.
    ///
    /// # Errors
    ///
    /// What the system reports. The name is then still that of what had it.
    pub fn finish(mut self, name: &Path) -> io::Result<()> {
        self.out.flush()?;
        // Bytes before name: a name that lasts must not stand for a file that does not.
        self.out.get_mut().sync()?;
        self.folder.disk().rename(&self.path, name)
    }
}

impl Write for PendingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Seek for PendingFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.out.seek(to)
    }
}
