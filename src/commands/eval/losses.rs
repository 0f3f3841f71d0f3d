//! Where relevant documents are lost on their way into the hits.

use std::collections::{HashMap, HashSet};

use trommel_engine::{Loss, Rankings, SearchSettings, Searcher, Stage};
use trommel_eval::{
    Ceiling, Evaluation, LossCount, LossReport, Metric, Mover, Movers, evaluate, mean,
};

use super::measure::{Answered, Measured};
use super::{Context, Task};
use crate::error::CliError;
use crate::hints;

/// How many queries are shown that a stage helped or hurt.
const MOVERS: usize = 10;

/// Follows every relevant document of every query.
pub(super) fn losses(
    measured: &Measured,
    pipeline: &Searcher,
    task: &Task,
    settings: &SearchSettings,
    context: &Context,
) -> Result<LossReport, CliError> {
    let snapshot = pipeline.snapshot();
    let indexed = snapshot.ids().map_err(|error| hints::engine(error, context))?;
    let indexed: HashSet<&str> = indexed.into_iter().collect();
    let mut counts: HashMap<Loss, usize> = HashMap::new();
    let (mut relevant, mut found) = (0, 0);
    for Answered { query, rankings } in &measured.answered {
        // The exact search is asked for once a query, and only where a document was not found.
        let mut exact = None;
        for id in relevant_of(task, &query.id) {
            relevant += 1;
            let mut loss = match rankings.loss(id, settings) {
                _ if !indexed.contains(id) => Loss::NotIndexed,
                Some(loss) => loss,
                None if rankings.last().is_some() => {
                    found += 1;
                    continue;
                }
                None => Loss::NotFound,
            };
            if loss == Loss::NotFound && !query.text.trim().is_empty() {
                let candidates = match exact {
                    Some(ref candidates) => candidates,
                    None => exact.insert(
                        pipeline
                            .exact_candidates(&query.text, settings)
                            .map_err(|error| hints::engine(error, context))?
                            .unwrap_or_default(),
                    ),
                };
                // Every vector was compared this time, so it is the graph that has lost the
                // document.
                if candidates.iter().any(|candidate| candidate == id) {
                    loss = Loss::MissedByGraph;
                }
            }
            *counts.entry(loss).or_default() += 1;
        }
    }
    let gates = Loss::ALL.into_iter().filter_map(|loss| {
        let lost = *counts.get(&loss)?;
        Some(LossCount { gate: loss.to_string(), meaning: loss.meaning().to_owned(), lost })
    });
    Ok(LossReport {
        k: settings.k,
        relevant,
        found,
        gates: gates.collect(),
        ceilings: ceilings(measured, task, settings, &indexed),
        movers: movers(measured, pipeline, task, context)?,
    })
}

fn relevant_of<'a>(task: &'a Task, query: &'a str) -> impl Iterator<Item = &'a str> {
    let judged = task.qrels.of(query).into_iter().flatten();
    let relevant =
        judged.filter(move |(id, grade)| **grade > 0 && !(task.drop_self && id.as_str() == query));
    relevant.map(|(id, _)| id.as_str())
}

/// Returns the mean recall that is possible after each gate.
fn ceilings(
    measured: &Measured,
    task: &Task,
    settings: &SearchSettings,
    indexed: &HashSet<&str>,
) -> Vec<Ceiling> {
    let in_list = |stage| move |rankings: &Rankings, id: &str| rankings.find(stage, id).is_some();
    let any = |rankings: &Rankings, id: &str| {
        let mut sources = (0..rankings.sources.len()).map(Stage::Source);
        sources.any(|source| rankings.find(source, id).is_some())
    };
    let read = |rankings: &Rankings, id: &str| {
        let reranked = rankings.find(Stage::Reranked, id);
        reranked.is_some_and(|(_, document)| document.last_reranked().is_some())
    };
    let hit = |rankings: &Rankings, id: &str| {
        let last = rankings.last().and_then(|last| rankings.find(last, id));
        last.is_some_and(|(rank, _)| rank <= settings.k)
    };
    type Gate<'a> = Box<dyn Fn(&Rankings, &str) -> bool + 'a>;
    let mut gates: Vec<(String, Gate<'_>)> =
        vec![("in the collection".to_owned(), Box::new(|_, id| indexed.contains(id)))];
    let sources = measured.sources();
    for (place, name) in sources.iter().enumerate() {
        if measured.last.needs_source(place) {
            // As the field writes the name of the first.
            let name = if place == 0 { name.to_uppercase() } else { name.clone() };
            let gate = Box::new(in_list(Stage::Source(place)));
            gates.push((format!("{name} candidates"), gate));
        }
    }
    if measured.last >= Stage::Fused {
        let of_all = if sources.len() > 2 { "any of them" } else { "either" };
        gates.push((of_all.to_owned(), Box::new(any)));
        gates.push(("fused candidates".to_owned(), Box::new(in_list(Stage::Fused))));
    }
    if measured.last == Stage::Reranked {
        gates.push(("read by the reranker".to_owned(), Box::new(read)));
    }
    gates.push(("hits".to_owned(), Box::new(hit)));

    let recall = |passes: &Gate<'_>| {
        let of_query = |Answered { query, rankings }: &Answered| {
            let relevant: Vec<&str> = relevant_of(task, &query.id).collect();
            let passed = relevant.iter().filter(|id| passes(rankings, id)).count();
            (!relevant.is_empty()).then(|| passed as f64 / relevant.len() as f64)
        };
        mean(&measured.answered.iter().filter_map(of_query).collect::<Vec<f64>>())
    };
    let ceiling = |(gate, passes): (String, Gate<'_>)| Ceiling { recall: recall(&passes), gate };
    gates.into_iter().map(ceiling).collect()
}

/// Returns the queries that each stage helped and hurt most, by the leading metric.
fn movers(
    measured: &Measured,
    pipeline: &Searcher,
    task: &Task,
    context: &Context,
) -> Result<Vec<Movers>, CliError> {
    let Some(metric) = task.metrics.first() else { return Ok(Vec::new()) };
    let stages: Vec<Stage> = measured.stages(task).collect();
    let answers: HashMap<&str, &Answered> =
        measured.answered.iter().map(|answered| (&*answered.query.id, answered)).collect();
    let mut movers = Vec::new();
    for pair in stages.windows(2) {
        let (before, after) = (pair[0], pair[1]);
        let evaluation = |stage| -> Result<Evaluation, CliError> {
            Ok(evaluate(&task.qrels, &measured.run(stage)?, std::slice::from_ref(metric)))
        };
        let (was, is) = (evaluation(before)?, evaluation(after)?);
        let moved = moved(&was, &is, metric);
        let describe = |&(query, was, is): &(&str, f64, f64)| {
            let answered = answers[query];
            let (document, rank_before, rank_after) =
                furthest(task, answered, before, after, is > was);
            let stored = pipeline
                .snapshot()
                .document(&document)
                .map_err(|error| hints::engine(error, context))?;
            Ok(Mover {
                query_id: query.to_owned(),
                query: answered.query.text.clone(),
                before: was,
                after: is,
                title: stored.map(|stored| stored.document.title).unwrap_or_default(),
                document,
                rank_before,
                rank_after,
            })
        };
        // One sorted list for both: its front was helped most, its back hurt most.
        let helped = moved.iter().filter(|(_, was, is)| is > was).take(MOVERS);
        let hurt = moved.iter().rev().filter(|(_, was, is)| is < was).take(MOVERS);
        movers.push(Movers {
            stage: measured.row(after).to_owned(),
            against: measured.row(before).to_owned(),
            helped: helped.map(describe).collect::<Result<_, CliError>>()?,
            hurt: hurt.map(describe).collect::<Result<_, CliError>>()?,
        });
    }
    Ok(movers)
}

/// Returns every query with its score before and after, the most helped first.
fn moved<'a>(
    before: &'a Evaluation,
    after: &Evaluation,
    metric: &Metric,
) -> Vec<(&'a str, f64, f64)> {
    let [was, is] = [before, after].map(|of| of.scores(metric).unwrap_or_default());
    let mut moved: Vec<(&str, f64, f64)> = before
        .queries()
        .iter()
        .zip(was.iter().zip(is))
        .map(|(query, (was, is))| (query.as_str(), *was, *is))
        .collect();
    moved.sort_by(|a, b| (b.2 - b.1).total_cmp(&(a.2 - a.1)).then(a.0.cmp(b.0)));
    moved
}

/// Returns the relevant document that moved furthest up, or down, with its ranks.
fn furthest(
    task: &Task,
    answered: &Answered,
    before: Stage,
    after: Stage,
    up: bool,
) -> (String, Option<usize>, Option<usize>) {
    let rank = |stage, id: &str| answered.rankings.find(stage, id).map(|(rank, _)| rank);
    // Reciprocal ranks: near the top a place weighs more, and outside the list is no place.
    let worth = |rank: Option<usize>| rank.map_or(0.0, |rank| 1.0 / rank as f64);
    let moves = relevant_of(task, &answered.query.id).map(|id| {
        let (was, is) = (rank(before, id), rank(after, id));
        (id.to_owned(), was, is)
    });
    let gain = |(_, was, is): &(String, Option<usize>, Option<usize>)| {
        let gain = worth(*is) - worth(*was);
        if up { gain } else { -gain }
    };
    moves.max_by(|a, b| gain(a).total_cmp(&gain(b))).unwrap_or_default()
}
