//! `trommel search`: answers one query, or a file of them.

use std::io::{self, Read};
use std::path::PathBuf;

use clap::Args;
use trommel::settings::{Format, Given, SEARCH};
use trommel::{Cascade, FromCache, Models, SharedScores, SteadyClock};
use trommel_engine::{
    Answer, EngineError, Filter, Reading, RerankReport, RerankStage, SearchSettings, Searcher,
    Stage, Stopped,
};

use super::outdated::Outdated;
use super::{Context, batch, cache, index, paths, several};
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
    pub(super) query: Vec<String>,
    /// Answer every query of a file, JSONL (_id, text) or id, tab, text; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(super) queries: Option<PathBuf>,
    /// Show every hit's rank and score in each stage, and where the time went
    #[arg(long)]
    pub(super) explain: bool,
    /// Report as one JSON object, as --format json does
    #[arg(long, hide = true)]
    json: bool,
    /// Index what changed first
    #[arg(long)]
    pub(super) fresh: bool,
    /// End with exit code 5 if the reranker fails, instead of answering without it
    #[arg(long, hide = true)]
    pub(super) strict: bool,

    /// Find only documents with this metadata: lang=en, lang!=en, 'lang in (en, de)', 'year>=2020',
    /// 'date in 2024-01..2024-06', 'name ~ *draft*', 'not lang=en'; all of several must hold
    #[arg(long, value_name = "CONDITION", help_heading = "Filters")]
    filter: Vec<String>,
    /// Find only documents whose path matches; one of several must
    #[arg(long, value_name = "GLOB", help_heading = "Filters")]
    path: Vec<String>,

    #[command(flatten)]
    settings: Typed<SEARCH>,
}

impl SearchArgs {
    /// Returns the settings that were typed.
    pub(super) fn given(&self) -> Given {
        let mut given = self.settings.given();
        given.extend(self.json.then(|| ("format", "json".to_owned())));
        given
    }

    /// Returns how a collection is searched. Everything that can be wrong with the request is said by this,
    /// before models are loaded.
    pub(super) fn search(&self, context: &Context) -> Result<SearchSettings, CliError> {
        let engine = |error| hints::engine(error, context);
        let mut settings = context.search()?;
        settings.filter = Filter::parse(&self.filter)
            .and_then(|filter| filter.with_paths(paths::globs(&self.path, context)))
            .map_err(engine)?;
        settings.check().map_err(engine)?;
        Ok(settings)
    }
}

/// Runs the command.
pub(crate) fn run(args: SearchArgs, global: &Global) -> Result<Exit, CliError> {
    if global.collection.len() > 1 {
        return several::run(&args, global);
    }
    let context = Context::new(global, args.given())?;
    let engine = |error| hints::engine(error, &context);
    let mut settings = args.search(&context)?;
    let format = context.settings.format;
    // Other programs read these: a query is missing there, or a rank, for reasons of their own.
    if settings.min_score > 0.0 && (args.queries.is_some() || format == Format::Trec) {
        settings.min_score = 0.0;
        terminal::note("--min-score leaves files of queries and TREC runs whole");
    }
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
    without_words(&query, &settings);
    paths::tell_of_files(&args.query, &context);
    if answer.hits.is_empty() && fits_nothing(&pipeline, &settings).map_err(engine)? {
        terminal::tell("no document of the collection fits --filter and --path");
    } else if answer.hits.is_empty() {
        nothing_found(settings.min_score);
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

/// Says that BM25 has nothing to add to the answer. Such a query is not wrong.
pub(super) fn without_words(query: &str, settings: &SearchSettings) {
    if settings.stage.needs_lexical() && trommel_lexical::Analyzer::NEWEST.terms(query).is_empty() {
        terminal::note("the query has no words that BM25 could look for, only stop words or signs");
    }
}

/// Says that there is no hit, of at least that score if there is a least one.
pub(super) fn nothing_found(least: f32) {
    let least = (least > 0.0).then(|| format!(" with a score of {least} or more"));
    terminal::tell(format!("nothing found{}", least.unwrap_or_default()));
}

/// Says whether no document may be found at all.
fn fits_nothing(pipeline: &Searcher, settings: &SearchSettings) -> Result<bool, EngineError> {
    let allowed = pipeline.snapshot().allowed(&settings.filter)?;
    Ok(allowed.is_some_and(|allowed| allowed.is_empty()))
}

/// Says what the budget left unread, and of which reranker if there are several.
pub(super) fn by_budget(answer: &Answer) {
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

/// Opens the collection with the models that a stage needs.
pub(super) fn open(
    context: &Context,
    stage: Stage,
    cache: Option<&SharedScores>,
) -> Result<Searcher, CliError> {
    open_with(&models::models(&context.settings)?, context, stage, cache)
}

/// Opens the collection with those of some models that a stage needs.
pub(super) fn open_with(
    models: &Models,
    context: &Context,
    stage: Stage,
    cache: Option<&SharedScores>,
) -> Result<Searcher, CliError> {
    // What operators ask for, only the index of words knows.
    let stage = if context.search()?.syntax { stage.max(Stage::Fused) } else { stage };
    let searcher = trommel::open_searcher(&context.folder, models, stage, cache);
    models::tell(models);
    searcher.map_err(|error| hints::collection(error, context))
}

/// Loads the rerankers of a cascade, without a cache.
pub(super) fn passes(context: &Context, cascade: &Cascade) -> Result<Vec<RerankStage>, CliError> {
    models::rerankers(&models::models(&context.settings)?, cascade, None)
}

/// Returns the query that was typed, or comes from standard input; of one longer than `most` bytes,
/// as much as tells that it is too long.
pub(super) fn query(words: &[String], most: usize) -> Result<String, CliError> {
    let query = if words == ["-"] {
        let mut bytes = Vec::new();
        // Four bytes more than allowed: a character of UTF-8 that is cut there still leaves too
        // many.
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
    fn a_query_of_white_space_is_empty() {
        assert!(query(&[" ".into(), "\n".into()], 9).is_err());
        assert_eq!(query(&["two".into(), "words".into()], 9).unwrap(), "two words");
    }
}
