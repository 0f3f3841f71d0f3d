//! What was left out, and why.

use std::fmt;

use trommel_extract::ExtractError;

/// A file or line that gave no document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The file's or folder's absolute path, or `-` for standard input.
    pub path: String,
    /// The line, from 1, if one line of a file was skipped.
    pub line: Option<u64>,
    /// Why.
    pub reason: SkipReason,
}

/// Why something gave no document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SkipReason {
    /// A file's or folder's name begins with a dot.
    Hidden,
    /// A rule leaves it out; of a folder, with all that is in it.
    Ignored(IgnoreRule),
    /// A link, which is not followed.
    Symlink,
    /// A pipe, socket or device, which is not opened.
    NotAFile,
    /// The content is not text.
    Binary,
    /// A zip or tar file, and nobody asked to read these.
    Archive,
    /// There is no text and no title in it.
    Empty,
    /// The file is larger than one document may be.
    TooLarge {
        /// Its size in bytes, as far as it was read.
        bytes: u64,
        /// The most that is read.
        limit: u64,
    },
    /// The document has more passages than one may have.
    TooManyPassages {
        /// How many it has.
        passages: usize,
        /// The most that are indexed.
        limit: usize,
    },
    /// Parts of it are no words, and only those were left out: pictures in a text, endless hashes.
    LongRuns {
        /// How many.
        runs: usize,
        /// How many bytes they have.
        bytes: usize,
    },
    /// The system did not let it be read.
    Unreadable {
        /// The system's own words.
        detail: String,
    },
    /// Its format is read, and it gives no text.
    NoExtract(ExtractError),
    /// A line of a JSONL file is not a document.
    BadLine {
        /// The byte within the line, from 1.
        column: u64,
        /// What is wrong with it.
        problem: LineProblem,
        /// The id that it shows all the same.
        id: Option<String>,
    },
    /// A JSONL file that was met on a walk begins with no document: it is another program's.
    NoDocuments {
        /// What is wrong with its first line.
        problem: LineProblem,
    },
}

/// A rule of an ignore file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoreRule {
    /// The file's absolute path.
    pub file: String,
    /// The rule as it stands there.
    pub rule: String,
}

impl SkipReason {
    /// Returns a short name to count by; names never change.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Hidden => "hidden",
            Self::Ignored(_) => "ignored",
            Self::Symlink => "symlink",
            Self::NotAFile => "not-a-file",
            Self::Binary => "binary",
            Self::Archive => "archive",
            Self::Empty => "empty",
            Self::TooLarge { .. } => "too-large",
            Self::TooManyPassages { .. } => "too-many-passages",
            Self::LongRuns { .. } => "long-runs",
            Self::Unreadable { .. } => "unreadable",
            Self::NoExtract(error) => error.name(),
            Self::BadLine { problem, .. } | Self::NoDocuments { problem } => problem.name(),
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hidden => write!(f, "hidden"),
            Self::Ignored(IgnoreRule { file, rule }) => write!(f, "ignored by {rule} in {file}"),
            Self::Symlink => write!(f, "a symbolic link, not followed"),
            Self::NotAFile => write!(f, "a pipe, socket or device"),
            Self::Binary => write!(f, "binary"),
            Self::Archive => write!(f, "an archive, not asked for"),
            Self::Empty => write!(f, "empty"),
            Self::TooLarge { bytes, limit } => {
                write!(f, "too large: at least {bytes} bytes, the limit is {limit}")
            }
            Self::TooManyPassages { passages, limit } => {
                write!(f, "too many passages: {passages}, the limit is {limit}")
            }
            Self::LongRuns { runs, bytes } => {
                write!(f, "only in part: {bytes} bytes of long runs without a space ({runs})")
            }
            Self::Unreadable { detail } => write!(f, "unreadable: {detail}"),
            Self::NoExtract(error) => error.fmt(f),
            Self::BadLine { column, problem, .. } => write!(f, "byte {column}: {problem}"),
            Self::NoDocuments { problem } => write!(f, "its first line is no document: {problem}"),
        }
    }
}

/// What is wrong with a line of a JSONL file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineProblem {
    /// The line is not one JSON object.
    InvalidJson {
        /// The parser's own words.
        detail: String,
    },
    /// The line is not UTF-8.
    NotUtf8,
    /// The line is longer than a line may be.
    TooLong {
        /// The most bytes that a line may have.
        limit: usize,
    },
    /// The fields that are neither id, title nor text are too much together.
    TooMuchMetadata {
        /// How many bytes their names and values have.
        bytes: usize,
        /// The most that they may have.
        limit: usize,
    },
    /// The object lacks a field.
    MissingField {
        /// The field's name.
        field: String,
        /// The fields that it has, or the first of them.
        others: Vec<String>,
    },
    /// A field holds the wrong kind of value.
    WrongType {
        /// The field's name.
        field: String,
        /// What was expected.
        expected: &'static str,
        /// What came.
        got: &'static str,
    },
    /// The document's name is the empty string.
    EmptyId {
        /// The field's name.
        field: String,
    },
}

impl LineProblem {
    /// Returns a short name to count by; names never change.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::InvalidJson { .. } => "invalid-json",
            Self::NotUtf8 => "not-utf8",
            Self::TooLong { .. } => "line-too-long",
            Self::TooMuchMetadata { .. } => "too-much-metadata",
            Self::MissingField { .. } => "missing-field",
            Self::WrongType { .. } => "wrong-type",
            Self::EmptyId { .. } => "empty-id",
        }
    }
}

/// What other corpora call the id of a document, the likeliest first.
const IDS: [&str; 8] = ["_id", "id", "docid", "doc_id", "pid", "uid", "uuid", "key"];
/// What they call its text.
const TEXTS: [&str; 8] =
    ["text", "contents", "content", "body", "passage", "abstract", "document", "description"];

impl LineProblem {
    /// Returns which fields of an object without the expected ones may be meant as its id and its text;
    /// nothing if the object lacks no field, or none looks like them.
    #[must_use]
    pub fn likely_fields(&self) -> Option<(&str, &str)> {
        let Self::MissingField { others, .. } = self else { return None };
        let first = |names: [&'static str; 8]| {
            names.into_iter().find(|name| others.iter().any(|other| other == name))
        };
        Some((first(IDS)?, first(TEXTS)?))
    }
}

impl fmt::Display for LineProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidJson { detail } => write!(f, "expected one JSON object a line: {detail}"),
            Self::NotUtf8 => write!(f, "expected UTF-8"),
            Self::TooLong { limit } => write!(f, "expected a line of at most {limit} bytes"),
            Self::TooMuchMetadata { bytes, limit } => {
                write!(f, "expected at most {limit} bytes of metadata, got {bytes}")
            }
            Self::MissingField { field, others } => {
                write!(f, "the object has no field {field:?}")?;
                let others: Vec<String> = others.iter().map(|name| format!("{name:?}")).collect();
                match others.is_empty() {
                    true => Ok(()),
                    false => write!(f, "; it has {}", others.join(", ")),
                }
            }
            Self::WrongType { field, expected, got } => {
                write!(f, "field {field:?}: expected {expected}, got {got}")
            }
            Self::EmptyId { field } => write!(f, "field {field:?} is empty"),
        }
    }
}
