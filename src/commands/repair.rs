//! `trommel repair`: makes a damaged collection whole again.

use std::sync::Arc;

use clap::Args;
use serde_json::json;
use trommel::settings::REPAIR;
use trommel_core::{Encoder, escape};
use trommel_engine::{Repair, Repaired};

use super::Context;
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::models;
use crate::settings::Typed;
use crate::{hints, terminal};

/// Make a damaged collection whole again
///
/// Goes back to the newest whole generation, or builds an index anew from the stored documents.
/// Damaged files are put into a folder inside the collection and never removed.
#[derive(Debug, Args)]
pub(crate) struct RepairArgs {
    /// Report as one JSON object
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    settings: Typed<REPAIR>,
}

/// Runs the command.
pub(crate) fn run(args: RepairArgs, global: &Global) -> Result<Exit, CliError> {
    let context = Context::new(global, args.settings.given())?;
    let engine = |error| hints::engine(error, &context);
    let settings = context.shape()?;
    let repair = Repair::begin(&context.folder).map_err(engine)?;
    // Loading a model takes a while and may fail, and not every repair needs one.
    let encoder = repair.needs_encoder().then(|| encoder(&context)).transpose()?;
    let repaired = repair.carry_out(encoder.as_deref(), &settings).map_err(engine)?;
    if args.json {
        terminal::print(as_json(&repaired, &context))?;
    } else {
        terminal::print(in_words(&repaired))?;
    }
    if !repaired.lost.is_empty() {
        terminal::tell(format!("\nhint: {}", context.command("index")));
    }
    Ok(Exit::Done)
}

fn encoder(context: &Context) -> Result<Arc<dyn Encoder>, CliError> {
    models::encoder(&models::models(&context.settings)?, &context.settings)
}

fn in_words(repaired: &Repaired) -> String {
    let Repaired { generation, documents, passages, steps, lost, aside } = repaired;
    let at = format!("generation {generation}, {documents} documents, {passages} passages");
    if steps.is_empty() {
        return format!("nothing to repair: {at}");
    }
    let mut lines = steps.clone();
    lines.extend(lost.iter().map(|id| format!("lost document {}", escape(id))));
    if let Some(aside) = aside {
        lines.push(format!("damaged files are in {}", escape(&aside.to_string_lossy())));
    }
    lines.push(format!("repaired: {at}"));
    lines.join("\n")
}

fn as_json(repaired: &Repaired, context: &Context) -> serde_json::Value {
    json!({
        "schema": "trommel.repair.v1",
        "collection": context.folder,
        "repaired": !repaired.steps.is_empty(),
        "generation": repaired.generation,
        "documents": repaired.documents,
        "passages": repaired.passages,
        "steps": repaired.steps,
        "lost": repaired.lost,
        "aside": repaired.aside,
    })
}
