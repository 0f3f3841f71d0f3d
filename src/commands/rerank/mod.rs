//! `trommel rerank`: the second stage over the candidates of any engine.

mod corpus;
mod lines;
mod order;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Args;
use trommel_core::{ModelError, Reranker};
use trommel_eval::{Run, ScoredDocument};
use trommel_ingest::IngestOptions;

use self::order::{Blend, order};
use super::flags::{ApiFlags, RuntimeFlags};
use super::run_files::{self, Output};
use super::search::NONE;
use super::{batch, store};
use crate::cli::Global;
use crate::config::{Config, Flags};
use crate::error::{CliError, Kind};
use crate::exit::Exit;
use crate::loading::Loader;
use crate::signals::Cancel;
use crate::{hints, progress, shell, terminal};

/// How many documents are read at a time: an interruption is heard between packs.
const PACK: usize = 64;

/// Returns how many documents a reranker is given at a time: a remote one all, for one call costs it
/// less than several, and an order of passages is one of all or none.
fn pack(reranker: &dyn Reranker) -> usize {
    if reranker.is_remote() { usize::MAX } else { PACK }
}

/// How many missing things are named.
const NAMED: usize = 3;

/// Rerank the run of any engine
///
/// The reranker reads the best documents of each query: title, then text, up to the length of the
/// model; how many were longer is said at the end. The others follow in the run's order, with
/// scores below, and so does a document that the corpus lacks. A query that is not among the
/// queries keeps its ranking. No collection is needed.
#[derive(Debug, Args)]
pub(crate) struct RerankArgs {
    /// A TREC run file: query Q0 document rank score tag; - is standard input
    #[arg(value_name = "RUN", required_unless_present = "text", conflicts_with = "text")]
    run: Option<PathBuf>,
    /// The documents: JSONL (_id, title, text), or whatever else index reads; - is standard input
    #[arg(long, value_name = "FILE", required_unless_present = "text", conflicts_with = "text")]
    corpus: Option<PathBuf>,
    /// The queries: JSONL (_id, text) or id, tab, text; - is standard input
    #[arg(long, value_name = "FILE", required_unless_present = "text", conflicts_with = "text")]
    queries: Option<PathBuf>,
    /// Rerank lines instead of a run: the first line of standard input is the query, every other a
    /// candidate, as plain text or JSON (text, title); out come score, tab, line, best first
    #[arg(long)]
    text: bool,
    /// How many documents of each query the reranker reads
    #[arg(long, value_name = "N", default_value = "100", allow_negative_numbers = true)]
    depth: NonZeroUsize,
    /// The share of the reranker in the final score; the rest is the run's score, scaled to [0, 1]
    /// among the documents that are read. 1 is the reranker's own order
    #[arg(long, value_name = "W", default_value_t = 1.0, allow_negative_numbers = true)]
    blend: f32,
    /// Write the run there instead of to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// The reranker
    #[arg(long, value_name = "ID", help_heading = "Models")]
    reranker: Option<String>,
    #[command(flatten)]
    api: ApiFlags,
    #[command(flatten)]
    runtime: RuntimeFlags,
}

impl RerankArgs {
    fn config(&self, global: &Global) -> Result<Config, CliError> {
        let own = [("reranker", self.reranker.clone()), ("color", global.color.clone())];
        let flags: Flags =
            own.into_iter().chain(self.api.flags()).chain(self.runtime.flags()).collect();
        let config = Config::load(None, flags, Vec::new())?;
        terminal::colour(config.text("color"));
        if config.text("reranker") == NONE {
            let message = "there is nothing to rerank with: expected a model's id, got none";
            return Err(CliError::usage(message).hint("trommel models list"));
        }
        if !(0.0..=1.0).contains(&self.blend) {
            let message = format!("--blend: expected a number from 0 to 1, got {}", self.blend);
            return Err(CliError::usage(message).hint("trommel rerank --help"));
        }
        Ok(config)
    }
}

/// A query and its results, the best of which are to be read.
struct Task<'a> {
    query: &'a str,
    /// Its text; none if it is not among the queries or has none.
    text: Option<&'a str>,
    results: &'a [ScoredDocument],
    /// How many of the results are to be read.
    depth: usize,
}

impl<'a> Task<'a> {
    fn wanted(&self) -> impl Iterator<Item = &'a str> {
        let depth = if self.text.is_some() { self.depth } else { 0 };
        self.results.iter().take(depth).map(|result| result.id.as_str())
    }
}

/// Runs the command.
pub(crate) fn run(args: RerankArgs, global: &Global) -> Result<Exit, CliError> {
    let config = args.config(global)?;
    let cancel = Cancel::on_signal();
    let load = || Loader::new(store()?, &config)?.reranker(config.text("reranker"), None);
    let (Some(run_file), Some(corpus_file), Some(queries_file)) =
        (&args.run, &args.corpus, &args.queries)
    else {
        lines::rerank(&*load()?, &cancel)?;
        return Ok(Exit::Done);
    };
    let output = Output::new(args.output.clone())?;
    let run = run_files::read(run_file)?;
    let queries = batch::read(queries_file)?;
    let texts: HashMap<&str, &str> = queries
        .iter()
        .filter(|query| !query.text.trim().is_empty())
        .map(|query| (query.id.as_str(), query.text.as_str()))
        .collect();
    let tasks: Vec<Task<'_>> = run
        .iter()
        .map(|(query, results)| {
            let text = texts.get(query).copied();
            Task { query, text, results, depth: args.depth.get() }
        })
        .collect();
    let missing: BTreeSet<&str> =
        tasks.iter().filter(|task| task.text.is_none()).map(|task| task.query).collect();
    tell_missing("queries", &missing, tasks.len(), run_file, queries_file)?;

    let reranker = load()?;
    let wanted: HashSet<&str> = tasks.iter().flat_map(Task::wanted).collect();
    let options = IngestOptions {
        id_field: config.text("id-field").to_owned(),
        title_field: config.text("title-field").to_owned(),
        text_field: config.text("text-field").to_owned(),
        ..IngestOptions::default()
    };
    let texts = corpus::texts(corpus_file, &wanted, &options, &cancel)?;
    let missing: BTreeSet<&str> =
        wanted.iter().filter(|id| !texts.contains_key(**id)).copied().collect();
    tell_missing("documents", &missing, wanted.len(), run_file, corpus_file)?;

    let reading = Reading { reranker: &*reranker, texts: &texts, cancel: &cancel };
    output.write(&reading.rerank(&tasks, args.blend)?)?;
    Ok(Exit::Done)
}

/// Says how many queries or documents of a run a file lacks; that it lacks all is an error.
fn tell_missing(
    what: &str,
    missing: &BTreeSet<&str>,
    of: usize,
    run: &Path,
    file: &Path,
) -> Result<(), CliError> {
    if missing.is_empty() {
        return Ok(());
    }
    let mut names: Vec<&str> = missing.iter().take(NAMED).copied().collect();
    if missing.len() > NAMED {
        names.push("…");
    }
    let (run_name, file_name, names) = (run.display(), file.display(), names.join(", "));
    if missing.len() == of {
        let message = format!(
            "{file_name}: expected text for the {of} {what} of {run_name}, got none of them: {names}"
        );
        let hint = format!("head -n 2 {} {}", shell::path(run), shell::path(file));
        return Err(CliError::usage(message).hint(hint));
    }
    let count = missing.len();
    terminal::note(format!(
        "no text in {file_name} for {count} of the {of} {what} of {run_name}: {names}"
    ));
    Ok(())
}

fn failed(error: ModelError) -> CliError {
    CliError::new(Kind::Usage, error).hint("trommel rerank --runtime candle …")
}

/// What reading takes.
struct Reading<'a> {
    reranker: &'a dyn Reranker,
    texts: &'a HashMap<String, String>,
    cancel: &'a Cancel,
}

impl Reading<'_> {
    /// Reads the best documents of every query and orders the results of all.
    fn rerank(&self, tasks: &[Task<'_>], weight: f32) -> Result<Run, CliError> {
        let by = Blend { weight, calibration: self.reranker.calibration() };
        let there = |id: &&str| self.texts.contains_key(*id);
        let all = tasks.iter().flat_map(Task::wanted).filter(there).count();
        let bar = progress::counter("documents", all);
        let mut reranked = Run::default();
        let mut truncated = 0;
        for task in tasks {
            let mut logits = vec![None; task.wanted().count()];
            let found: Vec<(usize, &str)> = task
                .wanted()
                .enumerate()
                .filter_map(|(place, id)| Some((place, self.texts.get(id)?.as_str())))
                .collect();
            for part in found.chunks(pack(self.reranker)) {
                self.cancel.check()?;
                let texts: Vec<&str> = part.iter().map(|(_, text)| *text).collect();
                let scores =
                    self.reranker.score(task.text.unwrap_or_default(), &texts).map_err(failed)?;
                for ((place, _), score) in part.iter().zip(scores) {
                    logits[*place] = Some(score.logit);
                    truncated += usize::from(score.truncated);
                }
                bar.inc(part.len() as u64);
            }
            let ranking = order(task.results, &logits, by);
            reranked.insert_ranking(task.query, ranking).map_err(hints::eval)?;
        }
        bar.finish_and_clear();
        if truncated > 0 {
            terminal::note(format!("{truncated} of {all} documents read without their end"));
        }
        Ok(reranked)
    }
}
