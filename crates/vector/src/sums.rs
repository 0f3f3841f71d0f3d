//! Checksums of a segment, so that its rows are verified as they are read.
//!
//! A search reads few of the vectors of a large segment. Beside the segment lies a small file with a
//! checksum for each row, one for each block of rounded rows and one of everything else; the last is verified
//! when the segment is opened, a row or a block when it is first read.

use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use trommel_core::disk::{Folder, Mapped};
use trommel_kernels::screen::BLOCK_ROWS;

use crate::VectorError;
use crate::files::NewFile;
use crate::format::{self, HEADER, Header, numbers};

/// The bytes of the hash of what is not a row.
const FRAME: usize = 32;
/// Stands for no row.
const NONE: usize = usize::MAX;

/// The words of a file that has checksums of the blocks; without them, the hash of everything that is not a
/// row is over the blocks, too.
const WITH_BLOCKS: [u32; 6] = [1, 0, 0, 0, 0, 0];

/// Returns the checksum of a row: the first 8 bytes of the blake3 hash of its bytes.
pub(crate) fn of_row(vector: &[f32]) -> u64 {
    of_block(bytemuck::cast_slice(vector))
}

/// Returns the checksum of a block of rounded rows, by its bytes.
pub(crate) fn of_block(bytes: &[u8]) -> u64 {
    let hash = blake3::hash(bytes);
    u64::from_le_bytes(std::array::from_fn(|at| hash.as_bytes()[at]))
}

/// The checksums of a segment that is being written.
pub(crate) struct NewSums {
    /// The hash of everything that is neither a row nor a block.
    pub(crate) frame: blake3::Hash,
    /// The checksum of each row.
    pub(crate) rows: Vec<u64>,
    /// The checksum of each block.
    pub(crate) blocks: Vec<u64>,
}

impl NewSums {
    /// Writes the checksums under `temporary`, then gives the file its name.
    pub(crate) fn write(
        &self,
        folder: &Folder,
        temporary: &str,
        name: &Path,
    ) -> Result<(), VectorError> {
        let mut file = NewFile::create(folder, temporary)?;
        file.write(self.frame.as_bytes())?;
        file.write(bytemuck::cast_slice(&self.rows))?;
        file.write(bytemuck::cast_slice(&self.blocks))?;
        let count = self.rows.len() as u64;
        file.finish(Header { magic: format::SUMS, count, words: WITH_BLOCKS }, name)
    }
}

/// The checksums of an open segment, and what of it was verified.
#[derive(Debug)]
pub(crate) struct Sums {
    file: Mapped,
    rows: Verified,
    /// Nothing in a file of before.
    blocks: Option<Verified>,
}

/// Which rows, or blocks, were verified.
#[derive(Debug)]
struct Verified {
    /// Where their checksums lie in the file.
    sums: Range<usize>,
    seen: Vec<AtomicU64>,
    /// The first that was found damaged.
    damaged: AtomicUsize,
}

impl Sums {
    /// Maps a file of checksums, which must have been verified as a whole.
    pub(crate) fn open(path: &Path, rows: usize) -> Result<Self, VectorError> {
        let file = Mapped::open(path).map_err(VectorError::io(path))?;
        let header = Header::read(path, format::SUMS, &file)?;
        let blocks = match header.words {
            WITH_BLOCKS => rows.div_ceil(BLOCK_ROWS),
            _ => 0,
        };
        if header.count != rows as u64 || ![WITH_BLOCKS, [0; 6]].contains(&header.words) {
            let detail = format!("has {} checksums, expected {rows}", header.count);
            return Err(VectorError::corrupt(path, detail));
        }
        let behind_rows = HEADER + FRAME + 8 * rows;
        format::check_len(path, &file, (behind_rows + 8 * blocks) as u64)?;
        let has_blocks = header.words == WITH_BLOCKS;
        let blocks = has_blocks.then(|| Verified::none(behind_rows..behind_rows + 8 * blocks));
        Ok(Self { file, rows: Verified::none(HEADER + FRAME..behind_rows), blocks })
    }

    /// Says whether blocks have checksums of their own.
    pub(crate) fn has_blocks(&self) -> bool {
        self.blocks.is_some()
    }

    /// Says whether `pieces`, all that has no checksum of its own, are what was written.
    pub(crate) fn frame_is(&self, pieces: &[&[u8]]) -> bool {
        let mut frame = blake3::Hasher::new();
        for piece in pieces {
            frame.update(piece);
        }
        self.file[HEADER..HEADER + FRAME] == *frame.finalize().as_bytes()
    }

    /// Verifies a row if that was not done before.
    pub(crate) fn verify(&self, row: usize, vector: &[f32]) {
        self.rows.verify(row, &self.file, || of_row(vector));
    }

    /// Verifies a block if that was not done before.
    pub(crate) fn verify_block(&self, block: usize, bytes: &[u8]) {
        if let Some(blocks) = &self.blocks {
            blocks.verify(block, &self.file, || of_block(bytes));
        }
    }

    /// Returns the first row that was found damaged.
    pub(crate) fn damaged(&self) -> Option<usize> {
        self.rows.damaged()
    }

    /// Returns the first block that was found damaged.
    pub(crate) fn damaged_block(&self) -> Option<usize> {
        self.blocks.as_ref().and_then(Verified::damaged)
    }
}

impl Verified {
    fn none(sums: Range<usize>) -> Self {
        let seen = (0..(sums.len() / 8).div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        Self { sums, seen, damaged: AtomicUsize::new(NONE) }
    }

    fn verify(&self, at: usize, file: &[u8], sum: impl Fn() -> u64) {
        // Threads may race for a row: both then verify it and find the same, for the file never
        // changes. That is why no order among these atomics is needed.
        let (word, bit) = (&self.seen[at / 64], 1 << (at % 64));
        if word.load(Ordering::Relaxed) & bit != 0 {
            return;
        }
        if numbers::<u64>(&file[self.sums.clone()]).get(at) == Some(&sum()) {
            word.fetch_or(bit, Ordering::Relaxed);
        } else {
            // The smallest is kept, so that the message does not depend on which thread was first.
            self.damaged.fetch_min(at, Ordering::Relaxed);
        }
    }

    fn damaged(&self) -> Option<usize> {
        Some(self.damaged.load(Ordering::Relaxed)).filter(|&at| at != NONE)
    }
}
