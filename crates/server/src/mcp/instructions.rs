//! What an agent is told before it asks anything.

use std::fmt::Write;

use serde_json::Value;

use super::json::items;
use super::report::collection;

/// The most collections that are named.
const NAMED: usize = 20;

/// Returns what a server with this status (of the form of `/v1/status`) holds and how to use it.
#[must_use]
pub fn instructions(status: &Value) -> String {
    let collections = items(status, "/collections");
    let mut words = String::from(
        "trommel searches the user's own documents on this machine and says how likely each hit is \
         relevant.\n",
    );
    if collections.is_empty() {
        words.push_str("There is no collection yet, so that nothing can be found.\n");
    } else {
        words.push_str("The collections:\n");
    }
    for each in collections.iter().take(NAMED) {
        let _ = writeln!(words, "- {}", collection(each));
    }
    if collections.len() > NAMED {
        let _ = writeln!(words, "- and {} more, see status", collections.len() - NAMED);
    }
    words.push_str(
        "Search first, then get around a hit what its passage leaves out. Name the id and the lines \
         of what you rely on. If nothing answers the question, say so instead of guessing.",
    );
    words
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_agent_is_told_what_is_there_and_how_fresh() {
        let named = |number| {
            json!({ "name": format!("c{number}"), "documents": 2, "passages": 3,
                    "committed": "2026-11-29T22:01:00Z" })
        };
        let all: Vec<Value> = (0..22).map(named).collect();
        let words = instructions(&json!({ "collections": all }));
        assert!(words.contains("- c0: 2 documents, 3 passages, indexed 2026-11-29T22:01:00Z\n"));
        assert!(words.contains("- and 2 more, see status\n") && !words.contains("c20"));
        assert!(instructions(&json!({})).contains("There is no collection yet"));
    }
}
