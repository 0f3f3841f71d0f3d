//! The mark of a collection that has no commit yet.
//!
//! Files without a manifest are either those of a first run that was interrupted, which are of no
//! use, or a whole collection that has lost its manifest. The mark tells them apart: it is on disk
//! before the first file is, and goes behind the first commit.

use std::fs::{self, File};
use std::path::Path;

use super::storage::{own_files, sync_folder};
use crate::EngineError;

pub(super) const MARK: &str = "first-run.tmp";

/// Sets the mark, for good.
pub(super) fn begin(folder: &Path) -> Result<(), EngineError> {
    let path = folder.join(MARK);
    File::create(&path)
        .and_then(|file| file.sync_all())
        .map_err(EngineError::io("create", &path))?;
    sync_folder(folder)
}

/// Takes the mark away. One that stays does no harm as long as there is a manifest, and the next
/// writer takes it away.
pub(crate) fn end(folder: &Path) {
    let _ = fs::remove_file(folder.join(MARK));
}

/// Says whether a folder without a manifest holds the files of a collection that had one.
pub(super) fn lost_its_manifest(folder: &Path) -> Result<bool, EngineError> {
    Ok(!folder.join(MARK).exists() && !own_files(folder)?.is_empty())
}
