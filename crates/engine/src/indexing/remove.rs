//! Removing documents by id.

use trommel_core::disk::Folder;
use trommel_vector::VectorSettings;

use crate::EngineError;
use crate::collection::CollectionWriter;

/// What a removal did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// The ids that were removed.
    pub removed: Vec<String>,
    /// The ids that the collection does not have.
    pub unknown: Vec<String>,
    /// The generation that the collection is now at.
    pub generation: u64,
}

/// Removes a root with all its documents, so that it is not read again; `None` if the collection
/// has no such root.
///
/// # Errors
///
/// As for [`remove`].
pub fn forget(
    folder: impl Into<Folder>,
    root: &str,
    vectors: VectorSettings,
) -> Result<Option<Removed>, EngineError> {
    let mut writer = CollectionWriter::open(folder, vectors)?;
    let Some(removed) = writer.forget(root)? else { return Ok(None) };
    let generation = writer.commit(true)?;
    Ok(Some(Removed { removed, unknown: Vec::new(), generation }))
}

/// Removes documents from both indexes in one commit.
///
/// A document whose source still delivers it comes back with the next indexing run.
///
/// # Errors
///
/// As for [`CollectionWriter::open`] and [`CollectionWriter::commit`].
pub fn remove(
    folder: impl Into<Folder>,
    ids: &[String],
    vectors: VectorSettings,
) -> Result<Removed, EngineError> {
    let mut writer = CollectionWriter::open(folder, vectors)?;
    let (mut removed, mut unknown) = (Vec::new(), Vec::new());
    for id in ids {
        if writer.remove(id)? {
            removed.push(id.clone());
        } else if !removed.contains(id) {
            unknown.push(id.clone());
        }
    }
    let generation = writer.commit(true)?;
    Ok(Removed { removed, unknown, generation })
}
