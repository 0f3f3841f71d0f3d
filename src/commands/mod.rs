//! One verb a file, and what they share.

pub(crate) mod batch;
pub(crate) mod cache;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod demo;
mod document_name;
pub(crate) mod eval;
mod first_encoder;
pub(crate) mod fuse;
pub(crate) mod get;
pub(crate) mod index;
mod index_report;
pub(crate) mod judge;
pub(crate) mod man;
pub(crate) mod mcp;
pub(crate) mod models;
mod named;
mod outdated;
mod paths;
mod reanalyse;
pub(crate) mod remove;
pub(crate) mod repair;
pub(crate) mod rerank;
mod run_files;
pub(crate) mod search;
pub(crate) mod serve;
mod served;
mod service;
mod several;
pub(crate) mod status;
pub(crate) mod watch;
pub(crate) mod why;

use std::path::{Path, PathBuf};

use trommel::settings::{Given, Settings};
use trommel_engine::{CollectionSettings, Manifest, SearchSettings};
use trommel_models::Store;

use crate::cli::{Cli, Command, Global};
use crate::collection::{self, Chosen};
use crate::error::CliError;
use crate::exit::Exit;
use crate::{folders, hints, settings, shell, terminal};

/// Runs the command that was typed.
pub(crate) fn run(Cli { global, command }: Cli) -> Result<Exit, CliError> {
    // What a file of settings says of colours is known only later.
    if let Some(colour) = global.colour() {
        terminal::colour(colour);
    }
    match command {
        Command::Index(args) => index::run(args, &global),
        Command::Search(args) => search::run(*args, &global),
        Command::Why(args) => why::run(*args, &global),
        Command::Get(args) => get::run(&args, &global),
        Command::Eval(args) => eval::run(*args, &global),
        Command::Judge(args) => judge::run(*args, &global),
        Command::Watch(args) => watch::run(args, &global),
        Command::Serve(args) => serve::run(*args, &global),
        Command::Mcp(args) => mcp::run(*args, &global),
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
    pub(crate) settings: Settings,
    chosen: Chosen,
}

impl Context {
    /// Finds the collection and reads the settings; flags of the command come on top.
    pub(crate) fn new(global: &Global, flags: Given) -> Result<Self, CliError> {
        Self::of(global.one()?, global, flags)
    }

    /// As [`Context::new`], for the collection in a folder, if one is given.
    pub(crate) fn of(
        folder: Option<&Path>,
        global: &Global,
        mut flags: Given,
    ) -> Result<Self, CliError> {
        // In this order: the folder says which file of settings and which manifest count.
        let (folder, chosen) = collection::find(folder)?;
        flags.extend(global.color.given());
        // A manifest that cannot be read fixes nothing here; whoever opens it says why.
        let manifest = Manifest::read(&folder).ok();
        let settings = settings::load(Some(&folder), flags, manifest.as_ref())
            .map_err(|error| hints::settings(error, &|rest| command(&folder, chosen, rest)))?;
        terminal::colour(settings.colour);
        Ok(Self { folder, settings, chosen })
    }

    /// Returns how a search works, without its filter.
    pub(crate) fn search(&self) -> Result<SearchSettings, CliError> {
        self.settings.search().map_err(|error| hints::settings(error, &|rest| self.command(rest)))
    }

    /// Returns what shapes a new collection.
    pub(crate) fn shape(&self) -> Result<CollectionSettings, CliError> {
        let shape = self.settings.collection();
        shape.map_err(|error| hints::settings(error, &|rest| self.command(rest)))
    }

    /// Returns the store of models.
    pub(crate) fn store(&self) -> Result<Store, CliError> {
        store()
    }

    /// Returns a command line that means this collection, such as `trommel -c DIR check`.
    pub(crate) fn command(&self, rest: &str) -> String {
        command(&self.folder, self.chosen, rest)
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

/// Returns a command line that means the collection which was chosen in that way.
fn command(folder: &Path, chosen: Chosen, rest: &str) -> String {
    match chosen {
        Chosen::Flag => format!("trommel -c {} {rest}", shell::path(folder)),
        Chosen::Environment | Chosen::Upwards | Chosen::Here => format!("trommel {rest}"),
    }
}
