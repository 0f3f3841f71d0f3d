//! How files come into being: under another name, with the header last, then renamed.

use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use trommel_core::disk::{Folder, PendingFile};

use crate::VectorError;
use crate::format::{HEADER, Header};

/// A file being written, not yet under its own name.
#[derive(Debug)]
pub(crate) struct NewFile(PendingFile);

impl NewFile {
    /// Begins a file of which nobody reads; room for the header is left.
    pub(crate) fn create(folder: &Folder, name: &str) -> Result<Self, VectorError> {
        let file = folder.begin_file(name).map_err(VectorError::io(&folder.join(name)))?;
        let mut new = Self(file);
        new.write(&[0; HEADER])?;
        Ok(new)
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), VectorError> {
        self.0.write_all(bytes).map_err(VectorError::io(self.0.path()))
    }

    /// Hands what was written to the system, so that it can be read back from [`NewFile::path`].
    pub(crate) fn flush(&mut self) -> Result<(), VectorError> {
        self.0.flush().map_err(VectorError::io(self.0.path()))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Puts the header in place, makes the file durable and gives it its name.
    pub(crate) fn finish(mut self, header: Header, name: &Path) -> Result<(), VectorError> {
        // Until now there are zeros in front, so a file that was cut off midway has no magic word.
        let begin = self.0.seek(SeekFrom::Start(0));
        begin.map_err(VectorError::io(self.0.path()))?;
        self.write(&header.to_bytes())?;
        self.0.finish(name).map_err(VectorError::io(name))
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
