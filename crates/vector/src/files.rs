//! How files come into being: under another name, flushed, then renamed.

use std::fs::{self, File};
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::VectorError;
use crate::format::{HEADER, Header};

/// A file being written, not yet under its own name.
#[derive(Debug)]
pub(crate) struct NewFile {
    path: PathBuf,
    out: BufWriter<File>,
}

impl NewFile {
    /// Begins a file at a path of which nobody reads; room for the header is left.
    pub(crate) fn create(path: PathBuf) -> Result<Self, VectorError> {
        let file = File::create(&path).map_err(VectorError::io(&path))?;
        let mut new = Self { path, out: BufWriter::with_capacity(1 << 18, file) };
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
        self.out.get_ref().sync_all().map_err(VectorError::io(path))?;
        fs::rename(path, name).map_err(VectorError::io(name))
    }
}

/// Makes new names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), VectorError> {
    // Only Unix opens a folder like a file; elsewhere the names are the file system's affair.
    if cfg!(unix) {
        File::open(folder).and_then(|it| it.sync_all()).map_err(VectorError::io(folder))?;
    }
    Ok(())
}

/// Removes a file that an interrupted writer may have left; none is fine too.
pub(crate) fn remove_leftover(path: &Path) -> Result<(), VectorError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(VectorError::io(path)(error))
        }
        _ => Ok(()),
    }
}
