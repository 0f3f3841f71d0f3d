//! What can be wrong with a choice of models, before any of them is loaded.

use std::io;
use std::path::PathBuf;

use thiserror::Error;
use trommel_inference::llm::{LlmError, PromptKind};
use trommel_remote::RemoteError;

/// Says why the settings name no rerankers that can be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SelectionError {
    /// One address, model name or key file is given, and several APIs could be meant.
    #[error(
        "api-base, api-model and api-key-file are of one API, and the cascade asks {}: expected \
         one of them",
        .apis.join(" and ")
    )]
    SharedAddress {
        /// The APIs that could be meant.
        apis: Vec<String>,
        /// All rerankers of the cascade, in their order.
        cascade: Vec<String>,
    },
    /// The owner of an API wants a key.
    #[error("{id} needs a key: expected it in {}, got none", .variables.join(" or "))]
    NoKey {
        /// The API.
        id: String,
        /// Where a key is looked for.
        variables: Vec<String>,
    },
    /// The file of a key cannot be read.
    #[error("cannot read the key file {}: {source}", .path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// The system's error.
        #[source]
        source: io::Error,
    },
    /// A language model behind an API is named, and no address.
    #[error("api-model {model} is a server's, and there is no api-base")]
    NoAddress {
        /// The model.
        model: String,
    },
    /// There is an address, and a model for this process is named too.
    #[error("there is an api-base, and llm-model {model} is for this process")]
    TwoLanguageModels {
        /// The model.
        model: String,
    },
    /// A prompt's file cannot be read.
    #[error("cannot read the {kind} prompt {}: {source}", .path.display())]
    PromptFile {
        /// The prompt.
        kind: PromptKind,
        /// The file.
        path: PathBuf,
        /// The system's error.
        #[source]
        source: io::Error,
    },
    /// A prompt of one's own cannot be used.
    #[error("{}: {source}", .path.display())]
    Prompt {
        /// The prompt.
        kind: PromptKind,
        /// Its file.
        path: PathBuf,
        /// What it lacks.
        #[source]
        source: LlmError,
    },
    /// An API cannot be asked.
    #[error("{source}")]
    Hosted {
        /// The reranker's name.
        id: String,
        /// Why not.
        source: RemoteError,
    },
    /// A chat completions server cannot be asked.
    #[error(transparent)]
    Chat(RemoteError),
    /// The encoder's server has no address.
    #[error("the encoder http is behind an address, and there is no api-base")]
    NoEncoderAddress,
    /// An encoder behind an API cannot be used.
    #[error(transparent)]
    Encoder(RemoteError),
    /// A language model cannot be used as a reranker.
    #[error(transparent)]
    Language(#[from] LlmError),
}
