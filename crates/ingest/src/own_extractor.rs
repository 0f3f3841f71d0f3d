//! Programs of the user's that read files of some names.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use globset::{Glob, GlobMatcher};
use serde_json::Value;
use trommel_core::{Document, Metadata, Origin};
use trommel_extract::sandbox::{ProgramCommand, ProgramLimits};
use trommel_extract::{ExtractError, Limits};

use crate::file::{file_name, skipped};
use crate::hash::hashed;
use crate::jsonl_line::as_text;
use crate::unread::without_unread;
use crate::{Item, SkipReason};

/// A program that reads the files of a glob: it prints text, or one JSON object with `text` and, if it
/// likes, `title` and more, which becomes metadata.
#[derive(Debug, Clone)]
pub struct OwnExtractor {
    glob: GlobMatcher,
    text: String,
    command: ProgramCommand,
    launcher: Arc<[OsString]>,
    time: Duration,
}

impl PartialEq for OwnExtractor {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for OwnExtractor {}

impl OwnExtractor {
    /// Returns what reads the files that `glob` matches: a file's name, or its path from the root if the
    /// glob has a `/`.
    ///
    /// `launcher` starts the command, as [`ProgramCommand::run`] says; it may take `time`, and a second
    /// a MiB.
    ///
    /// # Errors
    ///
    /// If the glob or the command cannot be read.
    pub fn new(
        glob: &str,
        command: &str,
        launcher: Arc<[OsString]>,
        time: Duration,
    ) -> Result<Self, String> {
        let text = format!("{glob}={command}");
        let glob = Glob::new(glob).map_err(|error| error.to_string())?.compile_matcher();
        let command = ProgramCommand::parse(command)?;
        Ok(Self { glob, text, command, launcher, time })
    }

    /// Says whether it reads a file with this path from the root.
    pub(crate) fn reads(&self, path: &str) -> bool {
        let has_folders = self.glob.glob().glob().contains('/');
        self.glob.is_match(if has_folders { path } else { file_name(path) })
    }

    /// Returns the document that the program makes of a file.
    pub(crate) fn read(&self, path: &Path, bytes: u64, id: &str, origin: &Origin) -> Item {
        let time = self.time + Duration::from_secs(bytes >> 20);
        let limits = ProgramLimits { time, bytes: Limits::default().text_bytes };
        match self.command.run(&self.launcher, path, limits) {
            Ok(printed) => document(printed, id, origin),
            // The program may be gone for today, so what it made of the file before stays.
            Err(error @ ExtractError::ReaderLost { .. }) => {
                skipped(origin, SkipReason::Unreadable { detail: error.to_string() })
            }
            Err(error) => skipped(origin, SkipReason::NoExtract(error)),
        }
    }
}

/// Returns the extractor of a file; none if the user has none for it.
pub(crate) fn of<'a>(own: &'a [OwnExtractor], path: &str) -> Option<&'a OwnExtractor> {
    own.iter().find(|extractor| extractor.reads(path))
}

/// Returns what the extractors are, for a file may give another text with others.
#[must_use]
pub fn own_versions(own: &[OwnExtractor]) -> String {
    own.iter().map(|extractor| format!(", {}", extractor.text)).collect()
}

fn document(printed: Vec<u8>, id: &str, origin: &Origin) -> Item {
    let Some(text) = trommel_extract::decode(printed, None) else {
        return skipped(origin, SkipReason::Binary);
    };
    let (title, text, metadata) = fields(&text).unwrap_or((None, text, Metadata::new()));
    let (text, _) = without_unread(text);
    let title = title.filter(|title| !title.trim().is_empty());
    if title.is_none() && text.trim().is_empty() {
        return skipped(origin, SkipReason::Empty);
    }
    let title = title.unwrap_or_else(|| file_name(id).to_owned());
    let document = Document::new(id, text).with_title(title);
    Item::Document(hashed(Document { metadata, origin: origin.clone(), ..document }))
}

/// Returns title, text and metadata if what was printed is an object with a text.
fn fields(printed: &str) -> Option<(Option<String>, String, Metadata)> {
    let Ok(Value::Object(mut object)) = serde_json::from_str(printed.trim()) else { return None };
    let Some(Value::String(text)) = object.remove("text") else { return None };
    let title = match object.remove("title") {
        Some(Value::String(title)) => Some(title),
        _ => None,
    };
    let rest = object.into_iter().filter(|(_, value)| !value.is_null());
    Some((title, text, rest.map(|(name, value)| (name, as_text(value))).collect()))
}

/// Says what one is, for an error.
impl std::fmt::Display for OwnExtractor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.text)
    }
}
