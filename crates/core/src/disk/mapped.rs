//! Finished files, mapped into memory.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::Path;

use memmap2::Mmap;

/// The bytes of a finished file.
#[derive(Debug)]
pub struct Mapped(Mmap);

impl Mapped {
    /// Maps a file that nobody writes to any more.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened or mapped.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        // SAFETY: the map is read-only and private to this type, which hands out shared slices
        // only for as long as it lives. What would break them is a change of the file under the
        // map. Files that are mapped here are written under another name, renamed when they are
        // complete and never opened for writing again; taking away a name, which is all that
        // cleaning up does, leaves the mapped bytes alone. A stranger who cuts the file short
        // stops the process with SIGBUS, as with every engine that maps its index.
        let map = unsafe { Mmap::map(&file) }?;
        Ok(Self(map))
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
