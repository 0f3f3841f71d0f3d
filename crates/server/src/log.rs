//! The server's log: one JSON object a line, without what people ask unless the operator wants it.

use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;

/// Where the log goes; nowhere, if nobody wants it.
pub(crate) struct Log(Option<Mutex<Box<dyn Write + Send>>>);

impl Log {
    pub(crate) fn to(out: Option<Box<dyn Write + Send>>) -> Self {
        Self(out.map(Mutex::new))
    }

    /// Notes a request.
    pub(crate) fn request(&self, route: &str, status: u16, took: Duration) {
        let ms = (took.as_secs_f64() * 1e5).round() / 100.0;
        self.line(&json!({ "event": "request", "route": route, "status": status, "ms": ms }));
    }

    /// Notes what a request failed with, with what nobody but the operator is told.
    pub(crate) fn failure(&self, what: &str, detail: &str) {
        self.line(&json!({ "event": "failure", "what": what, "detail": detail }));
    }

    fn line(&self, line: &serde_json::Value) {
        let Some(out) = &self.0 else { return };
        let mut out = out.lock().unwrap_or_else(PoisonError::into_inner);
        // A log that cannot be written must not end a request.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    }
}
