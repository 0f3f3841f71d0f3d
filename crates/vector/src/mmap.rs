//! Files mapped into memory.
#![allow(unsafe_code)]

use std::fs::File;
use std::ops::Deref;
use std::path::Path;

use bytemuck::AnyBitPattern;
use memmap2::Mmap;

use crate::VectorError;

/// The bytes of a finished file.
#[derive(Debug)]
pub(crate) struct Mapped(Mmap);

impl Mapped {
    /// Maps a file that nobody writes to any more.
    pub(crate) fn open(path: &Path) -> Result<Self, VectorError> {
        let file = File::open(path).map_err(VectorError::io(path))?;
        // SAFETY: the map is read-only and private to this type, which hands out shared slices
        // only for as long as it lives. What would break them is a change of the file under the
        // map. Files of this crate are written under another name, renamed when they are
        // complete and never opened for writing again; taking away a name, which is all that
        // cleaning up does, leaves the mapped bytes alone. A stranger who cuts the file short
        // stops the process with SIGBUS, as with every engine that maps its index.
        let map = unsafe { Mmap::map(&file) }.map_err(VectorError::io(path))?;
        Ok(Self(map))
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// Returns bytes as numbers; empty if they do not lie as numbers do, which no checked file has.
pub(crate) fn numbers<T: AnyBitPattern>(bytes: &[u8]) -> &[T] {
    bytemuck::try_cast_slice(bytes).unwrap_or_default()
}
