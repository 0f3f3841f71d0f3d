//! Where a hit is, in words that an editor or a shell understands.

use std::path::Path;

use trommel_core::{Lines, LocationSpan, Origin};
use trommel_engine::{Hit, HitPassage};

use crate::folders;

/// Returns the file of a hit, relative to the working folder if it lies in it.
pub(super) fn file(hit: &Hit) -> String {
    folders::near(Path::new(&hit.origin.file())).to_string_lossy().into_owned()
}

/// Returns the file of a hit and where in it the passage is, such as `notes/a.md:3-9`.
pub(super) fn file_and_location(hit: &Hit) -> String {
    let HitPassage { lines, location, .. } = &hit.passage;
    location_of(&hit.origin, *lines, location.as_ref())
}

/// Returns the file of the document that comes from `origin`, and where in it a passage is: its page or
/// the like, else its lines.
///
/// A document that is one line of a file is named by that line: the passage's lines are those of
/// its text, which the file does not have.
pub(super) fn location_of(
    origin: &Origin,
    lines: Lines,
    location: Option<&LocationSpan>,
) -> String {
    match (origin.line, location) {
        (Some(line), _) => format!("{}:{line}", file_of(origin)),
        (None, Some(location)) => format!("{} {location}", file_of(origin)),
        (None, None) => format!("{}:{lines}", file_of(origin)),
    }
}

fn file_of(origin: &Origin) -> String {
    let file = folders::near(Path::new(&origin.file())).to_string_lossy().into_owned();
    match origin.member() {
        Some(member) => format!("{file}!{member}"),
        None => file,
    }
}

/// Returns the title of a hit, or its id if it has none.
pub(super) fn title(hit: &Hit) -> &str {
    title_or_id(&hit.title, &hit.id)
}

/// Returns a document's title, or its id if it has none.
pub(super) fn title_or_id<'a>(title: &'a str, id: &'a str) -> &'a str {
    if title.trim().is_empty() { id } else { title }
}
