//! `trommel search`: answers one query, or a file of them.

use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use clap::Args;
use trommel::settings::SEARCH;
use trommel::{Cascade, FromCache, SharedScores, SteadyClock};
use trommel_core::Encoder;
use trommel_engine::{
    Answer, Filter, Reading, RerankReport, RerankStage, Searcher, Snapshot, Stage, Stopped,
};

use super::outdated::Outdated;
use super::{Context, batch, index};
use crate::cache;
use crate::cli::Global;
use crate::error::{CliError, Kind};
use crate::exit::Exit;
use crate::hints;
use crate::models;
use crate::output::{Asked, Writer};
use crate::settings::Typed;
use crate::terminal::{self, Screen};

/// Answer a query from the collection
#[derive(Debug, Args)]
pub(crate) struct SearchArgs {
    /// What to look for, as plain words; - reads it from standard input
    #[arg(value_name = "QUERY", required_unless_present = "queries", conflicts_with = "queries")]
    query: Vec<String>,
    /// Answer every query of a file, JSONL (_id, text) or id, tab, text; - is standard input
    #[arg(long, value_name = "FILE")]
    queries: Option<PathBuf>,
    /// Show every hit's rank and score in each stage, and where the time went
    #[arg(long)]
    explain: bool,
    /// Index what changed first
    #[arg(long)]
    fresh: bool,
    /// End with exit code 5 if the reranker fails, instead of answering without it
    #[arg(long, hide = true)]
    strict: bool,

    /// Find only documents with this metadata; all of several must hold
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Filters")]
    filter: Vec<String>,
    /// Find only documents whose path matches; one of several must
    #[arg(long, value_name = "GLOB", help_heading = "Filters")]
    path: Vec<String>,

    #[command(flatten)]
    settings: Typed<SEARCH>,
}

/// Runs the command.
pub(crate) fn run(args: SearchArgs, global: &Global) -> Result<Exit, CliError> {
    let context = Context::new(global, args.settings.given())?;
    let engine = |error| hints::engine(error, &context);
    let mut settings = context.search()?;
    settings.filter = Filter::new(pairs(&args.filter)?, &args.path).map_err(engine)?;
    settings.check().map_err(engine)?;
    let format = context.settings.format;
    if args.fresh {
        index::refresh(&context)?;
    }

    if let Some(file) = &args.queries {
        let queries = batch::read(file)?;
        let cache = cache::open(&context, settings.stage)?;
        let pipeline = open(&context, settings.stage, cache.as_ref())?;
        let cache = cache.as_ref();
        return batch::answer(
            &queries,
            &pipeline,
            &settings,
            &context,
            (format, args.explain, args.strict),
            cache,
        );
    }
    let query = query(&args.query, settings.max_query_bytes)?;
    let cache = cache::open(&context, settings.stage)?;
    let pipeline = open(&context, settings.stage, cache.as_ref())?;
    let answer = pipeline.search(&query, &settings, &SteadyClock::start()).map_err(engine)?;
    if settings.stage.needs_lexical() && trommel_lexical::terms(&query).is_empty() {
        terminal::note("the query has no words that BM25 could look for, only stop words or signs");
    }
    if answer.hits.is_empty() {
        terminal::tell("nothing found");
    }
    by_budget(&answer);
    let mut outdated = Outdated::default();
    outdated.count(&answer.hits);
    outdated.tell(&context);
    failed(&answer, args.strict)?;
    let mut writer =
        Writer::begin(format, args.explain, false, Screen::of(format)).map_err(CliError::stdout)?;
    let cached = FromCache::of(cache.as_ref().map(|scores| &scores.cache), &answer);
    writer
        .answer(Asked { id: None, answer: &answer, cached: cached.as_ref() })
        .map_err(CliError::stdout)?;
    writer.finish().map_err(CliError::stdout)?;
    Ok(if answer.hits.is_empty() { Exit::NothingFound } else { Exit::Done })
}

/// Says what the budget left unread, and of which reranker if there are several.
fn by_budget(answer: &Answer) {
    for pass in answer.reranks.iter().filter(|pass| pass.reading.stopped == Stopped::Budget) {
        match answer.reranks.len() {
            1 => terminal::note(pass.reading),
            _ => terminal::note(format!("{}: {}", pass.reranker, pass.reading)),
        }
    }
}

/// Says that the reranker failed, and what the answer is instead; strictly, there is none.
pub(super) fn failed(answer: &Answer, strict: bool) -> Result<(), CliError> {
    let Some(failure) = &answer.failure else { return Ok(()) };
    if strict {
        let message = format!("the reranker failed: {failure}");
        return Err(CliError::new(Kind::Gate, message).hint("trommel search --stage fused …"));
    }
    let reading = |pass: &RerankReport| {
        let RerankReport { reranker, reading: Reading { read, of, .. }, .. } = pass;
        format!("{reranker} {read} of {of}")
    };
    let instead = match (answer.reading, &answer.reranks[..]) {
        (None, _) => "this is the order of the fused stage".to_owned(),
        (Some(Reading { read, of, .. }), [_]) => format!("it had read {read} of {of} passages"),
        (Some(_), passes) => {
            let read: Vec<String> = passes.iter().map(reading).collect();
            format!("of the passages were read: {}", read.join(", "))
        }
    };
    terminal::warn(format!("the reranker failed, {instead}: {failure}"));
    Ok(())
}

/// Opens the collection with the models that a stage needs, all at the same time.
pub(super) fn open(
    context: &Context,
    stage: Stage,
    cache: Option<&SharedScores>,
) -> Result<Searcher, CliError> {
    let engine = |error| hints::engine(error, context);
    let models = models::models(&context.settings)?;
    // A missing collection is worth saying before a missing model.
    let manifest = trommel_engine::Manifest::read(&context.folder).map_err(engine)?;
    thread::scope(|scope| {
        let encoder = stage
            .needs_encoder()
            .then(|| scope.spawn(|| models::encoder(&models, &context.settings)));
        let rerankers = context.settings.rerankers();
        let passes = (stage == Stage::Reranked)
            .then(|| scope.spawn(|| models::rerankers(&models, rerankers, cache)));
        let snapshot = Snapshot::open_from(&context.folder, manifest, stage).map_err(engine);
        let encoder: Option<Arc<dyn Encoder>> = encoder.map(join).transpose()?;
        let passes: Option<Vec<RerankStage>> = passes.map(join).transpose()?;
        Searcher::new(snapshot?, encoder, passes.unwrap_or_default()).map_err(engine)
    })
}

/// Loads the rerankers of a cascade, without a cache.
pub(super) fn passes(context: &Context, cascade: &Cascade) -> Result<Vec<RerankStage>, CliError> {
    models::rerankers(&models::models(&context.settings)?, cascade, None)
}

fn join<T>(handle: thread::ScopedJoinHandle<'_, Result<T, CliError>>) -> Result<T, CliError> {
    handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn pairs(filters: &[String]) -> Result<Vec<(String, String)>, CliError> {
    let pair = |filter: &String| {
        let split = filter.split_once('=').filter(|(key, _)| !key.is_empty());
        split.map(|(key, value)| (key.to_owned(), value.to_owned())).ok_or_else(|| {
            CliError::usage(format!("--filter: expected key=value, got {filter:?}"))
                .hint("trommel search --filter lang=en QUERY")
        })
    };
    filters.iter().map(pair).collect()
}

/// Returns the query that was typed, or comes from standard input; of one longer than `most` bytes,
/// as much as tells that it is too long.
fn query(words: &[String], most: usize) -> Result<String, CliError> {
    let query = if words == ["-"] {
        let mut bytes = Vec::new();
        io::stdin().take(most as u64 + 4).read_to_end(&mut bytes).map_err(|error| {
            CliError::usage(format!("cannot read standard input: {error}"))
                .hint("trommel search QUERY")
        })?;
        String::from_utf8_lossy(&bytes).into_owned()
    } else {
        words.join(" ")
    };
    if query.trim().is_empty() {
        return Err(CliError::usage("the query is empty: expected at least one character")
            .hint("trommel search 'some words'"));
    }
    Ok(query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_a_pair() {
        assert_eq!(pairs(&["a=b=c".into()]).unwrap(), [("a".to_owned(), "b=c".to_owned())]);
        assert_eq!(pairs(&["a=".into()]).unwrap(), [("a".to_owned(), String::new())]);
        for wrong in ["a", "=b", ""] {
            let error = pairs(&[wrong.to_owned()]).unwrap_err().to_string();
            assert!(error.contains("expected key=value"), "{error}");
        }
    }

    #[test]
    fn a_query_of_white_space_is_empty() {
        assert!(query(&[" ".into(), "\n".into()], 9).is_err());
        assert_eq!(query(&["two".into(), "words".into()], 9).unwrap(), "two words");
    }
}
