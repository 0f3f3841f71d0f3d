//! `trommel cache`: what is kept of earlier searches, and forgetting it.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;
use trommel::{SharedScores, Stage, cache_folder, file_version};
use trommel_core::escape;
use trommel_engine::clear_late_vectors;
use trommel_engine::score_cache::{FILE, LIMIT, ScoreCache, Usage};

use super::{Context, status};
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::{hints, terminal};

/// Manage the scores that the reranker gave in earlier searches
///
/// They are kept outside the collection, in a file of at most 64 MiB in $TROMMEL_HOME/cache, under
/// hashes: no query and no text is stored. Beside it, and cleared with it, are vectors that searches had
/// encoded and no indexing run has taken in yet. What is computed and what is kept is the same to the
/// last bit.
#[derive(Debug, Subcommand)]
pub(crate) enum CacheCommand {
    /// Show how many scores are kept for the collection, and where
    Info {
        /// Report as one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Forget the scores of the collection
    Clear {
        /// Forget those of all collections, also of collections that are gone
        #[arg(long)]
        all: bool,
    },
}

/// Runs the command.
pub(crate) fn run(command: CacheCommand, global: &Global) -> Result<Exit, CliError> {
    let context = Context::new(global, Vec::new())?;
    let store = context.store()?;
    let folder = cache_folder(store.home(), &context.folder);
    match command {
        CacheCommand::Info { json } => info(&folder, json)?,
        CacheCommand::Clear { all: false } => clear(&[folder])?,
        CacheCommand::Clear { all: true } => {
            clear(&folders(&trommel::caches_folder(store.home()))?)?
        }
    }
    Ok(Exit::Done)
}

/// Opens the collection's cache, if the stage and the settings ask for one.
pub(super) fn open(context: &Context, stage: Stage) -> Result<Option<SharedScores>, CliError> {
    if stage < Stage::Fused || !context.settings.cache {
        return Ok(None);
    }
    let folder = cache_folder(context.store()?.home(), &context.folder);
    // Another build may score otherwise in the last bits, so the program's own file is part of it.
    let build = env::current_exe().map_or_else(|_| "unknown".into(), |file| file_version(&file));
    Ok(Some(SharedScores::open(&folder, build)))
}

fn info(folder: &Path, as_json: bool) -> Result<(), CliError> {
    // Opening would make one where there is none.
    let there = folder.join(FILE).is_file();
    let (usage, problem) = if there {
        let cache = ScoreCache::open(folder, LIMIT);
        (cache.usage(), cache.problem().map(trommel::json::problem))
    } else {
        (Usage::default(), None)
    };
    problem.iter().for_each(terminal::note);
    let Usage { scores, room, bytes } = usage;
    if as_json {
        return terminal::print(json!({
            "schema": "trommel.cache.v1",
            "folder": folder,
            "scores": scores,
            "room": room,
            "bytes": bytes,
        }));
    }
    terminal::print(format!(
        "folder  {}\nscores  {scores}\nsize    {} of at most {}",
        escape(&folder.to_string_lossy()),
        status::size(bytes),
        status::size(LIMIT)
    ))
}

fn clear(folders: &[PathBuf]) -> Result<(), CliError> {
    let mut bytes = 0;
    for folder in folders {
        bytes += clear_late_vectors(folder).map_err(hints::cache)?.unwrap_or(0);
        bytes += trommel_engine::score_cache::clear(folder).map_err(hints::cache)?.unwrap_or(0);
    }
    terminal::print(format!("{} cleared", status::size(bytes)))
}

/// Returns the folders of all caches.
fn folders(all: &Path) -> Result<Vec<PathBuf>, CliError> {
    // Nothing was ever cached: nothing to clear is no error.
    let entries = match fs::read_dir(all) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries,
    };
    let paths = entries.and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    paths.map_err(|error| {
        let message = format!("cannot read {}: {error}", all.display());
        CliError::usage(message).hint(format!("ls -ld {}", crate::shell::path(all)))
    })
}
