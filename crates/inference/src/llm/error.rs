//! What can go wrong between a reranker and its language model.

use std::time::Duration;

use thiserror::Error;
use trommel_core::BoxError;
use trommel_models::{ModelsError, NetworkError};

use super::PromptKind;
use crate::hosted::HostedError;

/// Says why a language model did not rerank.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LlmError {
    /// A prompt of one's own lacks what it is filled with.
    #[error("the {kind} prompt has no {}", missing.join(" and no "))]
    Placeholder {
        /// The prompt.
        kind: PromptKind,
        /// All that is missing, with its braces; never empty.
        missing: Vec<&'static str>,
    },
    /// A number of a strategy makes no sense.
    #[error("{what} is {got}, where {expected} is expected")]
    Setting {
        /// Which number.
        what: &'static str,
        /// What it may be.
        expected: &'static str,
        /// What it is.
        got: usize,
    },
    /// The prompt leaves no room for a passage.
    #[error(
        "the model takes {context} tokens, and the {kind} prompt and its answer need {needed} \
         without any passage"
    )]
    NoRoom {
        /// The prompt.
        kind: PromptKind,
        /// How many tokens the model takes.
        context: usize,
        /// How many are needed before the first word of a passage.
        needed: usize,
    },
    /// The chat is longer than the model takes.
    #[error("the model takes {context} tokens, and {got} are needed")]
    TooLong {
        /// How many tokens the model takes.
        context: usize,
        /// How many prompt and answer have.
        got: usize,
    },
    /// The model's files could not be had.
    #[error(transparent)]
    Models(#[from] ModelsError),
    /// The model's file cannot be used as a network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The server's address is none.
    #[error("the address of a chat completions server cannot be used: {problem}")]
    Address {
        /// What is wrong with it.
        problem: String,
    },
    /// The server was given no model's name.
    #[error("a chat completions server needs the name of a model")]
    NoModel,
    /// The server failed.
    #[error(transparent)]
    Http(#[from] HostedError),
    /// The model in this process failed.
    #[error("the language model {model} failed while {doing}")]
    Model {
        /// The model.
        model: String,
        /// What it was at.
        doing: &'static str,
        /// The library's own error.
        #[source]
        source: BoxError,
    },
    /// The time for all passages was over.
    #[error("the language model was not done within {limit:?}")]
    OutOfTime {
        /// The time for everything.
        limit: Duration,
    },
}
