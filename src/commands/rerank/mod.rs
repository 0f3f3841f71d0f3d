//! `trommel rerank`: the second stage over the candidates of any engine.

mod corpus;
mod lines;
mod order;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Args;
use trommel::settings::{RERANK, Settings};
use trommel_engine::RerankStage;
use trommel_eval::{Run, ScoredDocument};
use trommel_ingest::{IngestOptions, Limits};

use self::order::{Lost, Ordering};
use super::batch;
use super::run_files::{self, Output};
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::models;
use crate::settings::Typed;
use crate::signals::Cancel;
use crate::{hints, progress, reader, settings, shell, terminal};

/// How many missing things are named.
const NAMED: usize = 3;

/// Rerank the run of any engine
///
/// The reranker reads the best documents of each query: title, then text, a document that is longer
/// than the model in up to 8 windows, the best of which counts; how many were longer than that is
/// said at the end. The others follow in the run's order, with
/// scores below, and so does a document that the corpus lacks. A query that is not among the
/// queries keeps its ranking. No collection is needed. With several rerankers each reads the best of
/// the order before it; every word of a query counts the same for the part that is read.
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
    /// How many documents of each query a reranker reads for which --reranker says no number
    #[arg(long, value_name = "N", default_value = "100", allow_negative_numbers = true)]
    depth: NonZeroUsize,
    /// The share of a reranker in the score; the rest is the score before it, scaled to [0, 1] among
    /// the documents that are read. 1 is the reranker's own order
    #[arg(long, value_name = "W", default_value_t = 1.0, allow_negative_numbers = true)]
    blend: f32,
    /// Write the run there instead of to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    settings: Typed<RERANK>,
}

impl RerankArgs {
    fn settings(&self, global: &Global) -> Result<Settings, CliError> {
        let given = [self.settings.given(), global.color.given()].concat();
        let settings = settings::load(None, given, None)
            .map_err(|error| hints::settings(error, &|rest| format!("trommel {rest}")))?;
        terminal::colour(settings.colour);
        if settings.rerankers().is_none() {
            let message = "there is nothing to rerank with: expected a model's id, got none";
            return Err(CliError::usage(message).hint("trommel models list"));
        }
        if !(0.0..=1.0).contains(&self.blend) {
            let message = format!("--blend: expected a number from 0 to 1, got {}", self.blend);
            return Err(CliError::usage(message).hint("trommel rerank --help"));
        }
        Ok(settings)
    }
}

/// A query and its results, the best of which are to be read.
struct Task<'a> {
    query: &'a str,
    /// Its text; none if it is not among the queries or has none.
    text: Option<&'a str>,
    results: &'a [ScoredDocument],
    /// How many of the results are to be read, by the first reranker.
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
    let settings = args.settings(global)?;
    let cancel = Cancel::on_signal();
    let cascade = settings.rerankers();
    let load = || models::rerankers(&models::models(&settings)?, cascade, None);
    let (Some(run_file), Some(corpus_file), Some(queries_file)) =
        (&args.run, &args.corpus, &args.queries)
    else {
        lines::rerank(load()?, &cancel)?;
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
    // Only the first reranker reads from the run; the others read what it has ordered, so these are
    // all the texts that are needed.
    let depth = cascade.0.first().and_then(|first| first.depth).unwrap_or(args.depth.get());
    let tasks: Vec<Task<'_>> = run
        .iter()
        .map(|(query, results)| {
            let text = texts.get(query).copied();
            Task { query, text, results, depth }
        })
        .collect();
    let missing: BTreeSet<&str> =
        tasks.iter().filter(|task| task.text.is_none()).map(|task| task.query).collect();
    tell_missing("queries", &missing, tasks.len(), run_file, queries_file)?;

    // Models are loaded after the cheap files are read, which may be wrong, and before the corpus,
    // which may be large.
    let stages = as_deep(load()?, args.depth.get());
    let wanted: HashSet<&str> = tasks.iter().flat_map(Task::wanted).collect();
    // The documents of a run are taken whole: only their fields have other names.
    let (limits, runner) = (Limits::default(), reader::runner());
    let options = IngestOptions { limits, runner, ..settings.ingest.clone() };
    let texts = corpus::texts(corpus_file, &wanted, &options, &cancel)?;
    let missing: BTreeSet<&str> =
        wanted.iter().filter(|id| !texts.contains_key(**id)).copied().collect();
    tell_missing("documents", &missing, wanted.len(), run_file, corpus_file)?;

    let ordering = Ordering { stages: &stages, weight: args.blend, cancel: &cancel };
    output.write(&rerank(&ordering, &tasks, &texts)?)?;
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

/// Reads the best documents of every query and orders the results of all.
fn rerank(
    ordering: &Ordering<'_>,
    tasks: &[Task<'_>],
    texts: &HashMap<String, String>,
) -> Result<Run, CliError> {
    let bar = progress::counter("queries", tasks.len());
    let mut reranked = Run::default();
    let mut lost = Lost::default();
    for Task { query, text, results, .. } in tasks {
        let scored =
            |result: &ScoredDocument| (result.score, texts.get(&result.id).map(String::as_str));
        let order: Vec<(usize, f32)> = match text {
            Some(text) => {
                let results: Vec<(f32, Option<&str>)> = results.iter().map(scored).collect();
                ordering.order(text, &results, &mut lost)?
            }
            None => results.iter().map(|result| result.score).enumerate().collect(),
        };
        let ranking = order.iter().map(|(place, score)| (results[*place].id.as_str(), *score));
        reranked.insert_ranking(*query, ranking).map_err(hints::eval)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    lost.tell("documents");
    Ok(reranked)
}

/// Returns the stages, of which one without a depth of its own reads so many documents.
fn as_deep(stages: Vec<RerankStage>, depth: usize) -> Vec<RerankStage> {
    let deep = |stage: RerankStage| RerankStage { depth: stage.depth.or(Some(depth)), ..stage };
    stages.into_iter().map(deep).collect()
}
