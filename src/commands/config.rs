//! `trommel config`: which settings hold, and why.

use std::path::Path;

use clap::Subcommand;
use clap::builder::PossibleValuesParser;
use serde_json::json;
use trommel::settings::{CONFIG, Origin, SETTINGS, Setting, schema};
use trommel_core::escape;
use trommel_inference::llm::PromptKind;
use unicode_width::UnicodeWidthStr;

use super::Context;
use crate::cli::Global;
use crate::collection::{Chosen, VARIABLE};
use crate::error::CliError;
use crate::exit::Exit;
use crate::settings::{FILE, Typed};
use crate::{folders, hints, terminal};

/// Show settings, and the prompts of language models
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
        #[command(flatten)]
        settings: Typed<CONFIG>,
    },
    /// Print the JSON schema of config.toml, by which an editor completes and checks it
    Schema,
    /// List the prompts that a language model is asked with, or print one
    ///
    /// To use one of your own, print one into a file, change it, and name it in config.toml, as in
    /// prompt-listwise = "my-listwise.txt"; the file lies beside config.toml unless the path is an
    /// absolute one.
    Prompts {
        /// Which prompt to print
        #[arg(value_parser = PossibleValuesParser::new(PromptKind::ALL.map(PromptKind::name)))]
        name: Option<String>,
    },
}

/// What stands for the prompt that comes with this program.
pub(crate) const BUILT_IN: &str = "built-in";

/// A value with its origin.
struct Value {
    text: String,
    origin: Origin,
}

/// Runs the command.
pub(crate) fn run(command: ConfigCommand, global: &Global) -> Result<Exit, CliError> {
    let open = |given| Context::new(global, given);
    match command {
        ConfigCommand::Show { json, settings } => show(&open(settings.given())?, json),
        // It is the same for every collection, and helps to mend a file that cannot be read.
        ConfigCommand::Schema => {
            terminal::print(format!("{:#}", schema()))?;
            Ok(Exit::Done)
        }
        ConfigCommand::Prompts { name: None } => list_prompts(&open(Vec::new())?),
        ConfigCommand::Prompts { name: Some(name) } => print_prompt(&open(Vec::new())?, &name),
    }
}

/// Prints every setting.
fn show(context: &Context, json: bool) -> Result<Exit, CliError> {
    let mut rows = places(context)?;
    rows.extend(SETTINGS.iter().map(|Setting { name, .. }| {
        let (text, origin) = (context.settings.text(name), context.settings.origin(name).clone());
        (*name, Value { text, origin })
    }));
    if json { terminal::print(as_json(&rows)) } else { terminal::print(in_words(&rows)) }?;
    Ok(Exit::Done)
}

/// Prints every prompt's name, what it must have, and where it comes from.
fn list_prompts(context: &Context) -> Result<Exit, CliError> {
    for kind in PromptKind::ALL {
        let path = context.settings.prompt_file(kind);
        prompt(kind, path)?;
        let place = path.map_or_else(|| BUILT_IN.to_owned(), |path| path.display().to_string());
        let needed = format!("{{query}} {}", kind.placeholder());
        terminal::print(format!("{:<9}  {needed:<18}  {}", kind.name(), escape(&place)))?;
    }
    Ok(Exit::Done)
}

/// Returns the text of a prompt, which must be one that can be used.
fn prompt(kind: PromptKind, file: Option<&Path>) -> Result<String, CliError> {
    trommel::prompt_text(kind, file).map_err(|error| hints::library(error.into()))
}

/// Prints a prompt's text as it stands.
fn print_prompt(context: &Context, name: &str) -> Result<Exit, CliError> {
    if let Some(kind) = PromptKind::ALL.into_iter().find(|kind| kind.name() == name) {
        let text = prompt(kind, context.settings.prompt_file(kind))?;
        terminal::print(text.strip_suffix('\n').unwrap_or(&text))?;
    }
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
    let value = |path: &Path, origin| Value { text: path.to_string_lossy().into_owned(), origin };
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
    // A single long path must not push all origins off the screen.
    let text = widest(|(_, value)| value.text.width()).min(40);
    let line = |(key, value): &(&str, Value)| {
        let shown = escape(&value.text);
        let room = " ".repeat(text.saturating_sub(shown.width()));
        format!("{key:name$}  {shown}{room}  {}", value.origin)
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
