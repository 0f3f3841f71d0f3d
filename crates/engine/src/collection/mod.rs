//! A collection on disk: one manifest names every file of one generation.
//!
//! ```text
//! manifest.json   the commit: renamed into place, names and hashes all other files
//! writer.lock     held by the one writer
//! first-run.tmp   there until the first commit
//! config.toml     the user's settings, not ours
//! documents/      what was indexed, and the catalogue of it
//! lexical/        tantivy's segments
//! vectors/        vector segments, graphs and tombstones
//! predictions/    the same of predicted vectors, and the table that predicts
//! set-aside/      damaged files that a repair put there; nobody ever removes them
//! ```

mod depth;
mod first_run;
mod lock;
mod manifest;
mod opening;
mod predictions;
mod storage;
mod writer;

pub use depth::{Depth, Depths};
pub use lock::writer_of;
pub use manifest::{
    FORMAT, FileRecord, Manifest, OLDEST_FORMAT, Root, RootKind, RootReading, Splitting,
};
pub use predictions::{PredictionQuality, PredictionState};
pub use writer::{CollectionSettings, CollectionWriter};

pub(crate) use first_run::end as end_first_run;
pub(crate) use lock::WriterLock;
pub(crate) use manifest::{MANIFEST, PENDING, root_of};
pub(crate) use opening::Opening;
pub(crate) use predictions::{Predictions, or_none};
pub(crate) use storage::{
    checked_file, is_ours, orphans, own_files, record_of, verified_bytes, verify_file,
    verify_files, verify_length, verify_unblocked, verify_vectors,
};
pub(crate) use writer::{add_passages, first_passages, sweep};

use std::path::{Path, PathBuf};

/// The folders of a collection's files, by the part they belong to.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    folder: PathBuf,
}

impl Layout {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    pub(crate) fn documents(&self) -> PathBuf {
        self.folder.join(DOCUMENTS)
    }

    pub(crate) fn lexical(&self) -> PathBuf {
        self.folder.join(LEXICAL)
    }

    pub(crate) fn vectors(&self) -> PathBuf {
        self.folder.join(VECTORS)
    }
}

pub(crate) const DOCUMENTS: &str = "documents";
pub(crate) const LEXICAL: &str = "lexical";
pub(crate) const VECTORS: &str = "vectors";
pub(crate) const PREDICTIONS: &str = "predictions";
/// The folder of what a repair set aside.
pub(crate) const SET_ASIDE: &str = "set-aside";
pub(crate) const PARTS: [&str; 4] = [DOCUMENTS, LEXICAL, VECTORS, PREDICTIONS];

/// Returns the names that a collection has in its folder.
pub(crate) fn own_names() -> impl Iterator<Item = &'static str> {
    let files = [MANIFEST, PENDING, lock::LOCK, first_run::MARK, "config.toml"];
    PARTS.into_iter().chain([SET_ASIDE]).chain(files)
}
