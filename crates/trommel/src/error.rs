//! The one error of the library, and what kind of trouble it stands for.

use thiserror::Error as ThisError;
use trommel_core::{ModelError, RetrieverError};
use trommel_engine::EngineError;
use trommel_engine::score_cache::CacheError;
use trommel_inference::InferenceError;
use trommel_ingest::IngestError;
use trommel_lexical::LexicalError;
use trommel_models::{ModelsError, NetworkError, RuntimeError};
use trommel_remote::RemoteError;
use trommel_vector::VectorError;

use crate::judgements::JudgementsError;
use crate::models::SelectionError;
use crate::settings::SettingsError;

/// What this library's functions return.
pub type Result<T> = std::result::Result<T, Error>;

/// Says what went wrong, in the words of the part that it happened in.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// The environment names no home folder.
    #[error("no home folder: expected ${variable}, $XDG_DATA_HOME or $HOME, got none of them")]
    NoHome {
        /// The variable of our own.
        variable: &'static str,
    },
    /// A model was asked of [`Models`](crate::Models) that have no store.
    #[error("there is no model for {what}: none was given, and there is no store of models")]
    NoStore {
        /// What the model was wanted for.
        what: &'static str,
    },
    /// A collection, an indexing run or a search.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The store of models.
    #[error(transparent)]
    Models(#[from] ModelsError),
    /// A choice of models that cannot be made.
    #[error(transparent)]
    Selection(#[from] SelectionError),
    /// Loading an encoder.
    #[error(transparent)]
    Encode(InferenceError),
    /// Loading a reranker.
    #[error(transparent)]
    Rerank(InferenceError),
    /// The settings.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Judgements that cannot be read or kept.
    #[error(transparent)]
    Judgements(#[from] JudgementsError),
    /// The cache of a reranker's scores.
    #[error(transparent)]
    Cache(#[from] CacheError),
}

impl From<ModelError> for Error {
    fn from(error: ModelError) -> Self {
        EngineError::from(error).into()
    }
}

/// Whose trouble an [`Error`] is: what a command line makes exit codes of, and a server statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The caller asked for what cannot be: another call will do (HTTP 400).
    Invalid,
    /// A collection, document, model or file is not there (HTTP 404).
    NotFound,
    /// Another process writes to the collection: the same call may do later (HTTP 409).
    Busy,
    /// Data on disk is not what was written (HTTP 500).
    Damaged,
    /// A model or a service refused or failed (HTTP 502).
    Refused,
    /// The operating system refused: no space, no permission (HTTP 500).
    System,
    /// The caller asked the call to stop.
    Cancelled,
}

impl Error {
    /// Returns what kind of trouble this is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NoHome { .. } | Self::NoStore { .. } => ErrorKind::Invalid,
            Self::Engine(error) => engine(error),
            Self::Models(error) => models(error),
            Self::Selection(error) => selection(error),
            Self::Settings(SettingsError::Io { .. }) => ErrorKind::System,
            Self::Settings(_) => ErrorKind::Invalid,
            Self::Encode(error) | Self::Rerank(error) => inference(error),
            Self::Judgements(JudgementsError::Locked { .. }) => ErrorKind::Busy,
            Self::Judgements(JudgementsError::AnotherQuery { .. }) => ErrorKind::Invalid,
            Self::Judgements(JudgementsError::Read(_)) => ErrorKind::Damaged,
            Self::Judgements(JudgementsError::Write { .. }) => ErrorKind::System,
            Self::Cache(CacheError::Io { .. }) => ErrorKind::System,
            Self::Cache(_) => ErrorKind::Invalid,
        }
    }
}

fn engine(error: &EngineError) -> ErrorKind {
    match error {
        EngineError::NoCollection { .. } | EngineError::Ingest(IngestError::NotFound { .. }) => {
            ErrorKind::NotFound
        }
        EngineError::Locked { .. } => ErrorKind::Busy,
        EngineError::Corrupt { .. }
        | EngineError::LostManifest { .. }
        | EngineError::Retriever(RetrieverError::UnknownPassage { .. }) => ErrorKind::Damaged,
        EngineError::Io { .. }
        | EngineError::Ingest(IngestError::Io { .. })
        | EngineError::Lexical(LexicalError::Io { .. } | LexicalError::Tantivy { .. })
        | EngineError::Vector(VectorError::Io { .. })
        | EngineError::Retriever(RetrieverError::Failed { .. }) => ErrorKind::System,
        EngineError::Model(ModelError::Failed { .. } | ModelError::BadOutput { .. }) => {
            ErrorKind::Refused
        }
        EngineError::Interrupted { .. } => ErrorKind::Cancelled,
        _ => ErrorKind::Invalid,
    }
}

fn models(error: &ModelsError) -> ErrorKind {
    match error {
        ModelsError::UnknownModel { .. } | ModelsError::NotFetched { .. } => ErrorKind::NotFound,
        ModelsError::Damaged { .. }
        | ModelsError::Corrupt { .. }
        | ModelsError::WrongHash { .. } => ErrorKind::Damaged,
        ModelsError::AllSourcesFailed { failures, .. } => {
            let is_wrong = |error: &ModelsError| matches!(error, ModelsError::WrongHash { .. });
            match failures.iter().any(|failure| is_wrong(&failure.error)) {
                true => ErrorKind::Damaged,
                false => ErrorKind::Refused,
            }
        }
        ModelsError::Hub { .. }
        | ModelsError::HubOff { .. }
        | ModelsError::PipFailed { .. }
        | ModelsError::MissingInSource { .. } => ErrorKind::Refused,
        ModelsError::Io { .. } | ModelsError::NoPip { .. } => ErrorKind::System,
        ModelsError::Interrupted => ErrorKind::Cancelled,
        _ => ErrorKind::Invalid,
    }
}

fn selection(error: &SelectionError) -> ErrorKind {
    match error {
        SelectionError::KeyFile { .. } | SelectionError::PromptFile { .. } => ErrorKind::System,
        // What is wrong before anything was sent is the caller's; the rest is the server's.
        SelectionError::Encoder(
            RemoteError::Address { .. }
            | RemoteError::NoModel { .. }
            | RemoteError::Key { .. }
            | RemoteError::Proxy,
        ) => ErrorKind::Invalid,
        SelectionError::Encoder(_) => ErrorKind::Refused,
        _ => ErrorKind::Invalid,
    }
}

fn inference(error: &InferenceError) -> ErrorKind {
    match error {
        InferenceError::Models(error) => models(error),
        InferenceError::Runtime(error) => runtime(error),
        InferenceError::Network(error) => network(error),
        InferenceError::Read { .. } | InferenceError::Threads { .. } => ErrorKind::System,
        InferenceError::NotOnnx { .. } => ErrorKind::Invalid,
        _ => ErrorKind::Refused,
    }
}

fn network(error: &NetworkError) -> ErrorKind {
    match error {
        NetworkError::Models(error) => models(error),
        NetworkError::Thread(_) => ErrorKind::System,
        _ => ErrorKind::Refused,
    }
}

fn runtime(error: &RuntimeError) -> ErrorKind {
    match error {
        RuntimeError::NotLoaded { .. } => ErrorKind::System,
        RuntimeError::OtherLibrary { .. } => ErrorKind::Invalid,
    }
}
