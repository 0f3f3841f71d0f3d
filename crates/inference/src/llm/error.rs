//! What can go wrong between a reranker and its language model.

use thiserror::Error;
use trommel_core::ChatError;

use super::PromptKind;

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
    /// A chat was not completed.
    #[error(transparent)]
    Chat(#[from] ChatError),
}
