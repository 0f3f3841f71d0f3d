//! Many queries at once: everything is loaded one time.

use std::io::{self, IsTerminal};
use std::path::Path;

use trommel::settings::Format;
use trommel::{FromCache, SharedScores, SteadyClock};
use trommel_core::Usage;
use trommel_engine::{Answer, Reading, SearchSettings, Searcher, Stopped, Trace};
use trommel_eval::{NamedQuery, parse_queries, read_queries};

use super::outdated::Outdated;
use super::{Context, search};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{Asked, Writer};
use crate::signals::Cancel;
use crate::terminal::{self, Screen};
use crate::{hints, progress};

/// Reads a file of queries; `-` is standard input.
pub(super) fn read(path: &Path) -> Result<Vec<NamedQuery>, CliError> {
    let queries = if path == Path::new("-") {
        parse_queries(io::stdin().lock(), path)
    } else {
        read_queries(path)
    };
    queries.map_err(hints::eval)
}

/// Answers all queries, in their order.
pub(super) fn answer(
    queries: &[NamedQuery],
    pipeline: &Searcher,
    settings: &SearchSettings,
    context: &Context,
    (format, explain, strict): (Format, bool, bool),
    cache: Option<&SharedScores>,
) -> Result<Exit, CliError> {
    let cancel = Cancel::on_signal();
    let clock = SteadyClock::start();
    let mut writer =
        Writer::begin(format, explain, true, Screen::open()).map_err(CliError::stdout)?;
    // Answers on the same terminal would run through the bar.
    let bar = (!io::stdout().is_terminal()).then(|| progress::counter("queries", queries.len()));
    let mut empty = 0;
    let mut stopped = 0;
    let mut outdated = Outdated::default();
    let (mut failed, mut first) = (0, None);
    for query in queries {
        cancel.check()?;
        // A query without text is no error in a batch: it has an empty answer, so that answers and
        // queries stay in step.
        let answer = if query.text.trim().is_empty() {
            empty += 1;
            nothing(query, settings)
        } else {
            pipeline
                .search(&query.text, settings, &clock)
                .map_err(|error| hints::engine(error, context))?
        };
        // Before the answer is written: strictly, an answer without the reranker is none.
        if strict {
            search::failed(&answer, strict)?;
        }
        failed += usize::from(answer.failure.is_some());
        first = first.or_else(|| answer.failure.clone());
        let by_budget = |reading: Reading| reading.stopped == Stopped::Budget;
        stopped += usize::from(answer.reading.is_some_and(by_budget));
        outdated.count(&answer.hits);
        let cached = FromCache::of(cache.map(|scores| &scores.cache), &answer);
        let asked = Asked { id: Some(&query.id), answer: &answer, cached: cached.as_ref() };
        writer.answer(asked).map_err(CliError::stdout)?;
        bar.iter().for_each(|bar| bar.inc(1));
    }
    bar.iter().for_each(|bar| bar.finish_and_clear());
    writer.finish().map_err(CliError::stdout)?;
    outdated.tell(context);
    if empty > 0 {
        terminal::note(format!("{empty} of {} queries have no text", queries.len()));
    }
    if let Some(first) = first {
        let of = queries.len();
        terminal::warn(format!("the reranker failed in {failed} of {of} queries, first: {first}"));
    }
    if stopped > 0 {
        terminal::note(format!("{stopped} of {} answers were stopped by budget", queries.len()));
    }
    Ok(Exit::Done)
}

fn nothing(query: &NamedQuery, settings: &SearchSettings) -> Answer {
    Answer {
        query: query.text.clone(),
        generation: 0,
        stage: settings.stage,
        sources: Vec::new(),
        lazy: None,
        feedback: None,
        reading: None,
        failure: None,
        usage: Usage::default(),
        reranks: Vec::new(),
        answered: false,
        hits: Vec::new(),
        trace: Trace::default(),
    }
}
