//! What `why` and `status` answer, as text.

use std::fmt::Write;

use serde_json::Value;

use super::harmless::{harmless, on_one_line};
use super::json::{items, text, whole};

/// Returns an answer of the form `trommel.why.v1` as text.
pub(super) fn why(answer: &Value) -> String {
    let lines: Vec<&str> = items(answer, "/text").iter().filter_map(Value::as_str).collect();
    match lines.is_empty() {
        true => text(answer, "/loss").unwrap_or("nothing is known of it").to_owned(),
        false => harmless(&lines.join("\n")).into_owned(),
    }
}

/// Returns the state of the server as text.
pub(super) fn status(status: &Value) -> String {
    let mut words = String::new();
    if status["ready"] == false {
        words.push_str("not ready yet: the models are being loaded\n");
    }
    let collections = items(status, "/collections");
    if collections.is_empty() {
        words.push_str("no collection is open\n");
    }
    for each in collections {
        let _ = writeln!(words, "{}", collection(each));
    }
    for job in items(status, "/jobs") {
        if text(job, "/state") == Some("running") {
            let name = on_one_line(text(job, "/collection").unwrap_or_default());
            let done = whole(job, "/documents").unwrap_or_default();
            let _ = writeln!(words, "{name} is being indexed: {done} documents so far");
        }
    }
    let rerankers: Vec<&str> =
        items(status, "/rerankers").iter().filter_map(Value::as_str).collect();
    if !rerankers.is_empty() {
        let _ = writeln!(words, "rerankers: {}", on_one_line(&rerankers.join(", ")));
    }
    words.truncate(words.trim_end().len());
    words
}

/// Returns what a collection holds and how fresh it is, on one line.
pub(super) fn collection(collection: &Value) -> String {
    let count = |pointer| whole(collection, pointer).unwrap_or_default();
    let mut line = format!(
        "{}: {} documents, {} passages",
        on_one_line(text(collection, "/name").unwrap_or_default()),
        count("/documents"),
        count("/passages")
    );
    let roots: Vec<String> = items(collection, "/roots").iter().filter_map(root).collect();
    if !roots.is_empty() {
        let _ = write!(line, ", from {}", roots.join(", "));
    }
    match text(collection, "/committed") {
        Some(when) => {
            let _ = write!(line, ", indexed {}", on_one_line(when));
        }
        None => line.push_str(", never indexed"),
    }
    line
}

fn root(root: &Value) -> Option<String> {
    let path = on_one_line(text(root, "/path")?);
    Some(match root["there"] == false {
        true => format!("{path} (not there now)"),
        false => path,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_status_names_each_collection_what_it_holds_and_how_fresh_it_is() {
        let state = json!({
            "ready": true,
            "collections": [
                {
                    "name": "notes", "documents": 226, "passages": 245,
                    "roots": [
                        { "path": "/home/a/notes", "there": true },
                        { "path": "/mnt/usb", "there": false },
                    ],
                    "committed": "2026-11-29T22:01:00Z",
                },
                { "name": "new", "documents": 0, "passages": 0, "roots": [], "committed": null },
            ],
            "rerankers": ["ms-marco-MiniLM-L-12-v2"],
            "jobs": [{ "collection": "new", "state": "running", "documents": 12 }],
        });
        assert_eq!(
            status(&state),
            "notes: 226 documents, 245 passages, from /home/a/notes, /mnt/usb (not there now), \
             indexed 2026-11-29T22:01:00Z\n\
             new: 0 documents, 0 passages, never indexed\n\
             new is being indexed: 12 documents so far\n\
             rerankers: ms-marco-MiniLM-L-12-v2"
        );
        assert_eq!(status(&json!({ "collections": [] })), "no collection is open");
    }

    #[test]
    fn the_reasons_of_why_are_its_lines() {
        let answer = json!({ "text": ["bm25 #3", "answer hit #1"] });
        assert_eq!(why(&answer), "bm25 #3\nanswer hit #1");
    }
}
