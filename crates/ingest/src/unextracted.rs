//! Files that an extractor could make nothing of, so that they are not read again at every run.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use trommel_core::FileStamp;
use trommel_extract::ExtractError;

/// A file that gave no text, as it was then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unextracted {
    /// Its absolute path.
    pub path: String,
    /// Its size and time when it was read.
    pub stamp: FileStamp,
    /// Why it gave no text.
    pub error: ExtractError,
}

/// Such files by their paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownUnextracted(Arc<HashMap<String, (FileStamp, ExtractError)>>);

impl KnownUnextracted {
    /// Returns why a file gave no text, if it is as it was then.
    pub(crate) fn error(&self, path: &str, stamp: Option<FileStamp>) -> Option<ExtractError> {
        let (then, error) = self.0.get(path)?;
        (Some(*then) == stamp).then(|| error.clone())
    }
}

impl FromIterator<Unextracted> for KnownUnextracted {
    fn from_iter<T: IntoIterator<Item = Unextracted>>(files: T) -> Self {
        let by_path = |Unextracted { path, stamp, error }: Unextracted| (path, (stamp, error));
        Self(Arc::new(files.into_iter().map(by_path).collect()))
    }
}
