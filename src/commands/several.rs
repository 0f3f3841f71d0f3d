//! `trommel search -c A -c B`: one answer out of several collections.

use trommel::json::Named;
use trommel::settings::Format;
use trommel::{Answer, SteadyClock};

use super::outdated::Outdated;
use super::search::{self, SearchArgs};
use super::{Context, cache, index, named};
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Writer;
use crate::terminal::Screen;
use crate::{hints, models};

/// Searches each collection with candidates of its own, and merges what they find.
pub(super) fn run(args: &SearchArgs, global: &Global) -> Result<Exit, CliError> {
    let contexts = named::contexts(global, &args.given())?;
    let Some((_, first)) = contexts.first() else { return Ok(Exit::NothingFound) };
    let format = first.settings.format;
    alone(args, format, contexts.len(), first)?;
    let mut asked = Vec::new();
    for (name, context) in &contexts {
        asked.push((name, context, args.search(context)?));
    }
    if args.fresh {
        contexts.iter().try_for_each(|(_, context)| index::refresh(context).map(drop))?;
    }
    let most = asked.iter().map(|(.., settings)| settings.max_query_bytes).min().unwrap_or(0);
    let query = search::query(&args.query, most)?;
    // They are loaded once, and the collections share them.
    let models = models::models(&first.settings)?;

    let mut answers: Vec<(&str, Answer)> = Vec::new();
    for (name, context, settings) in &asked {
        let cache = cache::open(context, settings.stage)?;
        let searcher = search::open_with(&models, context, settings.stage, cache.as_ref())?;
        let answer = searcher
            .search(&query, settings, &SteadyClock::start())
            .map_err(|error| hints::engine(error, context))?;
        let mut outdated = Outdated::default();
        outdated.count(&answer.hits);
        outdated.tell(context);
        search::by_budget(&answer);
        search::failed(&answer, args.strict)?;
        answers.push((name, answer));
    }
    let is_empty = answers.iter().all(|(_, answer)| answer.hits.is_empty());
    if let Some((.., settings)) = asked.first() {
        search::without_words(&query, settings);
        if is_empty {
            search::nothing_found(settings.min_score);
        }
    }
    let named: Vec<Named<'_>> =
        answers.iter().map(|(collection, answer)| Named { collection, answer }).collect();
    let mut writer =
        Writer::begin(format, args.explain, false, Screen::of(format)).map_err(CliError::stdout)?;
    writer.several(&named).map_err(CliError::stdout)?;
    writer.finish().map_err(CliError::stdout)?;
    Ok(if is_empty { Exit::NothingFound } else { Exit::Done })
}

/// Refuses what one collection alone can give.
fn alone(
    args: &SearchArgs,
    format: Format,
    several: usize,
    first: &Context,
) -> Result<(), CliError> {
    let (what, rest) = match (&args.queries, format) {
        (Some(_), _) => ("--queries", "search --queries FILE"),
        // Two collections may have a document of the same id, and a run has no place for their names.
        (None, Format::Trec) => ("--format trec", "search --format trec QUERY"),
        _ => return Ok(()),
    };
    let message = format!("{what}: expected one collection, got {several}");
    Err(CliError::usage(message).hint(first.command(rest)))
}
