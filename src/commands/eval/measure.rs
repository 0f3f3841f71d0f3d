//! Asking all queries, and what all stages answered.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};

use trommel_engine::{Pipeline, Rankings, SearchSettings, Stage};
use trommel_eval::{
    Latency, NamedQuery, QueryCounts, QueryReport, Report, Run, SCHEMA, Subject, Table,
};

use super::{Context, Task};
use crate::clock::SteadyClock;
use crate::error::CliError;
use crate::signals::Cancel;
use crate::{hints, progress, terminal};

/// A query and what every stage ranked for it.
pub(super) struct Answered {
    pub(super) query: NamedQuery,
    pub(super) rankings: Rankings,
}

/// All queries with their answers; one without text has an answer without any list.
pub(super) struct Measured {
    pub(super) answered: Vec<Answered>,
    pub(super) last: Stage,
}

/// Asks all queries of the task.
pub(super) fn measure(
    pipeline: &Pipeline,
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
        ask(pipeline, first, settings, context, &clock)?;
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
    Ok(Measured { answered, last: settings.stage })
}

fn ask(
    pipeline: &Pipeline,
    query: &NamedQuery,
    settings: &SearchSettings,
    context: &Context,
    clock: &SteadyClock,
) -> Result<Rankings, CliError> {
    pipeline.rankings(&query.text, settings, clock).map_err(|error| hints::engine(error, context))
}

impl Measured {
    /// Returns the stages that are shown.
    pub(super) fn stages(&self, task: &Task) -> impl Iterator<Item = Stage> {
        task.stages.clone().into_iter().filter(|stage| *stage <= self.last)
    }

    /// Returns what each stage that is shown ranked.
    pub(super) fn runs(&self, task: &Task) -> Result<Vec<(String, Run)>, CliError> {
        let run = |stage: Stage| Ok((stage.to_string(), self.run(stage)?));
        self.stages(task).map(run).collect()
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

    /// Returns the table of all stages, with times and reading.
    pub(super) fn report(&self, task: &Task) -> Result<Report, CliError> {
        let runs = self.runs(task)?;
        let table =
            Table::of(&runs, &task.qrels, &task.metrics, task.resampling).map_err(hints::eval)?;
        let texts: BTreeMap<&str, &str> =
            task.queries.iter().map(|query| (&*query.id, &*query.text)).collect();
        let per_query = per_query(&table, &texts);
        let without_relevant =
            table.evaluations.first().map_or(0, |evaluation| evaluation.without_relevant().len());
        let mut rows = table.rows;
        for (stage, row) in self.stages(task).zip(&mut rows) {
            row.latency_ms = self.latency(stage);
            row.passages_read = (stage == Stage::Reranked).then(|| self.passages_read());
        }
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
            stages: rows,
            losses: None,
            sweep: None,
            per_query,
        })
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
