//! What can be wrong with a call.

use thiserror::Error;

/// Says why a call is not answered.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum CallError {
    /// The body is not JSON.
    #[error("the body is not JSON: {problem}")]
    NotJson {
        /// What the parser found, and where.
        problem: String,
    },
    /// The body is JSON, but no object.
    #[error("the body: expected a JSON object, got {got}")]
    NotAnObject {
        /// What it is.
        got: String,
    },
    /// A field is not there.
    #[error("{field} is missing, expected {expected}")]
    Missing {
        /// The field.
        field: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// A field cannot have that value.
    #[error("{field}: expected {expected}, got {got}")]
    Field {
        /// The field, such as `documents[3].text`.
        field: String,
        /// What it has to be.
        expected: String,
        /// What it is.
        got: String,
    },
    /// There is nothing to work on.
    #[error("{field} is empty, expected {expected}")]
    Empty {
        /// The field.
        field: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// There are more documents than one call may hold.
    #[error("{field}: expected at most {limit}, got {got}")]
    TooMany {
        /// The field.
        field: &'static str,
        /// How many it may hold.
        limit: usize,
        /// How many it holds.
        got: usize,
    },
    /// A text is longer than one may be.
    #[error("{field}: expected at most {limit} bytes, got {got}")]
    TooLong {
        /// The field, such as `documents[3]`.
        field: String,
        /// How many bytes it may have.
        limit: usize,
        /// How many it has.
        got: usize,
    },
    /// The body is longer than the server reads.
    #[error("the body: expected at most {limit} bytes, got more")]
    BodyTooLarge {
        /// How many bytes are read.
        limit: usize,
    },
    /// No model of that name is loaded.
    #[error("model: expected {}, got {got:?}", .loaded.join(" or "))]
    UnknownModel {
        /// The name.
        got: String,
        /// What is loaded for the task.
        loaded: Vec<String>,
    },
    /// No model is loaded for the task.
    #[error("no {kind} is loaded")]
    NoModel {
        /// What would be needed: `encoder` or `reranker`.
        kind: &'static str,
    },
    /// The key is missing or wrong.
    #[error("the API key is missing or wrong, expected the header Authorization: Bearer KEY")]
    Unauthorized,
    /// As many requests wait as may.
    #[error("too many requests are waiting, try again in {retry_after} s")]
    Overloaded {
        /// After how many seconds another try makes sense.
        retry_after: u64,
    },
    /// The server failed.
    #[error("{problem}")]
    Internal {
        /// What happened, as far as a client may know.
        problem: String,
    },
}

impl CallError {
    /// Returns the field that is to be changed.
    pub(crate) fn field(&self) -> Option<&str> {
        match self {
            Self::Field { field, .. } | Self::TooLong { field, .. } => Some(field),
            Self::Missing { field, .. }
            | Self::Empty { field, .. }
            | Self::TooMany { field, .. } => Some(field),
            Self::UnknownModel { .. } => Some("model"),
            _ => None,
        }
    }
}

/// Checks that the model that is asked for, if one is, is loaded.
///
/// # Errors
///
/// If it is not.
pub(crate) fn known_model(asked: Option<&str>, loaded: &[&str]) -> Result<(), CallError> {
    match asked {
        Some(got) if !loaded.contains(&got) => Err(CallError::UnknownModel {
            got: got.to_owned(),
            loaded: loaded.iter().map(|&id| id.to_owned()).collect(),
        }),
        _ => Ok(()),
    }
}
