//! `trommel index --reanalyse`: moves a collection over to the newest analyzer.

use serde_json::json;
use trommel_engine::{EngineError, Reanalysed};

use super::Context;
use super::index::wait_for_writer;
use crate::error::CliError;
use crate::exit::Exit;
use crate::signals::Cancel;
use crate::{hints, terminal};

/// Reads the words of all stored documents anew.
pub(super) fn reanalyse(context: &Context, wait: bool, as_json: bool) -> Result<Exit, CliError> {
    let cancel = Cancel::on_signal();
    if wait {
        wait_for_writer(context, &cancel)?;
    }
    let vectors = context.shape()?.vectors;
    let done = trommel_engine::reanalyse(&*context.folder, vectors, cancel.flag());
    let Reanalysed { before, analyzer, documents, passages, generation } =
        done.map_err(|error| match error {
            EngineError::Interrupted { .. } => {
                let again = vec![context.command("index --reanalyse")];
                CliError { kind: cancel.kind(), hints: again, ..hints::engine(error, context) }
            }
            error => hints::engine(error, context),
        })?;
    if as_json {
        terminal::print(json!({
            "schema": "trommel.reanalyse.v1",
            "collection": context.folder,
            "before": before,
            "analyzer": analyzer,
            "documents": documents,
            "passages": passages,
            "generation": generation,
        }))?;
    } else {
        terminal::print(format!(
            "{documents} documents, {passages} passages: {analyzer}, before {before}; generation \
             {generation}"
        ))?;
    }
    Ok(Exit::Done)
}
