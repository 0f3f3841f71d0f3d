//! What the tools stand on.

use std::sync::atomic::AtomicBool;

use serde_json::Value;
use thiserror::Error;

use super::calls::{GetCall, SearchCall, WhyCall};
use super::instructions::instructions;
use super::resource::Address;

/// What a tool answers: JSON of the HTTP API's form, or why there is none.
pub type ToolResult = Result<Value, ToolError>;

/// Says why a tool has no answer, in words that an agent can act on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct ToolError {
    /// What is wrong.
    pub message: String,
    /// What to do instead, if that is known.
    pub hint: Option<String>,
    /// Whether it is that a document or collection is not there.
    pub not_found: bool,
}

impl ToolError {
    /// Returns an error without a hint.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, not_found: false }
    }

    /// Returns an error about something that is not there.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self { not_found: true, ..Self::new(message) }
    }

    /// Returns the error with what to do instead.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// The collections, as an agent uses them.
///
/// Each call runs on a thread of its own and may take its time. `cancel` is set once nobody waits for
/// the answer any more.
pub trait Tools: Send + Sync {
    /// Searches; an answer of the form `trommel.answer.v1` whose hits have a `collection`.
    ///
    /// # Errors
    ///
    /// If it cannot be searched so.
    fn search(&self, call: &SearchCall, cancel: &AtomicBool) -> ToolResult;

    /// Reads a document; one of the form `trommel.document.v1`. Text beyond `max_chars` is cut by the
    /// caller, so that it only saves work to give less.
    ///
    /// # Errors
    ///
    /// If there is no such document, or not the part that is asked for.
    fn get(&self, call: &GetCall, cancel: &AtomicBool) -> ToolResult;

    /// Explains a document's place in a search; an answer of the form `trommel.why.v1` with `text`.
    ///
    /// # Errors
    ///
    /// If there is no such document, or it cannot be searched so.
    fn why(&self, call: &WhyCall, cancel: &AtomicBool) -> ToolResult;

    /// Says what there is; of the form of the API's `/v1/status`.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    fn status(&self) -> ToolResult;

    /// Returns what an agent is told before it asks anything.
    fn instructions(&self) -> String {
        self.status().map_or_else(|error| error.to_string(), |status| instructions(&status))
    }

    /// Reads a document by its address, whole unless the address ends in lines or a page.
    ///
    /// # Errors
    ///
    /// As of [`get`](Self::get).
    fn read_resource(&self, address: &Address, cancel: &AtomicBool) -> ToolResult {
        self.get(&GetCall::from(address), cancel)
    }
}
