//! Files whose text is known and costly to get, so that they are not read again while they are as they
//! were.

use std::collections::HashMap;
use std::sync::Arc;

use trommel_core::FileStamp;

use crate::own_extractor::{OwnExtractor, of};

/// Formats that take more to read than to look at: a document is in one of these as a whole.
const COSTLY: [&str; 12] =
    ["pdf", "docx", "docm", "pptx", "pptm", "xlsx", "xlsm", "odt", "ods", "odp", "epub", "rtf"];

/// Files that gave a document, by their absolute paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownFiles(Arc<HashMap<String, (String, FileStamp)>>);

impl FromIterator<(String, (String, FileStamp))> for KnownFiles {
    /// Collects files with the root that their document belongs to.
    fn from_iter<T: IntoIterator<Item = (String, (String, FileStamp))>>(files: T) -> Self {
        Self(Arc::new(files.into_iter().collect()))
    }
}

impl KnownFiles {
    /// Says whether a file of a root is as it was.
    pub(crate) fn has(&self, path: &str, root: &str, stamp: Option<FileStamp>) -> bool {
        let known = self.0.get(path);
        known.is_some_and(|(its_root, then)| its_root == root && Some(*then) == stamp)
    }
}

/// Says whether reading a file takes so long that it is worth remembering: its path from the root
/// shows it.
#[must_use]
pub fn is_costly(path: &str, own: &[OwnExtractor]) -> bool {
    let is_of_costly_format = || {
        let ending = path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        ending.is_some_and(|ending| COSTLY.contains(&ending.as_str()))
    };
    is_of_costly_format() || of(own, path).is_some()
}
