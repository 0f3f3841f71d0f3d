//! TREC run files of any engine: what `fuse` and `rerank` take and give.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use trommel_eval::Run;

use super::eval::cannot_write;
use crate::error::CliError;
use crate::output::trec;
use crate::terminal::Screen;
use crate::{folders, hints};

/// Reads a run; `-` is standard input.
pub(super) fn read(path: &Path) -> Result<Run, CliError> {
    let run =
        if path == Path::new("-") { Run::parse(io::stdin().lock(), path) } else { Run::read(path) };
    run.map_err(hints::eval)
}

/// Where a run goes: a file, or standard output.
pub(super) struct Output(Option<PathBuf>);

impl Output {
    /// Checks that there is a folder for the file, before any work is done for it.
    pub(super) fn new(path: Option<PathBuf>) -> Result<Self, CliError> {
        if let Some(path) = &path {
            if let Err(error) = fs::read_dir(folders::around(path)) {
                return Err(cannot_write(path, &error));
            }
            if path.is_dir() {
                return Err(cannot_write(path, &io::ErrorKind::IsADirectory.into()));
            }
        }
        Ok(Self(path))
    }

    /// Writes the run.
    pub(super) fn write(&self, run: &Run) -> Result<(), CliError> {
        let mut ids = run
            .iter()
            .flat_map(|(query, results)| results.iter().map(|result| &*result.id).chain([query]));
        trec::tell_if_encoded(ids.by_ref());
        let Some(path) = &self.0 else {
            let mut screen = Screen::open();
            return run.write(&mut screen).and_then(|()| screen.flush()).map_err(CliError::stdout);
        };
        let mut bytes = Vec::new();
        run.write(&mut bytes)
            .and_then(|()| fs::write(path, bytes))
            .map_err(|error| cannot_write(path, &error))
    }
}
