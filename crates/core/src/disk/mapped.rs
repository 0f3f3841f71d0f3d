//! Finished files, mapped into memory.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::Path;

use memmap2::Mmap;

/// The bytes of a finished file.
#[derive(Debug)]
pub struct Mapped {
    map: Mmap,
    file: File,
}

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
        Ok(Self { map, file })
    }

    /// Copies the bytes from `start` on. Other than by looking at them, this does not make their pages, and those
    /// around them, a part of the process: whoever reads a little here and there of a large file needs no
    /// memory for it.
    ///
    /// # Panics
    ///
    /// If the file ends before.
    pub fn copy(&self, start: usize, into: &mut [u8]) {
        let mapped = &self.map[start..start + into.len()];
        if read_at(&self.file, start as u64, into).is_err() {
            into.copy_from_slice(mapped);
        }
    }

    /// Takes the pages that were read out of the process: what is read again comes from the file again.
    pub fn let_go(&self) {
        // SAFETY: nobody can have written to a map that is read-only, so a page that is mapped anew has the bytes of
        // the file, as it had before; whoever holds a slice meanwhile sees no change.
        // It is a hint: where the system does not take it, memory is needed for longer.
        #[cfg(unix)]
        drop(unsafe { self.map.unchecked_advise(memmap2::UncheckedAdvice::DontNeed) });
    }
}

#[cfg(unix)]
fn read_at(file: &File, start: u64, into: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, into, start)
}

#[cfg(not(unix))]
fn read_at(_: &File, _: u64, _: &mut [u8]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.map
    }
}

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        &self.map
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copied_and_let_go_bytes_are_those_of_the_file() {
        let bytes: Vec<u8> = (0..20_000_u32).map(|at| (at % 251) as u8).collect();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, &bytes).unwrap();
        let map = Mapped::open(file.path()).unwrap();
        let mut part = [0; 300];
        map.copy(8_100, &mut part);
        assert_eq!(part, bytes[8_100..8_400]);
        let before = &map[..];
        map.let_go();
        assert_eq!(before, bytes);
    }

    #[test]
    #[should_panic(expected = "range end index 12 out of range")]
    fn what_is_not_there_is_not_copied() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, [1; 10]).unwrap();
        Mapped::open(file.path()).unwrap().copy(8, &mut [0; 4]);
    }
}
