//! A packed model in a file, mapped into memory.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use memmap2::Mmap;

use crate::image::Bytes;

/// Returns the bytes of a file that nobody writes to: one that was written under another name and
/// renamed when it was complete.
///
/// # Errors
///
/// If the file cannot be opened or mapped.
pub fn map(path: &Path) -> io::Result<Bytes> {
    let file = File::open(path)?;
    // SAFETY: the map is read-only, and shared slices of it are handed out only for as long as it
    // lives. What would break them is a change of the file under the map; the caller has promised
    // that there is none. A stranger who cuts the file short stops the process with SIGBUS.
    let map = unsafe { Mmap::map(&file) }?;
    Ok(Arc::new(map))
}
