//! The store: one folder a model, each with its receipt.
//!
//! ```text
//! HOME/models/ID/model.json       the receipt: hashes and where the files came from
//! HOME/models/ID/…                the files
//! HOME/models/ID/f32.safetensors  weights made from the files, at their first use
//! HOME/models/ID/wordpiece.bin    the tokenizer in a compact form, made at its first use
//! HOME/incoming/                  what a fetch is just getting
//! HOME/fetch.lock                 held by the one process that changes the store
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use trommel_core::near;

use crate::receipt::Receipt;
use crate::{InstalledModel, Kind, ModelsError, Platform, RUNTIME, Spec, known, spec};

/// The folder that holds the files of models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    home: PathBuf,
}

/// One line of the list of models.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What is known of the model.
    pub spec: Spec,
    /// Whether its files are in the store.
    pub state: State,
}

/// Whether a model's files are in the store; hashes are not looked at.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// They are not.
    Absent,
    /// They are, as the receipt says.
    Present(Receipt),
    /// The receipt cannot be read; fetch the model again.
    Damaged(String),
    /// The model is not published for this machine.
    Unsupported,
}

impl Store {
    /// Returns the store in a folder, which need not exist yet.
    #[must_use]
    pub fn new(home: PathBuf) -> Self {
        Self { home }
    }

    /// Returns the store's folder.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Returns the entry of a model: from the table, or as it was added.
    ///
    /// # Errors
    ///
    /// If no model has that id, or its receipt cannot be read.
    pub fn spec(&self, id: &str) -> Result<Spec, ModelsError> {
        if let Ok(spec) = spec(id) {
            return Ok(spec.clone());
        }
        let added = if is_id(id) { Receipt::read(&self.folder(id))? } else { None };
        added.and_then(|receipt| receipt.spec).map(|spec| *spec).ok_or_else(|| self.unknown(id))
    }

    /// Returns a model whose files are whole: every hash is checked here.
    ///
    /// # Errors
    ///
    /// [`ModelsError::UnknownModel`], [`ModelsError::NotFetched`], [`ModelsError::Damaged`], and
    /// [`ModelsError::WrongKind`] for the runtime, which is no model.
    pub fn model(&self, id: &str) -> Result<InstalledModel, ModelsError> {
        let model = self.find(id)?;
        model.check()?;
        Ok(model)
    }

    /// Returns a model none of whose files has been read: for a runtime that checks what it reads.
    ///
    /// # Errors
    ///
    /// As [`Store::model`], but for [`ModelsError::Damaged`].
    pub fn find(&self, id: &str) -> Result<InstalledModel, ModelsError> {
        let spec = self.spec(id)?;
        if spec.kind() == Kind::Runtime {
            return Err(spec.wrong_kind("a model"));
        }
        let receipt = self.receipt(&spec)?;
        InstalledModel::new(spec, self.folder(id), receipt)
    }

    /// Returns the path of the ONNX Runtime library, whose hash is checked here.
    ///
    /// # Errors
    ///
    /// As for [`Store::model`], or [`ModelsError::Unsupported`] if none is published for this
    /// machine.
    pub fn runtime(&self) -> Result<PathBuf, ModelsError> {
        let spec = self.spec(RUNTIME)?;
        let receipt = self.whole(&spec)?;
        let library = receipt.files.first().ok_or_else(|| {
            ModelsError::corrupt(&self.folder(RUNTIME).join(crate::receipt::RECEIPT), "no files")
        })?;
        Ok(self.folder(RUNTIME).join(&library.name))
    }

    /// Returns the folder that holds a model's files; their hashes are not looked at.
    ///
    /// # Errors
    ///
    /// If no model has that id, or it is not in the store.
    pub fn path(&self, id: &str) -> Result<PathBuf, ModelsError> {
        self.receipt(&self.spec(id)?).map(|_| self.folder(id))
    }

    /// Returns every known model, then those that were added, by id.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub fn entries(&self) -> Result<Vec<Entry>, ModelsError> {
        let mut entries: Vec<Entry> = known()
            .iter()
            .map(|spec| Entry { spec: spec.clone(), state: self.state(spec) })
            .collect();
        for id in self.added_ids()? {
            // A folder whose receipt cannot be read says nothing about its model.
            if let Ok(spec) = self.spec(&id) {
                entries.push(Entry { state: self.state(&spec), spec });
            }
        }
        Ok(entries)
    }

    fn state(&self, spec: &Spec) -> State {
        match self.receipt(spec) {
            Ok(receipt) => State::Present(receipt),
            Err(ModelsError::Unsupported { .. }) => State::Unsupported,
            Err(ModelsError::NotFetched { .. }) => State::Absent,
            Err(error) => State::Damaged(error.to_string()),
        }
    }

    fn added_ids(&self) -> Result<Vec<String>, ModelsError> {
        let folder = self.home.join("models");
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(ModelsError::Io { path: folder, source }),
        };
        let mut ids = Vec::new();
        for entry in entries {
            let name = entry.map_err(ModelsError::io(&folder))?.file_name();
            ids.extend(name.into_string().ok().filter(|id| is_id(id) && spec(id).is_err()));
        }
        ids.sort();
        Ok(ids)
    }

    fn unknown(&self, id: &str) -> ModelsError {
        let added = self.added_ids().unwrap_or_default();
        let ids =
            known().iter().map(|spec| spec.id.as_str()).chain(added.iter().map(String::as_str));
        ModelsError::UnknownModel { id: id.to_owned(), near: near(id, ids) }
    }

    /// Returns the receipt of a model all of whose hashes are right.
    pub(crate) fn whole(&self, spec: &Spec) -> Result<Receipt, ModelsError> {
        let receipt = self.receipt(spec)?;
        let folder = self.folder(&spec.id);
        receipt.files.iter().try_for_each(|file| crate::verify::check(&folder, file))?;
        Ok(receipt)
    }

    /// Returns the receipt of a model if it is for the files that the table names today.
    pub(crate) fn receipt(&self, spec: &Spec) -> Result<Receipt, ModelsError> {
        let id = spec.id.clone();
        let receipt = Receipt::read(&self.folder(&spec.id))?;
        let added = receipt.as_ref().is_some_and(|receipt| receipt.spec.is_some());
        if !added && spec.sources_for(Platform::HERE).next().is_none() {
            return Err(ModelsError::Unsupported { id, platform: Platform::HERE });
        }
        receipt.filter(|receipt| added || fits(spec, receipt)).ok_or(ModelsError::NotFetched { id })
    }

    pub(crate) fn folder(&self, id: &str) -> PathBuf {
        self.home.join("models").join(id)
    }

    pub(crate) fn incoming(&self) -> PathBuf {
        self.home.join("incoming")
    }
}

/// Returns whether the receipt has all files of one source, with the hashes that the table pins.
fn fits(spec: &Spec, receipt: &Receipt) -> bool {
    spec.sources_for(Platform::HERE).any(|source| {
        source.files().iter().all(|wanted| {
            receipt.file(&wanted.name).is_some_and(|file| {
                wanted.sha256.as_ref().is_none_or(|sha256| *sha256 == file.sha256)
            })
        })
    })
}

/// Reads a file; none if there is no such file.
pub(crate) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, ModelsError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ModelsError::Io { path: path.to_owned(), source }),
    }
}

/// Returns whether an id may be the name of a folder on every system.
pub(crate) fn is_id(id: &str) -> bool {
    // `..` is another folder, and an id like `-f` would be taken for an option.
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    (1..=64).contains(&id.len()) && id.bytes().all(allowed) && !id.starts_with(['.', '-'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_store_says_what_to_fetch() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::new(home.path().join("not there yet"));
        let error = store.model("bge-small-en-v1.5").unwrap_err();
        assert!(matches!(error, ModelsError::NotFetched { id } if id == "bge-small-en-v1.5"));
        let error = store.model("onnxruntime").unwrap_err();
        assert!(matches!(error, ModelsError::WrongKind { got: Kind::Runtime, .. }));
        assert_eq!(store.entries().unwrap().len(), known().len());
        assert!(!store.home().exists(), "reading made a folder");
    }

    #[test]
    fn an_id_never_leads_out_of_the_store() {
        let store = Store::new("/nowhere".into());
        for id in ["..", ".", "", "a/b", "../models", "a\\b", "C:", "é"] {
            assert!(!is_id(id), "{id:?}");
            assert!(matches!(store.model(id), Err(ModelsError::UnknownModel { .. })), "{id:?}");
        }
        assert!(is_id("bge-small-en-v1.5_x"));
    }
}
