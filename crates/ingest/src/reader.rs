//! From an input to a stream of documents.

use std::fmt;
use std::fs;
use std::io::{self, BufReader, Cursor, Read};
use std::iter::Peekable;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use trommel_core::{Document, FileStamp, Origin, path_of_text, path_text};

use crate::file::{self, Items, Opened};
use crate::hash::hashed;
use crate::jsonl::{JsonLines, looks_like_jsonl};
use crate::walk::{Entry, FolderWalk};
use crate::{IngestError, IngestOptions, SkipReason, Skipped};

/// The name of standard input, as root and as id.
const STDIN: &str = Origin::STDIN;

/// The name of a stream that has none: what it is shows, or it is text.
const NAMELESS: &str = "-.txt";

/// How much of standard input is looked at to tell JSONL from text.
const LOOK_AHEAD: u64 = 64 << 10;

/// Something to read documents from: a root.
pub enum Input {
    /// A file or a folder.
    Path(PathBuf),
    /// Standard input, or any other stream: JSONL if its first line looks so, else one document.
    Stdin(Box<dyn Read + Send>),
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.debug_tuple("Path").field(path).finish(),
            Self::Stdin(_) => f.write_str("Stdin"),
        }
    }
}

/// What reading gives: a document, or something that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A document.
    Document(Document),
    /// A file that is as it was, by its absolute path; its document is not read again.
    Unchanged(String),
    /// A file or line that gave none.
    Skipped(Skipped),
}

/// Opens an input; its documents come one by one, those of a folder in the order of their paths.
///
/// Memory holds one document at a time. A document's id is its path from the root with `/` between
/// names (the file's name if the root is that file, `-:` and a hash of its content for a text of
/// standard input), or what a JSONL line says. Symbolic links are followed in the root's own path and nowhere else, and pipes, sockets
/// and devices are never opened.
///
/// # Errors
///
/// If the path leads nowhere, cannot be read. An item is an error if a JSONL line
/// is bad and bad lines are not skipped, or if the root itself, a file, fails while being read; all
/// other trouble is an [`Item::Skipped`]. Behind a bad line reading may go on.
pub fn read(input: Input, options: &IngestOptions) -> Result<Reader, IngestError> {
    let options = Arc::new(options.clone());
    let (source, root) = match input {
        Input::Stdin(stream) => (Source::Stream(Some(stream)), STDIN.to_owned()),
        Input::Path(path) => open_root(&path, &options)?,
    };
    let (prefix, lines, items, stamp) = (String::new(), None, None, None);
    Ok(Reader {
        source,
        root,
        prefix,
        options,
        lines,
        items,
        stamp,
        file: STDIN.to_owned(),
        finished: 0,
    })
}

/// Walks the sizes in bytes of the files that [`read`] would open at a path, reading none of them.
///
/// # Errors
///
/// As for [`read`].
pub fn file_sizes(
    path: &Path,
    options: &IngestOptions,
) -> Result<impl Iterator<Item = u64> + use<>, IngestError> {
    // A file that is gone by now counts as nothing, as it will when it is read.
    let size = |path: &Path| fs::symlink_metadata(path).map_or(0, |metadata| metadata.len());
    let (folder, file) = match open_root(path, options)?.0 {
        Source::Folder(walk) => (Some(walk), None),
        Source::File(file) => (None, file),
        Source::NotAFile { .. } | Source::Stream(_) => (None, None),
    };
    let in_folder = folder.into_iter().flatten().filter_map(|entry| match entry {
        Entry::File { path, .. } => Some(path),
        Entry::Skipped(_) => None,
    });
    Ok(in_folder.chain(file).map(move |path| size(&path)))
}

/// Returns why a file below a root gives no document; nothing if it gives one, or is not there.
///
/// # Errors
///
/// As for [`read`].
pub fn why_skipped(
    file: &Path,
    root: &Path,
    options: &IngestOptions,
) -> Result<Option<Skipped>, IngestError> {
    let (Source::Folder(walk), _) = open_root(root, options)? else { return Ok(None) };
    for entry in *walk {
        match entry {
            // What is left out of a folder is left out with all that is in it.
            Entry::Skipped(skipped) if file.starts_with(path_of_text(&skipped.path)) => {
                return Ok(Some(skipped));
            }
            Entry::File { path, .. } if path == file => break,
            _ => {}
        }
    }
    let items = read(Input::Path(file.to_owned()), options)?;
    let told = items.map_while(Result::ok).find_map(|item| match item {
        Item::Skipped(skipped) => Some(skipped),
        Item::Document(_) | Item::Unchanged(_) => None,
    });
    Ok(told)
}

fn open_root(path: &Path, options: &IngestOptions) -> Result<(Source, String), IngestError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => IngestError::NotFound { path: path.to_owned() },
        _ => IngestError::Io { path: path.to_owned(), source },
    };
    // The root's path is part of what documents are known by, so it must not depend on the working
    // folder or on links.
    let absolute = fs::canonicalize(path).map_err(failed)?;
    let root = path_text(&absolute);
    let kind = fs::metadata(&absolute).map_err(failed)?.file_type();
    let source = if kind.is_dir() {
        // The walk would report a folder that cannot be read as skipped; of the root that is an
        // error.
        fs::read_dir(&absolute).map_err(failed)?;
        let exclude = options.exclude.iter().filter_map(|folder| fs::canonicalize(folder).ok());
        Source::Folder(Box::new(FolderWalk::new(
            &absolute,
            exclude.collect(),
            options.ignore_rules,
        )))
    } else if kind.is_file() {
        Source::File(Some(absolute))
    } else {
        Source::NotAFile { told: false }
    };
    Ok((source, root))
}

/// The documents of one input; see [`read`].
pub struct Reader {
    source: Source,
    root: String,
    /// The path from the root to what is read, if that lies within it.
    prefix: String,
    options: Arc<IngestOptions>,
    /// The JSONL file that is being read.
    lines: Option<JsonLines>,
    /// What is left of another file that is being read, and whether it is the root itself.
    items: Option<(Peekable<Items>, bool)>,
    /// The path of the file that was opened last.
    file: String,
    /// The stamp of it.
    stamp: Option<FileStamp>,
    /// How many bytes the files have that were read to their end.
    finished: u64,
}

enum Source {
    Folder(Box<FolderWalk>),
    File(Option<PathBuf>),
    NotAFile { told: bool },
    Stream(Option<Box<dyn Read + Send>>),
}

impl Reader {
    /// Names documents as if `root` had been read, a folder around what is read: their paths, and
    /// the ids of those that are whole files, begin there.
    #[must_use]
    pub fn under(mut self, root: &str) -> Self {
        if let Some(prefix) = self.root.strip_prefix(root) {
            self.prefix = prefix.trim_start_matches('/').to_owned();
            self.root = root.to_owned();
        }
        self
    }

    /// Returns how many bytes of the sources the items so far stand for: as many as
    /// [`file_sizes`] has in all, once everything was read.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.finished + self.lines.as_ref().map_or(0, JsonLines::bytes_read)
    }

    /// Returns the root: an absolute path, or `-` for standard input.
    #[must_use]
    pub fn root(&self) -> &str {
        &self.root
    }

    /// Returns the stamp of the file that the last item came from, as it was before it was opened;
    /// `None` for a stream.
    #[must_use]
    pub fn stamp(&self) -> Option<FileStamp> {
        self.stamp
    }

    fn origin(&self, path: String) -> Origin {
        let path = match (self.prefix.as_str(), path.as_str()) {
            ("", _) => path,
            (prefix, "") => prefix.to_owned(),
            (prefix, path) => format!("{prefix}/{path}"),
        };
        Origin { root: self.root.clone(), path, line: None }
    }

    /// Notes that the file that was opened last is at its end.
    fn finish_file(&mut self) {
        // A whole file counts with the size of its stamp, as in `file_sizes`, even if it was
        // skipped unread.
        self.finished += match (self.stamp, &self.lines) {
            (Some(stamp), _) => stamp.bytes,
            (None, Some(lines)) => lines.bytes_read(),
            (None, None) => 0,
        };
    }

    /// Begins to read an opened file.
    fn begin(&mut self, opened: Opened, origin: Origin, is_root: bool) {
        match opened {
            Opened::Items(items) => self.items = Some((items.peekable(), is_root)),
            Opened::Lines(reader) => {
                let options = Arc::clone(&self.options);
                self.lines = Some(JsonLines::new(reader, origin, options, is_root));
            }
        }
    }

    /// Returns the next item of the file that is being read.
    fn next_of_file(&mut self) -> Option<Result<Item, IngestError>> {
        if let Some(item) = self.lines.as_mut().and_then(Iterator::next) {
            return Some(item);
        }
        let (items, is_root) = self.items.as_mut()?;
        let (item, is_root) = (items.next()?, *is_root);
        // With its last item a file is read, and not only when another is asked for.
        if items.peek().is_none() {
            self.finish_file();
            self.items = None;
        }
        Some(item.or_else(|source| {
            let path = self.file.clone();
            if is_root {
                return Err(IngestError::Io { path: path.into(), source });
            }
            let reason = SkipReason::Unreadable { detail: source.to_string() };
            Ok(Item::Skipped(Skipped { path, line: None, reason }))
        }))
    }

    fn read_file_of_folder(&mut self, path: &Path, relative: String) -> Option<Item> {
        self.file = path_text(path);
        let origin = self.origin(relative);
        // Before the file is opened: if it changes while it is read, the stamp is that of the older
        // file, and the next run reads it again.
        self.stamp = stamp_of(path);
        if let Some(error) = self.options.unextracted.error(&origin.file(), self.stamp) {
            self.finish_file();
            let (path, reason) = (origin.file(), SkipReason::NoExtract(error));
            return Some(Item::Skipped(Skipped { path, line: None, reason }));
        }
        let file = origin.file();
        if self.options.known.has(&file, &origin.root, self.stamp) {
            self.finish_file();
            return Some(Item::Unchanged(file));
        }
        match file::open(path, &origin.path, &origin, &self.options) {
            Ok(opened) => {
                self.begin(opened, origin, false);
                None
            }
            Err(error) => {
                self.finish_file();
                let reason = SkipReason::Unreadable { detail: error.to_string() };
                Some(Item::Skipped(Skipped { path: origin.file(), line: None, reason }))
            }
        }
    }

    fn read_root_file(&mut self, path: PathBuf) -> Option<Result<Item, IngestError>> {
        self.file = path_text(&path);
        let origin = self.origin(String::new());
        self.stamp = stamp_of(&path);
        let name = match origin.path.as_str() {
            "" => path.file_name().map_or_else(|| self.root.clone(), |it| path_text(Path::new(it))),
            within => within.to_owned(),
        };
        match file::open(&path, &name, &origin, &self.options) {
            Ok(opened) => {
                self.begin(opened, origin, true);
                None
            }
            Err(source) => Some(Err(IngestError::Io { path, source })),
        }
    }

    fn read_stream(&mut self, stream: Box<dyn Read + Send>) -> Option<Result<Item, IngestError>> {
        let origin = self.origin(String::new());
        match open_stream(stream, &origin, &self.options) {
            Ok(opened) => {
                self.begin(opened, origin, true);
                None
            }
            Err(source) => Some(Err(IngestError::Io { path: STDIN.into(), source })),
        }
    }

    /// Returns the next item of the source, `Some(None)` if JSONL was opened instead.
    fn advance(&mut self) -> Option<Option<Result<Item, IngestError>>> {
        match &mut self.source {
            Source::Folder(walk) => match walk.next()? {
                Entry::Skipped(skipped) => Some(Some(Ok(Item::Skipped(skipped)))),
                Entry::File { path, relative } => {
                    Some(self.read_file_of_folder(&path, relative).map(Ok))
                }
            },
            Source::File(path) => {
                let path = path.take()?;
                Some(self.read_root_file(path))
            }
            Source::Stream(stream) => {
                let stream = stream.take()?;
                Some(self.read_stream(stream))
            }
            Source::NotAFile { told } => {
                if std::mem::replace(told, true) {
                    return None;
                }
                let (path, reason) = (self.root.clone(), SkipReason::NotAFile);
                Some(Some(Ok(Item::Skipped(Skipped { path, line: None, reason }))))
            }
        }
    }
}

fn stamp_of(path: &Path) -> Option<FileStamp> {
    fs::symlink_metadata(path).ok().as_ref().and_then(FileStamp::of)
}

fn open_stream(
    mut stream: Box<dyn Read + Send>,
    origin: &Origin,
    options: &Arc<IngestOptions>,
) -> io::Result<Opened> {
    let mut head = Vec::new();
    stream.by_ref().take(LOOK_AHEAD).read_to_end(&mut head)?;
    let is_jsonl = looks_like_jsonl(&head);
    // A stream cannot be read twice: what was looked at is put in front of the rest.
    let whole = Cursor::new(head).chain(stream);
    if is_jsonl {
        return Ok(Opened::Lines(Box::new(BufReader::with_capacity(1 << 16, whole))));
    }
    let Some(id) = &options.stream_id else {
        // What has no name is read as text where it looks like nothing else.
        let items = file::read_documents(whole, NAMELESS, origin, options)?;
        return Ok(Opened::Items(Box::new(items.map(|item| item.map(named_by_content)))));
    };
    file::read_documents(whole, id, origin, options).map(Opened::Items)
}

/// Names a document of a stream: two texts are two documents, and the same text is one.
fn named_by_content(item: Item) -> Item {
    let Item::Document(mut document) = item else { return item };
    if document.title == NAMELESS {
        STDIN.clone_into(&mut document.title);
    }
    let document = hashed(document);
    let member = document.origin.member().map(|member| format!("!{member}")).unwrap_or_default();
    let id = format!("{STDIN}:{:.16}{member}", document.hash.to_string());
    Item::Document(Document { id, ..document })
}

impl Iterator for Reader {
    type Item = Result<Item, IngestError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.next_of_file() {
                return Some(item);
            }
            // The file is at its end, and the source goes on with the next one.
            if self.lines.is_some() || self.items.is_some() {
                self.finish_file();
                (self.lines, self.items) = (None, None);
            }
            if let Some(item) = self.advance()? {
                return Some(item);
            }
        }
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("root", &self.root).finish_non_exhaustive()
    }
}
