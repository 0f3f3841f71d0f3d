//! Where a hit is, in words that an editor or a shell understands.

use std::path::Path;

use trommel_core::{Lines, Origin};
use trommel_engine::Hit;

use crate::folders;

/// Returns the file of a hit, relative to the working folder if it lies in it.
pub(super) fn file(hit: &Hit) -> String {
    file_of(&hit.origin)
}

/// Returns the file and lines of a hit's passage, such as `notes/a.md:3-9`.
pub(super) fn file_and_lines(hit: &Hit) -> String {
    lines_of(&hit.origin, hit.passage.lines)
}

/// Returns the file and lines of a passage of the document that comes from `origin`.
///
/// A document that is one line of a file is named by that line: the passage's lines are those of
/// its text, which the file does not have.
pub(super) fn lines_of(origin: &Origin, lines: Lines) -> String {
    match origin.line {
        Some(line) => format!("{}:{line}", file_of(origin)),
        None => format!("{}:{lines}", file_of(origin)),
    }
}

fn file_of(origin: &Origin) -> String {
    folders::near(Path::new(&origin.file())).to_string_lossy().into_owned()
}

/// Returns the title of a hit, or its id if it has none.
pub(super) fn title(hit: &Hit) -> &str {
    title_or_id(&hit.title, &hit.id)
}

/// Returns a document's title, or its id if it has none.
pub(super) fn title_or_id<'a>(title: &'a str, id: &'a str) -> &'a str {
    if title.trim().is_empty() { id } else { title }
}
