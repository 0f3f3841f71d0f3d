//! One file of documents: a magic number, then one JSON record after the other.
//!
//! The catalogue says where a record lies, so the file needs no table of its own.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use trommel_storage::{DiskFile, Folder};

use super::StoredDocument;
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

/// Reads records of a segment.
#[derive(Debug)]
pub(crate) struct SegmentReader {
    path: PathBuf,
    file: Mutex<File>,
}

impl SegmentReader {
    pub(crate) fn open(path: &Path) -> Result<Self, EngineError> {
        let file = File::open(path).map_err(EngineError::io("open", path))?;
        Ok(Self { path: path.to_owned(), file: Mutex::new(file) })
    }

    pub(super) fn bytes(&self, place: Place) -> Result<Vec<u8>, EngineError> {
        let mut bytes = Vec::new();
        let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        file.seek(SeekFrom::Start(place.offset))
            .and_then(|_| (&mut *file).take(u64::from(place.length)).read_to_end(&mut bytes))
            .map_err(EngineError::io("read", &self.path))?;
        if bytes.len() == place.length as usize {
            Ok(bytes)
        } else {
            let detail = format!("no record of {} bytes at {}", place.length, place.offset);
            Err(EngineError::corrupt(&self.path, detail))
        }
    }

    /// Reads a document, whose bytes must have the hash `record` if it is known.
    pub(crate) fn document(
        &self,
        place: Place,
        record: Option<[u8; 32]>,
    ) -> Result<StoredDocument, EngineError> {
        let bytes = self.bytes(place)?;
        if record.is_some_and(|record| *blake3::hash(&bytes).as_bytes() != record) {
            let detail = format!("the record at {} does not have its hash", place.offset);
            return Err(EngineError::corrupt(&self.path, detail));
        }
        serde_json::from_slice(&bytes)
            .map_err(|error| EngineError::corrupt(&self.path, error.to_string()))
    }
}
