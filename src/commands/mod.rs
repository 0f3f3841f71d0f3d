//! One verb a file, and what they share.

pub(crate) mod batch;
pub(crate) mod cache;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod eval;
mod flags;
pub(crate) mod fuse;
pub(crate) mod index;
pub(crate) mod judge;
pub(crate) mod man;
pub(crate) mod models;
mod outdated;
pub(crate) mod remove;
pub(crate) mod repair;
pub(crate) mod rerank;
mod run_files;
pub(crate) mod search;
pub(crate) mod status;
pub(crate) mod why;

use std::path::PathBuf;

use trommel_engine::Manifest;
use trommel_models::Store;

use crate::cli::{Cli, Command, Global};
use crate::collection::{self, Chosen};
use crate::config::{Config, Flags};
use crate::error::CliError;
use crate::exit::Exit;
use crate::{folders, shell, terminal};

/// Runs the command that was typed.
pub(crate) fn run(Cli { global, command }: Cli) -> Result<Exit, CliError> {
    if let Some(color) = &global.color {
        terminal::colour(color);
    }
    match command {
        Command::Index(args) => index::run(args, &global),
        Command::Search(args) => search::run(*args, &global),
        Command::Why(args) => why::run(*args, &global),
        Command::Eval(args) => eval::run(*args, &global),
        Command::Judge(args) => judge::run(*args, &global),
        Command::Fuse(args) => fuse::run(args),
        Command::Rerank(args) => rerank::run(*args, &global),
        Command::Remove(args) => remove::run(args, &global),
        Command::Status(args) => status::run(args, &global),
        Command::Check(args) => check::run(args, &global),
        Command::Repair(args) => repair::run(args, &global),
        Command::Models(command) => models::run(command),
        Command::Cache(command) => cache::run(command, &global),
        Command::Config(command) => config::run(command, &global),
        Command::Demo(args) => demo::run(args, &global),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
    }
}

/// The collection that a command means, with the settings that hold for it.
pub(crate) struct Context {
    /// The collection's folder, whether or not it is there.
    pub(crate) folder: PathBuf,
    /// The settings.
    pub(crate) config: Config,
    chosen: Chosen,
}

impl Context {
    /// Finds the collection and reads the settings; flags of the command come on top.
    pub(crate) fn new(global: &Global, mut flags: Flags) -> Result<Self, CliError> {
        let (folder, chosen) = collection::find(global.collection.as_deref())?;
        flags.push(("color", global.color.clone()));
        // A manifest that cannot be read fixes nothing here; whoever opens it says why.
        let manifest = Manifest::read(&folder).ok();
        let config = Config::load(Some(&folder), flags, fixed(manifest.as_ref()))?;
        terminal::colour(config.text("color"));
        Ok(Self { folder, config, chosen })
    }

    /// Returns the store of models.
    pub(crate) fn store(&self) -> Result<Store, CliError> {
        store()
    }

    /// Returns a command line that means this collection, such as `trommel -c DIR check`.
    pub(crate) fn command(&self, rest: &str) -> String {
        match self.chosen {
            Chosen::Flag => format!("trommel -c {} {rest}", shell::path(&self.folder)),
            Chosen::Environment | Chosen::Upwards | Chosen::Here => format!("trommel {rest}"),
        }
    }

    /// Returns how the collection was chosen.
    pub(crate) fn chosen(&self) -> Chosen {
        self.chosen
    }
}

/// Returns the store of models.
pub(crate) fn store() -> Result<Store, CliError> {
    folders::home().map(Store::new)
}

/// Returns the settings that a collection fixes at its making.
fn fixed(manifest: Option<&Manifest>) -> Flags {
    let Some(manifest) = manifest else {
        return Vec::new();
    };
    vec![
        ("encoder", Some(manifest.encoder.model.clone())),
        ("passage-tokens", Some(manifest.splitting.max_tokens.to_string())),
        ("overlap-tokens", Some(manifest.splitting.overlap_tokens.to_string())),
    ]
}
