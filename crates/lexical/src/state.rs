//! What a generation must remember of its lexical index.

use serde::{Deserialize, Serialize};

/// One committed state of a lexical index; part of the collection's manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LexicalState {
    /// The name of the analyzer that made the terms.
    pub analyzer: String,
    /// tantivy's own description of the state, its `meta.json`.
    pub meta: String,
    /// The names of the files in the folder that this state needs, sorted.
    pub files: Vec<String>,
    /// How many passages the state holds.
    pub passages: u64,
}
