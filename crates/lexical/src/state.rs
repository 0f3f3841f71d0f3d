//! What a generation must remember of its lexical index.

use std::collections::BTreeMap;

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
    /// How many passages are in which language, by its ISO 639-3 code; empty where all are read as English.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub languages: BTreeMap<String, u64>,
}
