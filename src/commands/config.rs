//! `trommel config`: which settings hold, and why.

use clap::Subcommand;
use serde_json::json;
use trommel_core::escape;

use super::Context;
use crate::cli::Global;
use crate::collection::{Chosen, VARIABLE};
use crate::config::{FILE, KEYS, Origin, Value};
use crate::error::CliError;
use crate::exit::Exit;
use crate::{folders, terminal};

/// Show settings
///
/// A setting comes from its flag, else its environment variable (TROMMEL_DENSE_WEIGHT for
/// --dense-weight), else config.toml in the collection's folder, else the user's config.toml, else
/// its default. What the collection was made with stays as it is.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every setting with its value and origin
    Show {
        /// Report as one JSON object
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
pub(crate) fn run(command: ConfigCommand, global: &Global) -> Result<Exit, CliError> {
    let ConfigCommand::Show { json } = command;
    let context = Context::new(global, Vec::new())?;
    let mut rows = places(&context)?;
    rows.extend(KEYS.iter().map(|key| (key.name, context.config.value(key.name).clone())));
    if json { terminal::print(as_json(&rows)) } else { terminal::print(in_words(&rows)) }?;
    Ok(Exit::Done)
}

/// Returns the folders, which no file of settings can move.
fn places(context: &Context) -> Result<Vec<(&'static str, Value)>, CliError> {
    let collection = match context.chosen() {
        Chosen::Flag => Origin::Flag,
        Chosen::Environment => Origin::Environment(VARIABLE.to_owned()),
        Chosen::Upwards => Origin::Nearest,
        Chosen::Here => Origin::Default,
    };
    let home = match std::env::var_os(folders::HOME) {
        Some(home) if !home.is_empty() => Origin::Environment(folders::HOME.to_owned()),
        _ => Origin::Default,
    };
    let value = |path: &std::path::Path, origin| Value {
        text: path.to_string_lossy().into_owned(),
        origin,
    };
    let mut places = vec![
        ("collection", value(&context.folder, collection)),
        ("home", value(context.store()?.home(), home)),
        ("collection's config", value(&context.folder.join(FILE), Origin::Default)),
    ];
    if let Some(user) = folders::user_config() {
        places.push(("user's config", value(&user, Origin::Default)));
    }
    Ok(places)
}

fn in_words(rows: &[(&str, Value)]) -> String {
    let widest = |length: fn(&(&str, Value)) -> usize| rows.iter().map(length).max().unwrap_or(0);
    let name = widest(|(name, _)| name.len());
    let text = widest(|(_, value)| value.text.chars().count()).min(40);
    let line = |(key, value): &(&str, Value)| {
        format!("{key:name$}  {:text$}  {}", escape(&value.text), value.origin)
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn as_json(rows: &[(&str, Value)]) -> serde_json::Value {
    let row = |(name, value): &(&str, Value)| {
        ((*name).to_owned(), json!({ "value": value.text, "origin": value.origin.to_string() }))
    };
    let settings: serde_json::Map<_, _> = rows.iter().map(row).collect();
    json!({ "schema": "trommel.config.v1", "settings": settings })
}
