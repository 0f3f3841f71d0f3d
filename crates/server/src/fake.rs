//! Tools that answer without an index, for tests.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::mcp::{GetCall, Part, SearchCall, ToolError, ToolResult, Tools, WhyCall};

/// An answer as the engine gives it.
const ANSWER: &str = include_str!("../tests/data/answer.json");
const COLLECTION: &str = "manuals";
const ID: &str = "manuals/aerolith-h9-topping-up.html";

/// Tools that know one collection with one document of 30 lines.
///
/// A search for `slow` takes until it is cancelled, `doubtful` answers nothing, and `broken` ends the
/// thread.
#[derive(Debug, Default)]
pub(crate) struct FakeTools {
    /// Whether a search was cancelled.
    pub(crate) cancelled: AtomicBool,
}

impl Tools for FakeTools {
    fn search(&self, call: &SearchCall, cancel: &AtomicBool) -> ToolResult {
        if let Some(name) = call.collections.iter().find(|name| *name != COLLECTION) {
            let error = ToolError::not_found(format!("{name}: no such collection"));
            return Err(error.hint(format!("expected {COLLECTION}")));
        }
        let mut answer: Value = serde_json::from_str(ANSWER).map_err(unreadable)?;
        answer["query"] = call.query.as_str().into();
        match call.query.as_str() {
            "slow" => self.wait(cancel)?,
            "doubtful" => answer["answered"] = false.into(),
            "broken" => panic!("as asked"),
            _ => {}
        }
        Ok(answer)
    }

    fn get(&self, call: &GetCall, _cancel: &AtomicBool) -> ToolResult {
        if let Some(name) = call.collection.as_ref().filter(|name| *name != COLLECTION) {
            return Err(ToolError::not_found(format!("{name}: no such collection")));
        }
        let found = call.readings().into_iter().find(|(id, _)| *id == ID);
        let Some((id, part)) = found else {
            let error = ToolError::not_found(format!("{}: no such document", call.id));
            return Err(error.hint(format!("{ID} is like it")));
        };
        let (first, last) = match part {
            Some(Part::Lines(first, last)) => (first, last.min(30)),
            Some(_) => return Err(ToolError::new(format!("{id}: no pages, expected lines"))),
            None => (1, 30),
        };
        let text: Vec<String> = (first..=last).map(|line| format!("line {line} of it")).collect();
        Ok(json!({
            "schema": "trommel.document.v1", "collection": COLLECTION, "id": id,
            "title": "Filling pressure and topping up, Aerolith H9", "metadata": {},
            "lines": { "first": first, "last": last }, "total_lines": 30,
            "text": text.join("\n"), "truncated": false, "location": null, "passages": [],
        }))
    }

    fn why(&self, call: &WhyCall, _cancel: &AtomicBool) -> ToolResult {
        Ok(json!({
            "schema": "trommel.why.v1", "id": call.id, "found": call.id == ID, "stages": {},
            "loss": null, "text": ["bm25   #3 of all documents: a candidate", "answer hit #1"],
        }))
    }

    fn status(&self) -> ToolResult {
        Ok(json!({
            "schema": "trommel.server.v1", "version": "0.1.0", "ready": true,
            "collections": [{
                "name": COLLECTION, "documents": 226, "passages": 245, "generation": 1,
                "bytes": 971_125, "encoder": "bge-small-en-v1.5", "writable": true,
                "roots": [{ "kind": "folder", "path": "/home/a/manuals-root", "there": true }],
                "committed": "2026-11-29T22:01:00Z",
            }],
            "rerankers": ["ms-marco-MiniLM-L-12-v2"],
            "queue": { "waiting": 0, "running": 1, "limit": 64 }, "jobs": [],
        }))
    }
}

impl FakeTools {
    fn wait(&self, cancel: &AtomicBool) -> Result<(), ToolError> {
        for _ in 0..2_000 {
            if cancel.load(Ordering::Relaxed) {
                self.cancelled.store(true, Ordering::Relaxed);
                return Err(ToolError::new("cancelled"));
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

fn unreadable(error: serde_json::Error) -> ToolError {
    ToolError::new(error.to_string())
}
