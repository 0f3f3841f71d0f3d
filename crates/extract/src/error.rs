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
    /// The format has a form that is not read.
    #[error("not supported: {detail}")]
    Unsupported {
        /// Which.
        detail: String,
    },
}

impl ExtractError {
    /// Returns an error about the bytes.
    pub fn damaged(detail: impl ToString) -> Self {
        Self::Damaged { detail: detail.to_string() }
    }

    /// Returns an error about a limit.
    pub fn too_much(what: &str, limit: u64) -> Self {
        Self::TooMuch { what: what.to_owned(), limit }
    }
}
