//! The walk through a folder: which files are there, in the order of their names.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ignore::{DirEntry, Walk, WalkBuilder};
use trommel_core::path_text;

use crate::ignored::{self, IgnoreRules};
use crate::{SkipReason, Skipped};

/// The folder that a collection lives in: its files are never documents.
const COLLECTION_FOLDER: &str = ".trommel";

/// The regular files below a folder, in a fixed order.
pub(crate) struct FolderWalk {
    root: PathBuf,
    walk: Walk,
    /// Entries that the walk passed by; it has no other way to tell of them.
    passed_by: Arc<Mutex<VecDeque<(PathBuf, SkipReason)>>>,
    /// The entry that came behind them.
    held: Option<Entry>,
}

/// What a walk meets.
pub(crate) enum Entry {
    /// A regular file, and its path from the root with `/` between the names.
    File { path: PathBuf, relative: String },
    /// Something that is not read.
    Skipped(Skipped),
}

impl FolderWalk {
    /// Returns the walk through `root`, which must be absolute.
    ///
    /// With `ignore_rules`, `.gitignore` (in a git repository or not), `.ignore` and `.trommelignore`
    /// files at the root and below are honoured, and above it as [`IgnoreRules::new`] says; but none
    /// that is a link, a pipe or larger than 1 MiB.
    /// Folders in `exclude` are passed by in silence, as is every folder named `.trommel`.
    pub(crate) fn new(root: &Path, exclude: Vec<PathBuf>, ignore_rules: bool) -> Self {
        let passed_by_walk = Arc::new(Mutex::new(VecDeque::new()));
        let passed_by = Arc::clone(&passed_by_walk);
        let rules = ignore_rules.then(|| Mutex::new(IgnoreRules::new(root)));
        let walk = WalkBuilder::new(root)
            .standard_filters(false)
            .follow_links(false)
            .sort_by_file_name(OsStr::cmp)
            .filter_entry(move |entry| {
                // The root itself was asked for by name, whatever it is called.
                if entry.depth() == 0 {
                    return true;
                }
                if entry.file_name() == COLLECTION_FOLDER
                    || exclude.iter().any(|folder| folder == entry.path())
                {
                    return false;
                }
                let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
                if is_hidden {
                    let mut passed_by = passed_by.lock().unwrap_or_else(PoisonError::into_inner);
                    // A file of rules is hidden as well; that it was not obeyed is the more telling
                    // reason.
                    let reason = ignored::refusal(entry.path()).unwrap_or(SkipReason::Hidden);
                    passed_by.push_back((entry.path().to_owned(), reason));
                    return false;
                }
                let Some(rules) = &rules else { return true };
                let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
                let mut rules = rules.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(rule) = rules.leave_out(entry.path(), is_folder) else { return true };
                let mut passed_by = passed_by.lock().unwrap_or_else(PoisonError::into_inner);
                passed_by.push_back((entry.path().to_owned(), SkipReason::Ignored(rule)));
                false
            })
            .build();
        Self { root: root.to_owned(), walk, passed_by: passed_by_walk, held: None }
    }

    fn next_passed_by(&self) -> Option<Entry> {
        let mut hidden = self.passed_by.lock().unwrap_or_else(PoisonError::into_inner);
        let (path, reason) = hidden.pop_front()?;
        Some(skipped(&path, reason))
    }

    /// Returns what an entry is; none for folders.
    fn entry(&self, entry: Result<DirEntry, ignore::Error>) -> Option<Entry> {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = path_of(&error).unwrap_or(&self.root);
                let detail = match error.io_error() {
                    Some(source) => source.to_string(),
                    None => error.to_string(),
                };
                return Some(skipped(path, SkipReason::Unreadable { detail }));
            }
        };
        let kind = entry.file_type()?;
        if kind.is_dir() {
            return None;
        }
        let path = entry.into_path();
        if kind.is_symlink() {
            return Some(skipped(&path, SkipReason::Symlink));
        }
        if !kind.is_file() {
            return Some(skipped(&path, SkipReason::NotAFile));
        }
        let relative = relative(&path, &self.root);
        Some(Entry::File { path, relative })
    }
}

impl Iterator for FolderWalk {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        if let Some(hidden) = self.next_passed_by() {
            return Some(hidden);
        }
        if self.held.is_some() {
            return self.held.take();
        }
        loop {
            // One step of the walk may pass by any number of entries. They come before the
            // entry that ended the step, in the order in which they were met.
            let met = self.walk.next();
            let at_end = met.is_none();
            let entry = met.and_then(|entry| self.entry(entry));
            if let Some(hidden) = self.next_passed_by() {
                self.held = entry;
                return Some(hidden);
            }
            // A folder gives no entry of its own: the walk goes on.
            if entry.is_some() || at_end {
                return entry;
            }
        }
    }
}

fn skipped(path: &Path, reason: SkipReason) -> Entry {
    Entry::Skipped(Skipped { path: path_text(path), line: None, reason })
}

fn relative(path: &Path, root: &Path) -> String {
    let within = path.strip_prefix(root).unwrap_or(path);
    let names = within.components().map(|name| path_text(Path::new(name.as_os_str())));
    names.collect::<Vec<_>>().join("/")
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            path_of(err)
        }
        _ => None,
    }
}
