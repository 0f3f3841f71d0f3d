//! Whether the files of the store are the ones that were put there.

use std::path::{Path, PathBuf};

use crate::{ModelsError, Store, StoredFile, sha256_file, widened};

/// What a check of one file found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileCheck {
    /// The file.
    pub path: PathBuf,
    /// The sha256 it should have.
    pub expected: String,
    /// The sha256 it has; none if there is no such file.
    pub got: Option<String>,
    /// Whether the expected hash is only the one of the first fetch.
    pub unpinned: bool,
}

impl FileCheck {
    /// Returns whether the file is the one that was put there.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.got.as_ref() == Some(&self.expected)
    }
}

impl Store {
    /// Checks every file of a model and returns what was found, also what was made from the files.
    ///
    /// # Errors
    ///
    /// If no model has that id, it is not in the store, or a file cannot be read. A file with the
    /// wrong content is no error here: see [`FileCheck::is_whole`].
    pub fn verify(&self, id: &str) -> Result<Vec<FileCheck>, ModelsError> {
        let receipt = self.receipt(&self.spec(id)?)?;
        let folder = self.folder(id);
        let made = widened::recorded(&folder)?;
        receipt.files.iter().chain(made.as_ref()).map(|file| look(&folder, file)).collect()
    }
}

/// Checks one file against its hash.
pub(crate) fn check(folder: &Path, file: &StoredFile) -> Result<(), ModelsError> {
    let found = look(folder, file)?;
    if found.is_whole() {
        return Ok(());
    }
    Err(ModelsError::Damaged {
        path: found.path,
        expected: found.expected,
        got: found.got.unwrap_or_else(|| "no file".to_owned()),
    })
}

/// Returns what is found of one file.
pub(crate) fn look(folder: &Path, file: &StoredFile) -> Result<FileCheck, ModelsError> {
    let path = folder.join(&file.name);
    let got = match sha256_file(&path) {
        Ok(got) => Some(got),
        Err(ModelsError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            None
        }
        Err(error) => return Err(error),
    };
    Ok(FileCheck { path, expected: file.sha256.clone(), got, unpinned: file.unpinned })
}
