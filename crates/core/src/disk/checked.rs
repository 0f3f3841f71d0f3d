//! Finished files of which every byte is verified before it is used.

use std::io;
use std::ops::Range;
use std::path::Path;

use super::{BlockHashes, Mapped, VerifiedBlocks};

/// A finished file, each block of which is verified when it is first read.
#[derive(Debug)]
pub struct CheckedFile {
    bytes: Bytes,
    /// Nothing where all was verified before.
    blocks: Option<VerifiedBlocks>,
}

#[derive(Debug)]
enum Bytes {
    Mapped(Mapped),
    Memory(Vec<u8>),
}

impl CheckedFile {
    /// Maps a file; nothing of it is read.
    ///
    /// # Errors
    ///
    /// If it cannot be mapped, and [`Damage`](super::Damage) if its length is not that of the hashes.
    pub fn open(path: &Path, hashes: BlockHashes) -> io::Result<Self> {
        let map = Mapped::open(path)?;
        let blocks = VerifiedBlocks::of(hashes, map.len())?;
        Ok(Self { bytes: Bytes::Mapped(map), blocks: Some(blocks) })
    }

    /// Maps a file that was verified as a whole.
    ///
    /// # Errors
    ///
    /// If it cannot be mapped.
    pub fn open_verified(path: &Path) -> io::Result<Self> {
        Ok(Self { bytes: Bytes::Mapped(Mapped::open(path)?), blocks: None })
    }

    /// Returns bytes that nobody wrote to a disk, as if they came from there.
    #[must_use]
    pub fn in_memory(bytes: Vec<u8>) -> Self {
        Self { bytes: Bytes::Memory(bytes), blocks: None }
    }

    /// Returns bytes of the file.
    ///
    /// # Errors
    ///
    /// [`Damage`](super::Damage) if they are not what was written, or not there.
    pub fn bytes(&self, range: Range<usize>) -> io::Result<&[u8]> {
        let all = self.unverified();
        if let Some(blocks) = &self.blocks {
            blocks.verify(range.clone(), |block| Ok(&all[block]))?;
        }
        let (Range { start, end }, bytes) = (range.clone(), all.len());
        all.get(range)
            .ok_or_else(|| super::Damage(format!("no bytes {start} to {end} among {bytes}")).into())
    }

    /// Returns a copy of bytes of the file, read without making their pages a part of the process
    /// ([`Mapped::copy`]).
    ///
    /// # Errors
    ///
    /// As for [`CheckedFile::bytes`].
    pub fn copy(&self, range: Range<usize>) -> io::Result<Vec<u8>> {
        let Bytes::Mapped(map) = &self.bytes else { return Ok(self.bytes(range)?.to_vec()) };
        let copied = |range: Range<usize>| {
            let mut bytes = vec![0; range.len()];
            map.copy(range.start, &mut bytes);
            bytes
        };
        match &self.blocks {
            Some(blocks) => blocks.verify(range.clone(), |block| Ok(copied(block)))?,
            None => drop(self.bytes(range.clone())?),
        }
        Ok(copied(range))
    }

    /// Takes what was read out of the process, as [`Mapped::let_go`] does.
    pub fn let_go(&self) {
        if let Bytes::Mapped(map) = &self.bytes {
            map.let_go();
        }
    }

    /// Returns the number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.unverified().len()
    }

    /// Says whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn unverified(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Mapped(map) => map,
            Bytes::Memory(bytes) => bytes,
        }
    }
}
