//! What is wrong with the arguments of a call.

use serde_json::Value;
use thiserror::Error;

/// The longest text of a caller that is said back to it, in characters.
const SAID_BACK: usize = 60;

/// Says what is wrong with an argument, so that the caller can put it right.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ArgumentError {
    /// There is no such argument.
    #[error("{name}: no such argument, expected {expected}{}", near.as_deref().map(|near| format!(", such as {near}")).unwrap_or_default())]
    Unknown {
        /// The name that was given.
        name: String,
        /// The names that there are.
        expected: String,
        /// The one that looks most like it.
        near: Option<String>,
    },
    /// An argument that must be there is not.
    #[error("{name}: missing, expected {expected}")]
    Missing {
        /// Its name.
        name: &'static str,
        /// What it must be.
        expected: String,
    },
    /// An argument is of the wrong type or out of range.
    #[error("{name}: expected {expected}, got {got}")]
    Wrong {
        /// Its name.
        name: &'static str,
        /// What it must be.
        expected: String,
        /// What it is.
        got: String,
    },
    /// Two arguments say the same.
    #[error("{first} and {second}: expected one of them, got both")]
    Both {
        /// One.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
}

/// Says what a value is.
pub(super) fn got(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => format!("the text {}", said_back(text)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

/// Returns a caller's own text, short enough to be said back to it.
pub(super) fn said_back(text: &str) -> String {
    let mut short: String = text.chars().take(SAID_BACK).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    Value::from(short).to_string()
}
