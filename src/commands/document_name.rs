//! Which document a user means: by its id, or by its file as a hit shows it.

use std::borrow::Cow;
use std::fs;
use std::path;

use trommel_core::{path_of_text, path_text};
use trommel_engine::{EngineError, RootKind, Snapshot, StoredDocument};
use trommel_ingest::{IngestOptions, why_skipped};

use super::Context;
use crate::error::{CliError, Kind};
use crate::own_extractors::own_extractors;
use crate::{hints, reader, shell};

/// Returns the document of an id or of a file, which may be given from the working folder; nothing if
/// there is none.
pub(super) fn document(
    name: &str,
    snapshot: &Snapshot,
    context: &Context,
) -> Result<Option<StoredDocument>, CliError> {
    let find = || snapshot.document(&id(name, snapshot)?);
    find().map_err(|error| hints::engine(error, context))
}

/// Returns the id that is meant, which is the name itself where no file of that name is known.
pub(super) fn id<'a>(name: &'a str, snapshot: &Snapshot) -> Result<Cow<'a, str>, EngineError> {
    if name.is_empty() || snapshot.has(name)? {
        return Ok(name.into());
    }
    let (file, member) = match name.split_once('!') {
        Some((file, member)) => (file, format!("!{member}")),
        None => (name, String::new()),
    };
    let resolved = fs::canonicalize(file).or_else(|_| path::absolute(file));
    let place = resolved.ok().map(|path| format!("{}{member}", path_text(&path)));
    let known = place.map(|place| snapshot.id_at(&place)).transpose()?.flatten();
    Ok(known.map_or(Cow::Borrowed(name), Cow::Owned))
}

/// Returns that there is no such document, with why its file gave none if there is such a file.
pub(super) fn unknown(name: &str, snapshot: &Snapshot, context: &Context) -> CliError {
    if let Some(error) = file_without_document(name, snapshot, context) {
        return error;
    }
    let message = format!("no document {name:?}: expected an id or a path of the collection");
    CliError::new(Kind::Nothing, message)
        .hint(context.command("search --format json QUERY   # every hit has its id"))
}

/// Says what is the matter with a file, below a root or in the working folder.
fn file_without_document(name: &str, snapshot: &Snapshot, context: &Context) -> Option<CliError> {
    let roots = &snapshot.manifest().roots;
    let below = roots.iter().filter(|root| root.kind == RootKind::Folder);
    let below = below.map(|root| path_of_text(&root.path).join(path_of_text(name)));
    let file = std::iter::once(path_of_text(name)).chain(below).find(|path| path.is_file())?;
    let file = fs::canonicalize(file).ok()?;
    let nothing = |message: String| CliError::new(Kind::Nothing, message);
    let shown = file.display();
    let word = shell::path(&file);
    let Some(root) = roots.iter().find(|root| file.starts_with(path_of_text(&root.path))) else {
        return Some(
            nothing(format!("{shown} is not within anything that was indexed"))
                .hint(context.command(&format!("index {word}"))),
        );
    };
    let options = match &root.reading {
        Some(reading) => reading.in_options(&context.settings.ingest),
        None => context.settings.ingest.clone(),
    };
    let own_extractors = own_extractors(&[]).unwrap_or_default();
    let options = IngestOptions { runner: reader::runner(), own_extractors, ..options };
    match why_skipped(&file, &path_of_text(&root.path), &options).ok()? {
        Some(skipped) if path_of_text(&skipped.path) != file => Some(nothing(format!(
            "{shown} has no document: {} is {}",
            skipped.path, skipped.reason
        ))),
        Some(skipped) => Some(nothing(format!("{shown} has no document: {}", skipped.reason))),
        None => Some(
            nothing(format!("{shown} is not in the collection yet")).hint(context.command("index")),
        ),
    }
}
