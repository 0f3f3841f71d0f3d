//! How files come into being: under another name, flushed, then renamed.

use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use trommel_storage::{DiskFile, Folder};

use crate::VectorError;
use crate::format::{HEADER, Header};

/// A file being written, not yet under its own name.
#[derive(Debug)]
pub(crate) struct NewFile {
    folder: Folder,
    path: PathBuf,
    out: BufWriter<Box<dyn DiskFile>>,
}

impl NewFile {
    /// Begins a file of which nobody reads; room for the header is left.
    pub(crate) fn create(folder: &Folder, name: &str) -> Result<Self, VectorError> {
        let path = folder.join(name);
        let file = folder.create_file(name).map_err(VectorError::io(&path))?;
        let out = BufWriter::with_capacity(1 << 18, file);
        let mut new = Self { folder: folder.clone(), path, out };
        new.write(&[0; HEADER])?;
        Ok(new)
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), VectorError> {
        self.out.write_all(bytes).map_err(VectorError::io(&self.path))
    }

    /// Hands what was written to the system, so that it can be read back from [`NewFile::path`].
    pub(crate) fn flush(&mut self) -> Result<(), VectorError> {
        self.out.flush().map_err(VectorError::io(&self.path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the header in place, makes the file durable and gives it its name.
    pub(crate) fn finish(mut self, header: Header, name: &Path) -> Result<(), VectorError> {
        let path = self.path.as_path();
        self.out.seek(SeekFrom::Start(0)).map_err(VectorError::io(path))?;
        self.out.write_all(&header.to_bytes()).map_err(VectorError::io(path))?;
        self.out.flush().map_err(VectorError::io(path))?;
        self.out.get_mut().sync().map_err(VectorError::io(path))?;
        self.folder.disk().rename(path, name).map_err(VectorError::io(name))
    }
}

/// Removes a file that an interrupted writer may have left; none is fine too.
pub(crate) fn remove_leftover(folder: &Folder, name: &str) -> Result<(), VectorError> {
    let path = folder.join(name);
    match folder.disk().remove(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(VectorError::io(&path)(error))
        }
        _ => Ok(()),
    }
}
