//! Files whose blocks are verified before tantivy sees them.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tantivy::HasLen;
use tantivy::directory::{FileHandle, OwnedBytes};
use trommel_core::disk::{BlockHashes, Damage, VerifiedBlocks};

use crate::LexicalError;

/// The first damage that reading met: on its way through tantivy an error loses its file, and often its cause.
#[derive(Debug, Clone, Default)]
pub(crate) struct DamageNote(Arc<Mutex<Option<(PathBuf, String)>>>);

impl DamageNote {
    /// Returns the damage, if there is some.
    pub(crate) fn get(&self) -> Option<LexicalError> {
        let met = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        met.clone().map(|(path, detail)| LexicalError::Corrupt { path, detail })
    }

    fn note(&self, path: &Path, error: io::Error) -> io::Error {
        if let Some(Damage(detail)) = Damage::of(&error) {
            let mut met = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            met.get_or_insert_with(|| (path.to_owned(), detail.clone()));
        }
        error
    }
}

/// A file on disk, each block of which is verified when it is first read.
#[derive(Debug)]
pub(crate) struct CheckedHandle {
    path: PathBuf,
    file: Arc<dyn FileHandle>,
    blocks: VerifiedBlocks,
    damage: DamageNote,
}

impl CheckedHandle {
    pub(crate) fn new(
        path: PathBuf,
        file: Arc<dyn FileHandle>,
        hashes: BlockHashes,
        damage: DamageNote,
    ) -> io::Result<Self> {
        let blocks = VerifiedBlocks::of(hashes, file.len());
        let blocks = blocks.map_err(|error| damage.note(&path, error))?;
        Ok(Self { path, file, blocks, damage })
    }
}

impl HasLen for CheckedHandle {
    fn len(&self) -> usize {
        self.file.len()
    }
}

impl FileHandle for CheckedHandle {
    fn read_bytes(&self, range: Range<usize>) -> io::Result<OwnedBytes> {
        let read = |block| self.file.read_bytes(block);
        let verified = self.blocks.verify(range.clone(), read);
        verified.map_err(|error| self.damage.note(&self.path, error))?;
        self.file.read_bytes(range)
    }
}
