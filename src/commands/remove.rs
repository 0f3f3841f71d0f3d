//! `trommel remove`: takes documents out by id.

use clap::Args;
use serde_json::json;

use super::{Context, index};
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
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    /// Report as one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(args: RemoveArgs, global: &Global) -> Result<Exit, CliError> {
    let context = Context::new(global, Vec::new())?;
    let vectors = index::vectors(&context.config);
    let done = trommel_engine::remove(&context.folder, &args.ids, vectors)
        .map_err(|error| hints::engine(error, &context))?;
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
