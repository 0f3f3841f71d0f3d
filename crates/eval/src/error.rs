//! What can be wrong with files of queries, runs and judgements, and with names of metrics.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::metric::Metric;

/// Says why something cannot be measured.
#[derive(Debug, Error)]
pub enum EvalError {
    /// A file could not be read.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's own error.
        #[source]
        source: io::Error,
    },
    /// A line does not hold what it should.
    #[error("{}:{line}:{column}: expected {expected}, got {got}", path.display())]
    Line {
        /// The file, or `-` for standard input.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The byte within the line, from 1.
        column: usize,
        /// What should stand there.
        expected: String,
        /// What stands there.
        got: String,
    },
    /// A line is not the JSON object that it should be.
    #[error("{}:{line}:{column}: expected an object with _id and text: {problem}", path.display())]
    Json {
        /// The file, or `-` for standard input.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The byte within the line, from 1.
        column: usize,
        /// What the parser says.
        problem: String,
    },
    /// A file holds nothing.
    #[error("{}: expected at least one {expected}, got none", path.display())]
    Empty {
        /// The file, or `-` for standard input.
        path: PathBuf,
        /// What it should hold, such as `query`.
        expected: &'static str,
    },
    /// A ranking names no query, or a result no document.
    #[error("expected an id of at least one character for a {what}, got an empty one")]
    EmptyId {
        /// `query` or `document`.
        what: &'static str,
    },
    /// A run was given a second ranking for a query.
    #[error("expected one ranking for query {query:?}, got another")]
    RepeatedQuery {
        /// The query.
        query: String,
    },
    /// A ranking names a document twice.
    #[error("expected document {document:?} once for query {query:?}, got it twice")]
    RepeatedDocument {
        /// The query.
        query: String,
        /// The document.
        document: String,
    },
    /// A score is none.
    #[error(
        "expected a finite 32-bit score for document {document:?} of query {query:?}, got {score}"
    )]
    Score {
        /// The query.
        query: String,
        /// The document.
        document: String,
        /// The score.
        score: f64,
    },
    /// No metric has this name.
    #[error("unknown metric {asked:?}: expected {}{}", Metric::KNOWN, nearest(near))]
    UnknownMetric {
        /// What was asked for.
        asked: String,
        /// Metrics whose names look like it, nearest first; at most three.
        near: Vec<String>,
    },
    /// A metric's cutoff or parameter is missing, or not one.
    #[error("metric {asked:?}: expected {expected}, got {got}")]
    BadMetric {
        /// What was asked for.
        asked: String,
        /// What should stand there.
        expected: String,
        /// What stands there.
        got: String,
    },
    /// Two lists of scores cannot be compared query by query.
    #[error("expected two scores a query, got {left} scores against {right}")]
    Unpaired {
        /// How many there are on one side.
        left: usize,
        /// How many there are on the other.
        right: usize,
    },
}

impl EvalError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_path_buf(), source }
    }
}

fn nearest(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!("; nearest: {}", near.join(", ")) }
}

/// Returns `text` in quotes and without control characters; only the start of a long one.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}
