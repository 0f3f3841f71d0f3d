//! One file a line, for other programs: each file once, at the place of its best hit.

use std::collections::HashSet;
use std::io::{self, Write};

use trommel_core::escape;
use trommel_engine::Answer;

use super::place;
use crate::terminal::Screen;

/// Writes the files of an answer.
pub(super) fn list(screen: &mut Screen, answer: &Answer) -> io::Result<()> {
    let mut seen = HashSet::new();
    for hit in &answer.hits {
        let file = place::file(hit);
        if seen.insert(file.clone()) {
            // A program needs the name as it is; a terminal must not obey it.
            let shown = if screen.is_terminal() { escape(&file) } else { file.as_str().into() };
            writeln!(screen, "{shown}")?;
        }
    }
    Ok(())
}
