//! Asking all queries, and what all stages answered.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};

use trommel_engine::{Rankings, SearchSettings, Searcher, Stage};
use trommel_eval::{
    FailedQuery, Latency, NamedQuery, QueryCounts, QueryReport, Report, Run, SCHEMA, Subject, Table,
};

use super::{Context, Task};
use crate::error::{CliError, Kind};
use crate::signals::Cancel;
use crate::{hints, progress, terminal};
use trommel::SteadyClock;
use trommel::eval::advise_parts;

/// A query and what every stage ranked for it.
pub(super) struct Answered {
    pub(super) query: NamedQuery,
    pub(super) rankings: Rankings,
}

/// All queries with their answers; one without text has an answer without any list.
pub(super) struct Measured {
    pub(super) answered: Vec<Answered>,
    pub(super) last: Stage,
    /// What the row of the reranked stage is called.
    pub(super) name: String,
}

/// Asks all queries of the task.
pub(super) fn measure(
    pipeline: &Searcher,
    task: &Task,
    settings: &SearchSettings,
    context: &Context,
    cancel: &Cancel,
) -> Result<Measured, CliError> {
    let clock = SteadyClock::start();
    let bar = io::stderr().is_terminal().then(|| progress::counter("queries", task.queries.len()));
    let mut answered = Vec::with_capacity(task.queries.len());
    let mut empty = 0;
    // The first search finds cold memory; it is no measure of the others.
    if let Some(first) = task.queries.iter().find(|query| !query.text.trim().is_empty()) {
        let rankings = ask(pipeline, first, settings, context, &clock)?;
        if let Some(failure) = rankings.failure.filter(|_| !task.allow_failures) {
            // What fails at once would fail for all, and each may take its time to.
            let message = format!("the reranker failed for the first query: {failure}");
            return Err(CliError::new(Kind::Gate, message).hint("trommel eval … --stages fused"));
        }
    }
    for query in &task.queries {
        cancel.check()?;
        let mut rankings = if query.text.trim().is_empty() {
            empty += 1;
            Rankings::default()
        } else {
            ask(pipeline, query, settings, context, &clock)?
        };
        if task.drop_self {
            for list in &mut rankings.stages {
                list.documents.retain(|document| document.id != query.id);
            }
        }
        answered.push(Answered { query: query.clone(), rankings });
        bar.iter().for_each(|bar| bar.inc(1));
    }
    bar.iter().for_each(|bar| bar.finish_and_clear());
    if empty > 0 {
        terminal::note(format!("{empty} of {} queries have no text", task.queries.len()));
    }
    let name = Stage::Reranked.to_string();
    Ok(Measured { answered, last: settings.stage, name })
}

fn ask(
    pipeline: &Searcher,
    query: &NamedQuery,
    settings: &SearchSettings,
    context: &Context,
    clock: &SteadyClock,
) -> Result<Rankings, CliError> {
    pipeline.rankings(&query.text, settings, clock).map_err(|error| hints::engine(error, context))
}

impl Measured {
    /// Returns the names of the sources, in their order.
    pub(super) fn sources(&self) -> Vec<String> {
        let asked = self.answered.iter().find(|it| !it.rankings.sources.is_empty());
        let sources = asked.map_or(&[][..], |answered| &answered.rankings.sources);
        sources.iter().map(|source| source.name.clone()).collect()
    }

    /// Returns the stages that are shown.
    pub(super) fn stages(&self, task: &Task) -> impl Iterator<Item = Stage> {
        task.stages.clone().into_iter().filter(|stage| *stage <= self.last)
    }

    /// Returns what the row of a stage is called.
    pub(super) fn row(&self, stage: Stage) -> &str {
        if stage == Stage::Reranked { &self.name } else { stage.name() }
    }

    /// Returns the queries for which a reranker failed, with the reasons.
    pub(super) fn failures(&self) -> impl Iterator<Item = (&str, &str)> {
        self.answered.iter().filter_map(|Answered { query, rankings }| {
            Some((query.id.as_str(), rankings.failure.as_deref()?))
        })
    }

    pub(super) fn run(&self, stage: Stage) -> Result<Run, CliError> {
        let mut run = Run::default();
        for Answered { query, rankings } in &self.answered {
            let list = rankings.of(stage).iter();
            let list = list.map(|document| (document.id.as_str(), document.score));
            run.insert_ranking(&query.id, list).map_err(hints::eval)?;
        }
        Ok(run)
    }

    /// Returns how long searches take that end with a stage, over queries with text.
    pub(super) fn latency(&self, stage: Stage) -> Option<Latency> {
        let asked = self.answered.iter().filter(|answered| answered.rankings.last().is_some());
        let times = asked.map(|a| a.rankings.latency(stage).as_secs_f64() * 1000.0);
        Latency::of(times.collect())
    }

    /// Returns how many passages the reranker read for a query, on average.
    pub(super) fn passages_read(&self) -> f64 {
        let read = self.answered.iter().filter_map(|answered| answered.rankings.reading);
        read.map(|reading| reading.read as f64).sum::<f64>() / self.answered.len().max(1) as f64
    }
}

/// Returns the rows of a report: the stages that are shown, and the last one again for every other
/// reranking of the same first stage.
fn rows<'a>(all: &'a [Measured], task: &'a Task) -> impl Iterator<Item = (&'a Measured, Stage)> {
    let shown = |(place, measured): (usize, &'a Measured)| {
        // The first stage is the same for all rerankings: its rows stand once.
        let own = move |stage: &Stage| place == 0 || *stage == Stage::Reranked;
        measured.stages(task).filter(own).map(move |stage| (measured, stage))
    };
    all.iter().enumerate().flat_map(shown)
}

/// Returns what each row ranked.
pub(super) fn runs(all: &[Measured], task: &Task) -> Result<Vec<(String, Run)>, CliError> {
    let run = |(of, stage): (&Measured, Stage)| Ok((of.row(stage).to_owned(), of.run(stage)?));
    rows(all, task).map(run).collect()
}

/// Returns the report, with times and reading: each row is compared with the one before, and every
/// further reranking with the stage before them all as well.
pub(super) fn report(all: &[Measured], task: &Task) -> Result<Report, CliError> {
    let runs = runs(all, task)?;
    // The rows in front of the rerankings stand once, so with n rerankings the last n − 1 rows are
    // the further ones. Row `first` − 1 is the first reranking, `first` − 2 the stage before them
    // all.
    let first = runs.len() + 1 - all.len();
    let mut pairs: Vec<(usize, usize)> = (1..runs.len()).map(|row| (row, row - 1)).collect();
    pairs.extend((first..runs.len()).filter_map(|row| Some((row, first.checked_sub(2)?))));
    let table = Table::comparing(&pairs, &runs, &task.qrels, &task.metrics, task.resampling)
        .map_err(hints::eval)?;
    let texts: BTreeMap<&str, &str> =
        task.queries.iter().map(|query| (&*query.id, &*query.text)).collect();
    let per_query = per_query(&table, &texts);
    let known_items = task.known_items.as_ref().map(|known| known.report(&runs));
    let advice = match (&known_items, task.metrics.first()) {
        (None, Some(leading)) => {
            advise_parts(&runs, &table, leading, task.resampling).map_err(hints::eval)?
        }
        _ => Vec::new(),
    };
    let without_relevant =
        table.evaluations.first().map_or(0, |evaluation| evaluation.without_relevant().len());
    let mut stages = table.rows;
    for ((measured, stage), row) in rows(all, task).zip(&mut stages) {
        row.latency_ms = measured.latency(stage);
        row.passages_read = (stage == Stage::Reranked).then(|| measured.passages_read());
    }
    let failed = |measured: &Measured| {
        let failure = |(query, reason): (&str, &str)| FailedQuery {
            stage: measured.name.clone(),
            query_id: query.to_owned(),
            reason: reason.to_owned(),
        };
        measured.failures().map(failure).collect::<Vec<_>>()
    };
    Ok(Report {
        schema: SCHEMA.to_owned(),
        subject: Subject::default(),
        queries: QueryCounts {
            evaluated: task.queries.len(),
            unjudged: task.unjudged,
            without_relevant,
            drop_self: task.drop_self,
        },
        metrics: task.metrics.iter().map(ToString::to_string).collect(),
        stages,
        advice,
        known_items,
        losses: None,
        sweep: None,
        failures: all.iter().flat_map(failed).collect(),
        per_query,
    })
}

/// Returns the scores of every query in every row.
pub(super) fn per_query(table: &Table, texts: &BTreeMap<&str, &str>) -> Vec<QueryReport> {
    let queries = table.evaluations.first().map_or(&[][..], |first| first.queries());
    let scores = |place: usize| {
        let row = |(row, evaluation): (&trommel_eval::StageReport, &trommel_eval::Evaluation)| {
            let metrics = evaluation.metrics().iter();
            let score = |metric: &trommel_eval::Metric| {
                let score = evaluation.scores(metric).map_or(0.0, |scores| scores[place]);
                (metric.to_string(), score)
            };
            (row.stage.clone(), metrics.map(score).collect())
        };
        table.rows.iter().zip(&table.evaluations).map(row).collect()
    };
    let query = |(place, id): (usize, &String)| QueryReport {
        id: id.clone(),
        text: texts.get(&**id).map(|text| (*text).to_owned()).unwrap_or_default(),
        scores: scores(place),
    };
    queries.iter().enumerate().map(query).collect()
}
