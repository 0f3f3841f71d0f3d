//! Programs that the user has named to read formats which trommel does not.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use trommel_ingest::OwnExtractor;

use crate::error::CliError;
use crate::{folders, reader, shell};

/// The file beside the user's `config.toml`: globs and commands. None in a collection counts, for a
/// collection may be another's, and a command of it would be theirs.
const FILE: &str = "extractors.toml";
/// How long a program may take for a file, beside a second a MiB. Reading pictures of text takes a
/// minute.
const TIME: Duration = Duration::from_secs(120);

/// Returns the programs that were typed as `GLOB=COMMAND`, before those of the user's file.
pub(crate) fn own_extractors(typed: &[String]) -> Result<Vec<OwnExtractor>, CliError> {
    let launcher = reader::limited();
    let mut own = Vec::new();
    for pair in typed {
        let wrong = |detail: &str| {
            CliError::usage(format!("--extract-with {}: {detail}", shell::word(pair)))
                .hint("--extract-with '*.djvu=djvutxt {}'")
        };
        let (glob, command) = pair.split_once('=').ok_or_else(|| wrong("expected GLOB=COMMAND"))?;
        let extractor = OwnExtractor::new(glob, command, Arc::clone(&launcher), TIME);
        own.push(extractor.map_err(|detail| wrong(&detail))?);
    }
    if let Some(file) = folders::user_config().map(|config| config.with_file_name(FILE)) {
        own.extend(of_file(&file, &launcher)?);
    }
    Ok(own)
}

fn of_file(file: &Path, launcher: &Arc<[OsString]>) -> Result<Vec<OwnExtractor>, CliError> {
    let wrong = |detail: String| {
        CliError::usage(format!("{}: {detail}", file.display()))
            .hint("a line of that file: \"*.djvu\" = \"djvutxt {}\"")
    };
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(wrong(error.to_string())),
    };
    let commands: BTreeMap<String, String> =
        toml::from_str(&text).map_err(|error| wrong(error.message().to_owned()))?;
    let read = |(glob, command): (String, String)| {
        OwnExtractor::new(&glob, &command, Arc::clone(launcher), TIME)
            .map_err(|detail| wrong(format!("{glob:?}: {detail}")))
    };
    commands.into_iter().map(read).collect()
}
