//! Where a hit is, in words that an editor or a shell understands.

use std::env;
use std::path::Path;

use trommel_engine::Hit;

/// Returns the file of a hit, relative to the working folder if it lies in it.
pub(super) fn file(hit: &Hit) -> String {
    let file = hit.origin.file();
    let here = env::current_dir().ok();
    match here.and_then(|here| Path::new(&file).strip_prefix(here).ok().map(Path::to_owned)) {
        Some(inside) if !inside.as_os_str().is_empty() => inside.to_string_lossy().into_owned(),
        _ => file,
    }
}

/// Returns the file and lines of a hit's passage, such as `notes/a.md:3-9`.
///
/// A document that is one line of a file is named by that line: the passage's lines are those of
/// its text, which the file does not have.
pub(super) fn file_and_lines(hit: &Hit) -> String {
    match hit.origin.line {
        Some(line) => format!("{}:{line}", file(hit)),
        None => format!("{}:{}", file(hit), hit.passage.lines),
    }
}

/// Returns the title of a hit, or its id if it has none.
pub(super) fn title(hit: &Hit) -> &str {
    if hit.title.trim().is_empty() { &hit.id } else { &hit.title }
}
