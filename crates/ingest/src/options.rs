//! What a user may say about reading.

use std::path::PathBuf;

use trommel_extract::SharedRunner;

use crate::{KnownFiles, KnownUnextracted, OwnExtractor};

/// How inputs are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestOptions {
    /// The field of a JSONL object that names the document.
    pub id_field: String,
    /// The field of a JSONL object that holds the title; an object may lack it.
    pub title_field: String,
    /// The field of a JSONL object that holds the text.
    pub text_field: String,
    /// The sizes beyond which something is skipped.
    pub limits: Limits,
    /// Whether a bad JSONL line is skipped and counted instead of being an error.
    pub skip_invalid: bool,
    /// What a text from a stream is called; without it, by its content. A name's ending says the format.
    pub stream_id: Option<String>,
    /// What runs the readers of formats that are no plain text.
    pub runner: SharedRunner,
    /// Programs of the user's; the first whose glob matches reads a file, before all others.
    pub own_extractors: Vec<OwnExtractor>,
    /// Files that need not be read again while they are as they were; but for one that is the root
    /// itself.
    pub known: KnownFiles,
    /// Files that no extractor could make anything of, which are skipped unread while they are as they
    /// were; but for one that is the root itself.
    pub unextracted: KnownUnextracted,
    /// Whether ignore files are obeyed.
    pub ignore_rules: bool,
    /// Whether zip and tar files are read like folders.
    pub archives: bool,
    /// The ISO 639-3 code of the language that texts are read by, whatever they seem to be in.
    pub language: Option<String>,
    /// Folders that are never entered, besides every folder named `.trommel`.
    pub exclude: Vec<PathBuf>,
}

impl Default for IngestOptions {
    /// Returns the field names of BEIR's corpora and the default limits.
    fn default() -> Self {
        Self {
            id_field: "_id".into(),
            title_field: "title".into(),
            text_field: "text".into(),
            limits: Limits::default(),
            skip_invalid: false,
            stream_id: None,
            runner: SharedRunner::default(),
            own_extractors: Vec::new(),
            known: KnownFiles::default(),
            unextracted: KnownUnextracted::default(),
            ignore_rules: true,
            archives: false,
            language: None,
            exclude: Vec::new(),
        }
    }
}

/// Sizes that bound the memory of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest file, in bytes, that is read as one document; JSONL files are streamed and may
    /// be of any size.
    pub max_file_bytes: u64,
    /// The longest line, in bytes, of a JSONL file.
    pub max_line_bytes: usize,
    /// The most metadata of a document, in bytes: names and values, taken together.
    pub max_metadata_bytes: usize,
    /// The most passages of a document.
    pub max_passages: usize,
}

impl Default for Limits {
    /// Returns 64 MiB a file, 16 MiB a line, 1 MiB of metadata and 100,000 passages.
    fn default() -> Self {
        Self {
            max_file_bytes: 64 << 20,
            max_line_bytes: 16 << 20,
            max_metadata_bytes: 1 << 20,
            max_passages: 100_000,
        }
    }
}
