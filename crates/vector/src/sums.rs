//! Checksums of a segment, so that its rows are verified as they are read.
//!
//! A search reads few of the vectors of a large segment. Beside the segment lies a small file with a
//! checksum for each row and one of everything else; the latter is verified when the segment is
//! opened, a row when it is first read.

use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use trommel_core::disk::{Folder, Mapped};

use crate::VectorError;
use crate::files::NewFile;
use crate::format::{self, HEADER, Header, numbers};

/// The bytes of the hash of what is not a row.
const FRAME: usize = 32;
/// Stands for no row.
const NONE: usize = usize::MAX;

/// Returns the checksum of a row: the first 8 bytes of the blake3 hash of its bytes.
pub(crate) fn of_row(vector: &[f32]) -> u64 {
    let hash = blake3::hash(bytemuck::cast_slice(vector));
    u64::from_le_bytes(std::array::from_fn(|at| hash.as_bytes()[at]))
}

/// Writes checksums under `temporary`, then gives the file its name. `frame` is the hash of
/// everything in the segment that is not a row.
pub(crate) fn write(
    folder: &Folder,
    temporary: &str,
    name: &Path,
    frame: blake3::Hash,
    rows: &[u64],
) -> Result<(), VectorError> {
    let mut file = NewFile::create(folder, temporary)?;
    file.write(frame.as_bytes())?;
    file.write(bytemuck::cast_slice(rows))?;
    let count = rows.len() as u64;
    file.finish(Header { magic: format::SUMS, count, words: [0; 6] }, name)
}

/// The checksums of an open segment, and which of its rows were verified.
#[derive(Debug)]
pub(crate) struct Sums {
    file: Mapped,
    seen: Vec<AtomicU64>,
    /// The first row that was found damaged.
    damaged: AtomicUsize,
}

impl Sums {
    /// Maps a file of checksums, which must have been verified as a whole.
    pub(crate) fn open(path: &Path, rows: usize) -> Result<Self, VectorError> {
        let file = Mapped::open(path).map_err(VectorError::io(path))?;
        let header = Header::read(path, format::SUMS, &file)?;
        if header.count != rows as u64 || header.words != [0; 6] {
            let detail = format!("has {} checksums, expected {rows}", header.count);
            return Err(VectorError::corrupt(path, detail));
        }
        format::check_len(path, &file, (HEADER + FRAME) as u64 + 8 * header.count)?;
        let seen = (0..rows.div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        Ok(Self { file, seen, damaged: AtomicUsize::new(NONE) })
    }

    /// Says whether `pieces`, all that is not a row, are what was written.
    pub(crate) fn frame_is(&self, pieces: &[&[u8]]) -> bool {
        let mut frame = blake3::Hasher::new();
        for piece in pieces {
            frame.update(piece);
        }
        self.file[HEADER..HEADER + FRAME] == *frame.finalize().as_bytes()
    }

    /// Verifies a row if that was not done before.
    pub(crate) fn verify(&self, row: usize, vector: &[f32]) {
        // Threads may race for a row: both then verify it and find the same, for the file never
        // changes. That is why no order among these atomics is needed.
        let (word, bit) = (&self.seen[row / 64], 1 << (row % 64));
        if word.load(Ordering::Relaxed) & bit != 0 {
            return;
        }
        if self.rows().get(row) == Some(&of_row(vector)) {
            word.fetch_or(bit, Ordering::Relaxed);
        } else {
            // The smallest row is kept, so that the message does not depend on which thread was
            // first.
            self.damaged.fetch_min(row, Ordering::Relaxed);
        }
    }

    /// Returns the first row that was found damaged.
    pub(crate) fn damaged(&self) -> Option<usize> {
        Some(self.damaged.load(Ordering::Relaxed)).filter(|&row| row != NONE)
    }

    fn rows(&self) -> &[u64] {
        numbers(&self.file[HEADER + FRAME..])
    }
}
