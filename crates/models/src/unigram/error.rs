//! Why a tokenizer cannot be had.

use thiserror::Error;

/// Says why a Unigram tokenizer cannot be made or opened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UnigramError {
    /// The vocabulary makes no tokenizer.
    #[error("the vocabulary cannot be used: expected {expected}, got {got}")]
    Vocabulary {
        /// What a vocabulary has.
        expected: String,
        /// What this one has.
        got: String,
    },
    /// The bytes are no whole compact tokenizer.
    #[error("the compact tokenizer is damaged: {detail}")]
    Damaged {
        /// What was expected and what is there.
        detail: String,
    },
}

impl UnigramError {
    pub(super) fn vocabulary(expected: impl Into<String>, got: impl Into<String>) -> Self {
        Self::Vocabulary { expected: expected.into(), got: got.into() }
    }

    pub(super) fn damaged(detail: impl Into<String>) -> Self {
        Self::Damaged { detail: detail.into() }
    }
}
