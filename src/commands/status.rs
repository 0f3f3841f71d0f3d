//! `trommel status`: what the collection holds.

use clap::Args;
use serde_json::{Value, json};
use trommel_core::escape;
use trommel_engine::Status;
use trommel_lexical::Analyzer;

use super::Context;
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::{hints, terminal};

/// Show what the collection holds
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// Report as one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(args: StatusArgs, global: &Global) -> Result<Exit, CliError> {
    let context = Context::new(global, Vec::new())?;
    let status =
        trommel_engine::status(&context.folder).map_err(|error| hints::engine(error, &context))?;
    if args.json {
        terminal::print(as_json(&status, &context))?;
    } else {
        terminal::print(in_words(&status, &context))?;
    }
    Ok(Exit::Done)
}

fn as_json(status: &Status, context: &Context) -> Value {
    let mut object = json!({ "schema": "trommel.status.v1", "collection": context.folder });
    if let (Value::Object(object), Ok(Value::Object(fields))) =
        (&mut object, serde_json::to_value(status))
    {
        object.extend(fields);
    }
    object
}

fn in_words(status: &Status, context: &Context) -> String {
    let Status { generation, documents, passages, vectors, splitting, graphs, .. } = status;
    let mut lines = vec![
        format!("collection  {}", escape(&context.folder.to_string_lossy())),
        format!("generation  {generation} (format {})", status.format),
        format!("documents   {documents}"),
        format!(
            "passages    {passages} (of {} tokens, {} shared)",
            splitting.max_tokens, splitting.overlap_tokens
        ),
        format!(
            "vectors     {vectors} ({} segments with HNSW, {} exact)",
            graphs.hnsw, graphs.exact
        ),
        format!("analyzer    {}", analyzer(&status.analyzer)),
        format!("encoder     {}", status.encoder),
        format!("size        {} in {} files", size(status.bytes), status.files),
    ];
    for root in &status.roots {
        lines.push(format!("indexed     {}", escape(&root.path)));
    }
    lines.join("\n")
}

/// Returns the name of a collection's analyzer; of an older one with what a new collection would have.
fn analyzer(name: &str) -> String {
    let newest = Analyzer::NEWEST.name();
    if name == newest {
        return name.to_owned();
    }
    format!("{name} (a new collection has {newest}, which knows more spellings of a word)")
}

/// Returns a number of bytes as people say it.
pub(super) fn size(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}
