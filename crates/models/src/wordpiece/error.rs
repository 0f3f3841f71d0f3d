//! Why a tokenizer cannot be had.

use thiserror::Error;

/// Says why a WordPiece tokenizer cannot be made or opened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WordPieceError {
    /// The text is no `tokenizer.json`.
    #[error("not a tokenizer.json: {detail}")]
    NotATokenizer {
        /// What is wrong with it.
        detail: String,
    },
    /// The tokenizer is of a sort that only the `tokenizers` library runs.
    #[error("a tokenizer with {what} is not supported: expected the parts of a BERT")]
    Unsupported {
        /// What it has, such as `normalizer "NFC"`.
        what: String,
    },
    /// The bytes are no whole compact tokenizer.
    #[error("the compact tokenizer is damaged: {detail}")]
    Damaged {
        /// What was expected and what is there.
        detail: String,
    },
}

impl WordPieceError {
    pub(super) fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported { what: what.into() }
    }

    pub(super) fn damaged(detail: impl Into<String>) -> Self {
        Self::Damaged { detail: detail.into() }
    }
}
