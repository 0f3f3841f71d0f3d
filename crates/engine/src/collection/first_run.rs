//! The mark of a collection that has no commit yet.
//!
//! Files without a manifest are either those of a first run that was interrupted, which are of no
//! use, or a whole collection that has lost its manifest. The mark tells them apart: it is on disk
//! before the first file is, and goes behind the first commit.

use std::path::Path;

use trommel_core::disk::Folder;

use super::storage::own_files;
use crate::EngineError;

pub(super) const MARK: &str = "first-run.tmp";

/// Sets the mark, for good, in a folder whose own name lasts.
pub(super) fn begin(folder: &Folder) -> Result<(), EngineError> {
    folder.sync_above().map_err(EngineError::io("sync", folder))?;
    let path = folder.join(MARK);
    if !path.exists() {
        let set = || folder.disk().create(&path)?.sync();
        set().map_err(EngineError::io("create", &path))?;
    }
    folder.sync().map_err(EngineError::io("sync", folder))
}

/// Takes the mark away. One that stays does no harm as long as there is a manifest, and the next
/// writer takes it away.
pub(crate) fn end(folder: &Folder) {
    let path = folder.join(MARK);
    if path.exists() {
        let _ = folder.disk().remove(&path);
    }
}

/// Says whether a folder without a manifest holds the files of a collection that had one.
pub(super) fn lost_its_manifest(folder: &Path) -> Result<bool, EngineError> {
    Ok(!folder.join(MARK).exists() && !own_files(folder)?.is_empty())
}
