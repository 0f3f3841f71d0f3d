//! Why a file gives no text.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Says why a file gives no text.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum ExtractError {
    /// A password is needed.
    #[error("encrypted: a password is needed")]
    Encrypted,
    /// There are pages, and all of them are pictures.
    #[error("no text layer: {pages} of {pages} pages are pictures")]
    NoText {
        /// How many pages there are.
        pages: u32,
    },
    /// The bytes are not what the format says.
    #[error("damaged: {detail}")]
    Damaged {
        /// What is wrong.
        detail: String,
    },
    /// There is more of something than may be read.
    #[error("too much: more than {limit} {what}")]
    TooMuch {
        /// What there is too much of, such as `bytes of text`.
        what: String,
        /// The most that is read.
        limit: u64,
    },
    /// Reading took too long.
    #[error("it took longer than {seconds} seconds to read")]
    TimedOut {
        /// How long it may take.
        seconds: u64,
    },
    /// Reading needed more memory than it may have.
    #[error("it takes too much memory to read")]
    OutOfMemory,
    /// The process that read it ended.
    #[error("its reader ended: {detail}")]
    ReaderLost {
        /// How.
        detail: String,
    },
    /// The format has a form that is not read.
    #[error("not supported: {detail}")]
    Unsupported {
        /// Which.
        detail: String,
    },
}

impl ExtractError {
    /// Returns a short name to count by; names never change.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Encrypted => "encrypted",
            Self::NoText { .. } => "no-text",
            Self::Damaged { .. } => "damaged",
            Self::TooMuch { .. } => "too-much",
            Self::TimedOut { .. } => "reader-timeout",
            Self::OutOfMemory => "too-much-memory",
            Self::ReaderLost { .. } => "reader-crashed",
            Self::Unsupported { .. } => "unsupported-format",
        }
    }

    /// Returns an error about the bytes.
    pub fn damaged(detail: impl ToString) -> Self {
        Self::Damaged { detail: detail.to_string() }
    }

    /// Returns an error about a limit.
    pub fn too_much(what: &str, limit: u64) -> Self {
        Self::TooMuch { what: what.to_owned(), limit }
    }
}
