//! What can go wrong before the arithmetic starts.

use thiserror::Error;

/// Says why a model or a sequence cannot be run.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KernelError {
    /// No instruction set has this name.
    #[error("unknown instruction set `{name}`: expected one of {known}")]
    UnknownIsa {
        /// What was asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// The processor lacks the instruction set.
    #[error("this processor has no {name}: its best instruction set is {best}")]
    MissingIsa {
        /// What was asked for.
        name: String,
        /// What there is.
        best: &'static str,
    },
    /// The configuration cannot be that of a model.
    #[error("{what} of the model: expected {expected}, got {got}")]
    BadConfig {
        /// The setting.
        what: &'static str,
        /// What is allowed.
        expected: String,
        /// What was given.
        got: usize,
    },
    /// The model lacks a tensor.
    #[error("the model has no tensor `{name}`")]
    MissingTensor {
        /// The tensor's name, without the prefix `bert.`.
        name: String,
    },
    /// A tensor has the wrong shape, or not as many numbers as its shape says.
    #[error("tensor `{name}`: expected shape {expected:?}, got {got:?} with {numbers} numbers")]
    Shape {
        /// The tensor's name.
        name: String,
        /// The shape that the configuration asks for.
        expected: Vec<usize>,
        /// The tensor's shape.
        got: Vec<usize>,
        /// How many numbers came with it.
        numbers: usize,
    },
    /// A weight is infinite or not a number.
    #[error("tensor `{name}` is not finite at index {index}")]
    NotFinite {
        /// The tensor's name.
        name: String,
        /// The first place that is not finite.
        index: usize,
    },
    /// A sequence has no token, or more than the model has positions.
    #[error("sequence {sequence}: expected 1 to {most} tokens, got {got}")]
    Length {
        /// The sequence's place in the batch.
        sequence: usize,
        /// The model's positions.
        most: usize,
        /// The sequence's tokens.
        got: usize,
    },
    /// A sequence has token types, but not one for each token.
    #[error("sequence {sequence}: expected {expected} token types or none, got {got}")]
    Types {
        /// The sequence's place in the batch.
        sequence: usize,
        /// The sequence's tokens.
        expected: usize,
        /// Its token types.
        got: usize,
    },
    /// A token or token type is not in the model's table.
    #[error("sequence {sequence}, token {position}: {what} {got} is not below {limit}")]
    OutOfTable {
        /// The sequence's place in the batch.
        sequence: usize,
        /// The token's place in the sequence.
        position: usize,
        /// `id` or `type`.
        what: &'static str,
        /// What was given.
        got: u32,
        /// The rows of the table.
        limit: usize,
    },
    /// A packed model is damaged, or another one's.
    #[error("a packed model: expected {expected}, got {got}")]
    Image {
        /// What is expected.
        expected: String,
        /// What is there.
        got: String,
    },
    /// The model was built without a classifier.
    #[error("the model has no classification head")]
    NoHead,
}

impl KernelError {
    /// Returns the name of the tensor that cannot be used, if it is one.
    #[must_use]
    pub fn tensor(&self) -> Option<&str> {
        match self {
            Self::MissingTensor { name }
            | Self::Shape { name, .. }
            | Self::NotFinite { name, .. } => Some(name),
            _ => None,
        }
    }
}
