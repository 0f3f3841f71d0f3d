//! Everything that can go wrong with a collection or a search.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use trommel_core::disk::Damage;
use trommel_core::{Fingerprint, ModelError, RetrieverError};

/// Says what went wrong with a collection or a search.
#[derive(Debug, Error)]
pub enum EngineError {
    /// There is no collection in the folder.
    #[error("no collection at {}", path.display())]
    NoCollection {
        /// The folder.
        path: PathBuf,
    },
    /// The folder holds something else, which a collection must not be mixed with.
    #[error("{} is not a collection and not empty: it holds {found}", path.display())]
    NotACollection {
        /// The folder.
        path: PathBuf,
        /// A name in it that no collection has.
        found: String,
    },
    /// Another process is writing to the collection.
    #[error("collection {} is being written by process {}", path.display(), owner(*pid))]
    Locked {
        /// The collection's folder.
        path: PathBuf,
        /// The writer, if it could be read.
        pid: Option<u32>,
    },
    /// A file of the collection is not what the manifest says.
    #[error("{} is damaged: {detail}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What was expected and what was found.
        detail: String,
    },
    /// The manifest is gone and the files that it named are there.
    #[error(
        "{} is missing, and the files that it named are there: nothing is removed", path.display()
    )]
    LostManifest {
        /// The manifest.
        path: PathBuf,
    },
    /// The collection was written by a newer version.
    #[error("{} has format {got}, this version reads up to {supported}", path.display())]
    NewerFormat {
        /// The manifest.
        path: PathBuf,
        /// Its format.
        got: u32,
        /// The newest format that can be read.
        supported: u32,
    },
    /// The collection was written by a version that is too old: it must be indexed anew.
    #[error("{} has format {got}, this version reads {oldest} to {newest}", path.display())]
    OlderFormat {
        /// The manifest.
        path: PathBuf,
        /// Its format.
        got: u32,
        /// The oldest format that can be read.
        oldest: u32,
        /// The newest format that can be read.
        newest: u32,
    },
    /// The file system refused.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was tried, such as `write`.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        #[source]
        source: io::Error,
    },
    /// The collection was made with another encoder.
    #[error(
        "the collection was made with another encoder\n  collection: {collection}\n  given:      {given}"
    )]
    WrongEncoder {
        /// The collection's encoder.
        collection: Box<Fingerprint>,
        /// The one that was given.
        given: Box<Fingerprint>,
    },
    /// The collection was made with other settings of what is fixed at its making.
    #[error("the collection has {setting} {collection}, not {given}")]
    FixedSetting {
        /// The setting.
        setting: &'static str,
        /// The collection's value.
        collection: String,
        /// The one that was given.
        given: String,
    },
    /// A condition of a filter does not parse.
    #[error(transparent)]
    Filter(#[from] crate::FilterError),
    /// A filter is about a field that no document has.
    #[error("no document has a field {field:?}{}", if *any { "" } else { ", or any metadata at all" })]
    UnknownField {
        /// The field.
        field: String,
        /// Fields like it that some document has, nearest first.
        near: Vec<String>,
        /// Whether any document has metadata.
        any: bool,
    },
    /// A request asks for what cannot be.
    #[error("{what} is {got}, expected {expected}")]
    OutOfRange {
        /// The setting, by its flag's name.
        what: &'static str,
        /// What was given.
        got: String,
        /// What is allowed.
        expected: String,
    },
    /// A search needs a model that was not given.
    #[error("stage {stage} needs {needs}, which was not loaded")]
    ModelNotLoaded {
        /// The stage.
        stage: &'static str,
        /// `an encoder` or `a reranker`.
        needs: &'static str,
    },
    /// A document that was handed over cannot be indexed.
    #[error("document {id:?}: {problem}")]
    BadDocument {
        /// The document's id.
        id: String,
        /// What is wrong with it.
        problem: crate::DocumentProblem,
    },
    /// A search was given up before a reranker had read what it should.
    #[error("given up while a reranker was reading")]
    Cancelled,
    /// The run was asked to stop.
    #[error("interrupted; {}", kept(*generation))]
    Interrupted {
        /// The last commit, 0 if there is none.
        generation: u64,
    },
    /// Reading documents failed.
    #[error(transparent)]
    Ingest(#[from] trommel_ingest::IngestError),
    /// The BM25 index failed.
    #[error(transparent)]
    Lexical(trommel_lexical::LexicalError),
    /// The vector index failed.
    #[error(transparent)]
    Vector(trommel_vector::VectorError),
    /// An index failed at query time.
    #[error(transparent)]
    Retriever(RetrieverError),
    /// A model failed.
    #[error(transparent)]
    Model(#[from] ModelError),
}

// Damage is damage, whichever part finds it.

impl From<trommel_lexical::LexicalError> for EngineError {
    fn from(error: trommel_lexical::LexicalError) -> Self {
        match error {
            trommel_lexical::LexicalError::Corrupt { path, detail } => {
                Self::Corrupt { path, detail }
            }
            error => Self::Lexical(error),
        }
    }
}

impl From<trommel_vector::VectorError> for EngineError {
    fn from(error: trommel_vector::VectorError) -> Self {
        match error {
            trommel_vector::VectorError::Corrupt { path, detail } => Self::Corrupt { path, detail },
            error => Self::Vector(error),
        }
    }
}

impl From<RetrieverError> for EngineError {
    fn from(error: RetrieverError) -> Self {
        match error {
            RetrieverError::Corrupt { path, detail } => Self::Corrupt { path, detail },
            error => Self::Retriever(error),
        }
    }
}

fn kept(generation: u64) -> String {
    match generation {
        0 => "nothing was committed yet".to_owned(),
        generation => format!("generation {generation} is kept"),
    }
}

fn owner(pid: Option<u32>) -> String {
    pid.map_or_else(|| "of unknown id".to_owned(), |pid| pid.to_string())
}

impl EngineError {
    /// Returns a function that makes an [`EngineError::Io`] of a system error, and an
    /// [`EngineError::Corrupt`] of damage that reading has met.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| match Damage::of(&source) {
            Some(Damage(detail)) => Self::Corrupt { path, detail: detail.clone() },
            None => Self::Io { doing, path, source },
        }
    }

    pub(crate) fn corrupt(path: &Path, detail: impl Into<String>) -> Self {
        Self::Corrupt { path: path.to_owned(), detail: detail.into() }
    }
}

impl EngineError {
    /// Takes the error apart if it reports a damaged file, or gives it back.
    pub(crate) fn damage(self) -> Result<(PathBuf, String), Self> {
        match self {
            Self::Corrupt { path, detail } => Ok((path, detail)),
            Self::LostManifest { path } => Ok((path, "it is missing".to_owned())),
            error => Err(error),
        }
    }
}
