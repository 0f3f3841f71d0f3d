//! One file of documents: a magic number, then one JSON record after the other.
//!
//! The catalogue says where a record lies, so the file needs no table of its own.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use trommel_core::disk::{DiskFile, Folder};

use super::{Entry, StoredDocument};
use crate::EngineError;

const MAGIC: &[u8; 8] = b"TRMLDOC1";

/// Where a record lies in a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(super) offset: u64,
    pub(super) length: u32,
}

/// Writes a new segment.
#[derive(Debug)]
pub(super) struct SegmentWriter {
    path: PathBuf,
    file: BufWriter<Box<dyn DiskFile>>,
    end: u64,
}

impl SegmentWriter {
    pub(super) fn create(folder: &Folder, name: &str) -> Result<Self, EngineError> {
        let path = folder.join(name);
        let open = || {
            // What is there was left by a commit that never came to count.
            let mut file = BufWriter::new(folder.create_file(name)?);
            file.write_all(MAGIC)?;
            Ok(file)
        };
        let file = open().map_err(EngineError::io("create", &path))?;
        Ok(Self { path, file, end: MAGIC.len() as u64 })
    }

    pub(super) fn append(&mut self, record: &[u8]) -> Result<Place, EngineError> {
        let mut write = || {
            let length = u32::try_from(record.len()).map_err(io::Error::other)?;
            self.file.write_all(record)?;
            Ok(length)
        };
        let length = write().map_err(EngineError::io("write", &self.path))?;
        let place = Place { offset: self.end, length };
        self.end += u64::from(length);
        Ok(place)
    }

    pub(super) fn finish(self) -> Result<(), EngineError> {
        self.file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .and_then(|mut file| file.sync())
            .map_err(EngineError::io("sync", &self.path))
    }
}

/// Reads records of a segment. Any number of threads may read at once: a read says where it
/// begins, so the file has no position that they would have to share.
#[derive(Debug)]
pub(crate) struct SegmentReader {
    path: PathBuf,
    file: File,
    /// The file's length, which never changes.
    end: u64,
}

impl SegmentReader {
    pub(crate) fn open(path: &Path) -> Result<Self, EngineError> {
        let open = || {
            let file = File::open(path)?;
            let end = file.metadata()?.len();
            Ok((file, end))
        };
        let (file, end) = open().map_err(EngineError::io("open", path))?;
        Ok(Self { path: path.to_owned(), file, end })
    }

    fn bytes(&self, place: Place) -> Result<Vec<u8>, EngineError> {
        let missing = || {
            let detail = format!("no record of {} bytes at {}", place.length, place.offset);
            EngineError::corrupt(&self.path, detail)
        };
        // A damaged catalogue may ask for more than there is: no memory is given for that.
        if place.offset.checked_add(u64::from(place.length)).is_none_or(|end| end > self.end) {
            return Err(missing());
        }
        let mut bytes = vec![0; place.length as usize];
        match read_exact_at(&self.file, &mut bytes, place.offset) {
            Ok(()) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(missing()),
            Err(error) => Err(EngineError::io("read", &self.path)(error)),
        }
    }

    /// Reads the document of an entry of the catalogue, whose record must have its hash.
    pub(crate) fn document(&self, entry: &Entry) -> Result<StoredDocument, EngineError> {
        serde_json::from_slice(&self.record(entry)?)
            .map_err(|error| EngineError::corrupt(&self.path, error.to_string()))
    }

    /// Returns the record of an entry, which must have its hash.
    pub(super) fn record(&self, entry: &Entry) -> Result<Vec<u8>, EngineError> {
        let bytes = self.bytes(entry.place())?;
        if *blake3::hash(&bytes).as_bytes() != entry.record {
            let detail = format!("the record at {} does not have its hash", entry.offset);
            return Err(EngineError::corrupt(&self.path, detail));
        }
        Ok(bytes)
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    // `seek_read` moves the file's position, which nobody uses, and may give less than was asked.
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                bytes = &mut bytes[read..];
                offset += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
