//! Judging runs that any engine made.

use std::collections::BTreeMap;
use std::path::Path;

use trommel_eval::{
    Evaluation, Fact, Metric, NamedQuery, Qrels, QueryCounts, Report, Resampling, Run, SCHEMA,
    Subject, Table,
};

use super::super::batch;
use super::{EvalArgs, measure};
use crate::error::CliError;
use crate::{hints, shell, terminal};

/// How many queries are named as examples.
const NAMED: usize = 3;

/// Evaluates run files, each compared with the one before.
pub(super) fn evaluate(args: &EvalArgs, metrics: Vec<Metric>) -> Result<Report, CliError> {
    let Some(path) = &args.qrels else {
        return Err(CliError::usage("--run needs judgements: expected --qrels FILE, got none")
            .hint("trommel eval --run a.run --qrels qrels.tsv"));
    };
    let mut qrels = Qrels::read(path).map_err(hints::eval)?;
    if let Some(limit) = args.limit {
        let kept: Vec<String> =
            qrels.iter().take(limit.max(1)).map(|(query, _)| query.to_owned()).collect();
        qrels.retain(|query| kept.iter().any(|kept| kept == query));
    }
    let queries = match &args.queries {
        Some(path) => batch::read(path)?,
        None => Vec::new(),
    };
    let texts: BTreeMap<&str, &str> =
        queries.iter().map(|NamedQuery { id, text }| (&**id, &**text)).collect();

    let mut runs: Vec<(String, Run)> = Vec::new();
    for path in &args.run {
        let mut run = Run::read(path).map_err(hints::eval)?;
        if args.drop_self {
            run.retain_results(|query, document| query != document);
        }
        runs.push((name(path, &runs), run));
    }
    let table =
        Table::of(&runs, &qrels, &metrics, Resampling::seeded(args.seed)).map_err(hints::eval)?;
    let mut unjudged = 0;
    for ((row, evaluation), run) in table.rows.iter().zip(&table.evaluations).zip(&args.run) {
        unjudged = unjudged.max(evaluation.not_judged().len());
        // Zeros in every row would look like a bad engine and not like a wrong file.
        if evaluation.is_of_other_queries() {
            return Err(of_other_queries(evaluation, run, path));
        }
        if row.without_results > 0 {
            let (count, of) = (row.without_results, qrels.len());
            let stage = &row.stage;
            terminal::note(format!("{stage}: {count} of {of} queries have no results and score 0"));
        }
    }
    let without_relevant = table.evaluations[0].without_relevant().len();
    let fact = |name: &str, value: String| Fact { name: name.to_owned(), value };
    Ok(Report {
        schema: SCHEMA.to_owned(),
        subject: Subject {
            name: path.display().to_string(),
            facts: vec![
                fact("judged queries", qrels.len().to_string()),
                fact("seed", args.seed.to_string()),
            ],
            settings: BTreeMap::new(),
        },
        queries: QueryCounts {
            evaluated: qrels.len(),
            unjudged,
            without_relevant,
            drop_self: args.drop_self,
        },
        metrics: metrics.iter().map(ToString::to_string).collect(),
        failures: Vec::new(),
        per_query: measure::per_query(&table, &texts),
        stages: table.rows,
        known_items: None,
        advice: Vec::new(),
        losses: None,
        sweep: None,
    })
}

/// Says that a run is not one for these judgements, with examples from both.
fn of_other_queries(evaluation: &Evaluation, run: &Path, qrels: &Path) -> CliError {
    let message = format!(
        "{}: expected results for {}, as in {}, got only {}",
        run.display(),
        examples(evaluation.queries()),
        qrels.display(),
        examples(evaluation.not_judged()),
    );
    CliError::usage(message).hint(format!("head -n 3 {} {}", shell::path(run), shell::path(qrels)))
}

fn examples(queries: &[String]) -> String {
    let first: Vec<&str> = queries.iter().take(NAMED).map(String::as_str).collect();
    let more = if queries.len() > NAMED { ", …" } else { "" };
    let noun = if queries.len() == 1 { "query" } else { "queries" };
    format!("{} {noun} ({}{more})", queries.len(), first.join(", "))
}

/// Returns the name of a run: the file's, and the path where that is taken.
fn name(path: &Path, taken: &[(String, Run)]) -> String {
    let stem = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    if taken.iter().any(|(name, _)| *name == stem) {
        return path.display().to_string();
    }
    stem
}
