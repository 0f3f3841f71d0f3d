//! Hashes of a file's blocks, so that of a large file only what is read has to be verified.

use std::fmt;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The bytes of a block; the last of a file may have fewer.
pub const BLOCK_BYTES: usize = 1 << 18;

/// The bytes that are kept of a block's hash: whoever would forge a block must forge the manifest that
/// holds these, too, so they have to tell of accidents alone.
const KEPT: usize = 16;

/// The hashes of the blocks of a file: the first 16 bytes of the blake3 hash of each.
///
/// As text, all of them in hexadecimal without anything between.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BlockHashes(Arc<[[u8; KEPT]]>);

impl BlockHashes {
    /// Reads a file to its end.
    ///
    /// # Errors
    ///
    /// What the system reports.
    pub fn of(mut file: impl Read) -> io::Result<Self> {
        let mut hashes = Vec::new();
        let mut block = Vec::with_capacity(BLOCK_BYTES);
        loop {
            block.clear();
            file.by_ref().take(BLOCK_BYTES as u64).read_to_end(&mut block)?;
            if block.is_empty() {
                return Ok(Self(hashes.into()));
            }
            hashes.push(hash(&block));
        }
    }

    /// Returns whether these are hashes for a file of so many bytes.
    #[must_use]
    pub fn fit(&self, bytes: u64) -> bool {
        self.0.len() as u64 == bytes.div_ceil(BLOCK_BYTES as u64)
    }
}

fn hash(block: &[u8]) -> [u8; KEPT] {
    let hash = blake3::hash(block);
    std::array::from_fn(|at| hash.as_bytes()[at])
}

impl fmt::Debug for BlockHashes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlockHashes of {} blocks", self.0.len())
    }
}

impl From<BlockHashes> for String {
    fn from(hashes: BlockHashes) -> Self {
        hashes.0.as_flattened().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl TryFrom<String> for BlockHashes {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("expected {KEPT} bytes a block in hexadecimal, got {text:?}");
        let digits: Option<Vec<u8>> =
            text.chars().map(|it| it.to_digit(16).map(|digit| digit as u8)).collect();
        let bytes: Vec<u8> = digits
            .ok_or_else(wrong)?
            .chunks(2)
            .map(|it| it.iter().fold(0, |a, b| a << 4 | b))
            .collect();
        let (hashes, rest) = bytes.as_chunks();
        if !rest.is_empty() || text.len() != 2 * bytes.len() {
            return Err(wrong());
        }
        Ok(Self(hashes.into()))
    }
}

/// Bytes of a file are not what was written.
///
/// It comes inside an [`io::Error`], as readers of other libraries know no other: [`Damage::of`] takes it
/// out again.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Damage(pub String);

impl Damage {
    /// Returns the damage that an error reports, if it does.
    #[must_use]
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

impl From<Damage> for io::Error {
    fn from(damage: Damage) -> Self {
        Self::new(io::ErrorKind::InvalidData, damage)
    }
}

/// Which blocks of an open file were verified.
#[derive(Debug)]
pub struct VerifiedBlocks {
    hashes: BlockHashes,
    bytes: usize,
    seen: Box<[AtomicU64]>,
}

impl VerifiedBlocks {
    /// Begins with a file of so many bytes, of which nothing was verified.
    ///
    /// # Errors
    ///
    /// [`Damage`] if there are hashes for another length.
    pub fn of(hashes: BlockHashes, bytes: usize) -> io::Result<Self> {
        if !hashes.fit(bytes as u64) {
            let blocks = hashes.0.len();
            return Err(Damage(format!("expected {blocks} blocks, got {bytes} bytes")).into());
        }
        let seen = (0..hashes.0.len().div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        Ok(Self { hashes, bytes, seen })
    }

    /// Verifies those blocks of a range of bytes that were not verified before; `read` gives their bytes.
    ///
    /// # Errors
    ///
    /// [`Damage`] if one is not what was written or the range is not within the file, and what `read`
    /// reports.
    pub fn verify<B: AsRef<[u8]>>(
        &self,
        range: Range<usize>,
        read: impl Fn(Range<usize>) -> io::Result<B>,
    ) -> io::Result<()> {
        if range.start > range.end || range.end > self.bytes {
            let (Range { start, end }, bytes) = (range, self.bytes);
            return Err(Damage(format!("no bytes {start} to {end} among {bytes}")).into());
        }
        for block in range.start / BLOCK_BYTES..range.end.div_ceil(BLOCK_BYTES) {
            // Threads may race for a block: both then verify it and find the same, for the file never
            // changes. That is why no order among these atomics is needed.
            let (word, bit) = (&self.seen[block / 64], 1 << (block % 64));
            if word.load(Ordering::Relaxed) & bit != 0 {
                continue;
            }
            let start = block * BLOCK_BYTES;
            let end = self.bytes.min(start + BLOCK_BYTES);
            if self.hashes.0[block] != hash(read(start..end)?.as_ref()) {
                return Err(Damage(format!("bytes {start} to {end} fail their hash")).into());
            }
            word.fetch_or(bit, Ordering::Relaxed);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_fails_where_it_is_read_and_nowhere_else() {
        let mut bytes: Vec<u8> = (0..2 * BLOCK_BYTES + 7).map(|at| (at * 31 % 251) as u8).collect();
        let hashes = BlockHashes::of(&*bytes).unwrap();
        assert_eq!(hashes.0.len(), 3);
        bytes[BLOCK_BYTES + 5] ^= 4;
        let blocks = VerifiedBlocks::of(hashes, bytes.len()).unwrap();
        let verify = |range| blocks.verify(range, |range| Ok(&bytes[range]));
        verify(0..BLOCK_BYTES).unwrap();
        verify(2 * BLOCK_BYTES..bytes.len()).unwrap();
        verify(BLOCK_BYTES..BLOCK_BYTES).unwrap();
        for range in [BLOCK_BYTES - 1..BLOCK_BYTES + 1, BLOCK_BYTES + 9..BLOCK_BYTES + 10] {
            let error = verify(range).unwrap_err();
            assert_eq!(Damage::of(&error).unwrap().0, "bytes 262144 to 524288 fail their hash");
        }
        assert!(Damage::of(&verify(5..bytes.len() + 1).unwrap_err()).is_some());
    }

    #[test]
    fn hashes_survive_as_text_and_no_other_text_is_taken_for_some() {
        let hashes = BlockHashes::of(&b"abc"[..]).unwrap();
        let text = String::from(hashes.clone());
        // the first 16 bytes of the published hash of "abc"
        assert_eq!(text, "6437b3ac38465133ffb63b75273a8db5");
        assert_eq!(BlockHashes::try_from(text.clone()), Ok(hashes.clone()));
        assert!(hashes.fit(3) && hashes.fit(BLOCK_BYTES as u64) && !hashes.fit(0));
        for wrong in [&text[1..], &text[2..], "xx37b3ac38465133ffb63b75273a8db5", "é"] {
            assert!(BlockHashes::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
        assert!(VerifiedBlocks::of(hashes, BLOCK_BYTES + 1).is_err());
    }
}
