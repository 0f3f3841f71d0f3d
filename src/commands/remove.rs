//! `trommel remove`: takes documents out by id.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use trommel_core::path_text;
use trommel_engine::Removed;

use super::Context;
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::{hints, terminal};

/// Remove documents from the collection
///
/// A document whose file is still there comes back with the next `trommel index`.
#[derive(Debug, Args)]
pub(crate) struct RemoveArgs {
    /// The documents' ids, as search --format json shows them
    #[arg(required_unless_present = "root", conflicts_with = "root", value_name = "ID")]
    ids: Vec<String>,
    /// A file or folder that was indexed: forget it, with all its documents
    #[arg(long, value_name = "PATH")]
    root: Option<PathBuf>,
    /// Report as one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(args: RemoveArgs, global: &Global) -> Result<Exit, CliError> {
    let context = Context::new(global, Vec::new())?;
    let vectors = context.settings.vectors();
    let done = match &args.root {
        Some(root) => forget(root, &context)?,
        None => trommel_engine::remove(&context.folder, &args.ids, vectors)
            .map_err(|error| hints::engine(error, &context))?,
    };
    for id in &done.unknown {
        terminal::note(format!("no document has the id {id:?}"));
    }
    if args.json {
        terminal::print(json!({
            "schema": "trommel.remove.v1",
            "removed": done.removed,
            "unknown": done.unknown,
            "generation": done.generation,
        }))?;
    } else {
        let (removed, generation) = (done.removed.len(), done.generation);
        terminal::print(format!("{removed} removed, generation {generation}"))?;
    }
    Ok(if done.removed.is_empty() { Exit::NothingFound } else { Exit::Done })
}

/// Forgets a root, by its path as `status` shows it or as the working folder has it.
fn forget(root: &Path, context: &Context) -> Result<Removed, CliError> {
    let engine = |error| hints::engine(error, context);
    // A root that is gone cannot be resolved; then its name must be what `status` shows.
    let path = std::fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    let vectors = || context.settings.vectors();
    // A root such as `memory` is no path, though there may be a file of that name.
    for name in [&*path, root] {
        let name = path_text(name);
        let forgotten = trommel_engine::forget(&context.folder, &name, vectors());
        if let Some(removed) = forgotten.map_err(engine)? {
            return Ok(removed);
        }
    }
    let message = format!("{} was never indexed here", root.display());
    Err(CliError::usage(message).hint(context.command("status")))
}
