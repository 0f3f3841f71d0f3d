//! What tells without reading a file that it may have changed.

use std::fs::Metadata;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

/// The size and modification time of a file: where both are as they were, the file is taken for
/// unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileStamp {
    /// The size in bytes.
    pub bytes: u64,
    /// The modification time in nanoseconds since 1970; those before it are negative.
    pub modified: i64,
}

impl FileStamp {
    /// Returns the stamp of a file, or `None` where the system keeps no modification time or one
    /// that is centuries from now.
    #[must_use]
    pub fn of(metadata: &Metadata) -> Option<Self> {
        let modified = metadata.modified().ok()?;
        // Files from before 1970 exist, if only by a wrong clock.
        let modified = match modified.duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_nanos()).ok()?,
            Err(before) => -i64::try_from(before.duration().as_nanos()).ok()?,
        };
        Some(Self { bytes: metadata.len(), modified })
    }
}
