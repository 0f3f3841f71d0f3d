//! The header that every file of a vector index begins with.
//!
//! `docs/file-format.md` describes the files byte by byte.

use std::path::Path;

use bytemuck::AnyBitPattern;

use crate::VectorError;

/// The bytes of the header; what follows it is aligned for any number and any vector register.
pub(crate) const HEADER: usize = 64;
/// The version of all five kinds of file.
const VERSION: u32 = 2;

pub(crate) const SEGMENT: [u8; 8] = *b"TRMLVEC\n";
pub(crate) const NEIGHBOURS: [u8; 8] = *b"TRMLNEA\n";
pub(crate) const GRAPH: [u8; 8] = *b"TRMLHNS\n";
pub(crate) const SUMS: [u8; 8] = *b"TRMLSUM\n";
pub(crate) const TOMBSTONES: [u8; 8] = *b"TRMLDEL\n";

/// A magic word, the version and what the kind of file says in its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) magic: [u8; 8],
    /// What the file's rows, ids or points number.
    pub(crate) count: u64,
    /// Up to six numbers of the kind's own; those it does not use are 0.
    pub(crate) words: [u32; 6],
}

impl Header {
    pub(crate) fn to_bytes(self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..8].copy_from_slice(&self.magic);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.count.to_le_bytes());
        for (to, word) in bytes[24..48].chunks_exact_mut(4).zip(self.words) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// Reads and checks the header of a mapped file.
    pub(crate) fn read(path: &Path, magic: [u8; 8], file: &[u8]) -> Result<Self, VectorError> {
        let corrupt = |detail: String| Err(VectorError::corrupt(path, detail));
        let Some(bytes) = file.first_chunk::<HEADER>() else {
            return corrupt(format!("expected a header of {HEADER} bytes, got {}", file.len()));
        };
        let word = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        if bytes[..8] != magic {
            let name = |magic: &[u8]| magic.escape_ascii().to_string();
            return corrupt(format!("begins with {}, not {}", name(&bytes[..8]), name(&magic)));
        }
        // The version comes before everything else: of another one, no further byte has a known
        // meaning.
        if word(8) != VERSION {
            let path = path.to_path_buf();
            return Err(VectorError::Version { path, expected: VERSION, got: word(8) });
        }
        let header = Self {
            magic,
            count: u64::from_le_bytes(std::array::from_fn(|i| bytes[16 + i])),
            words: std::array::from_fn(|i| word(24 + 4 * i)),
        };
        // Written again, the header has zeros wherever nothing is said, so one comparison checks
        // them all.
        if header.to_bytes() != *bytes {
            return corrupt("a reserved byte of the header is not 0".into());
        }
        Ok(header)
    }
}

/// Checks that a file is as long as its header says.
pub(crate) fn check_len(path: &Path, file: &[u8], expected: u64) -> Result<(), VectorError> {
    if file.len() as u64 == expected {
        return Ok(());
    }
    Err(VectorError::corrupt(path, format!("expected {expected} bytes, got {}", file.len())))
}

/// Returns bytes as numbers; empty if they do not lie as numbers do, which no checked file has.
pub(crate) fn numbers<T: AnyBitPattern>(bytes: &[u8]) -> &[T] {
    bytemuck::try_cast_slice(bytes).unwrap_or_default()
}
