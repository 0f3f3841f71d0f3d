//! Whether each stage helps on the judged queries of a collection.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use trommel::eval::{Metric, NamedQuery, Qrels, Resampling, Run, Table, advise_parts};
use trommel::{Judgements, SearchSettings, Stage, SteadyClock};

use crate::error::{ApiError, ApiResult};
use crate::pool::Wanted;
use crate::served::Served;

/// With fewer queries nothing can be shown.
const NEEDED: usize = 6;
/// What is measured.
const METRIC: &str = "nDCG@10";
/// The seed of the resampling: the same judgements have the same intervals.
const SEED: u64 = 42;

/// What was measured, and of what.
pub(crate) struct Helps {
    generation: u64,
    judged: usize,
    queries: usize,
    value: Value,
}

/// Returns whether each stage helps; measured anew only if the collection or its judgements changed.
///
/// # Errors
///
/// If a search fails or nobody waits any more.
pub(crate) fn helps(served: &Served, wanted: &Wanted) -> ApiResult<Value> {
    let (queries, qrels) = judged(served)?;
    let count = qrels.iter().map(|(_, documents)| documents.len()).sum();
    let generation = served.collection.status()?.generation;
    let mut known = served.helps.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(helps) = &*known
        && (helps.generation, helps.judged, helps.queries) == (generation, count, queries.len())
    {
        return Ok(helps.value.clone());
    }
    let value = if queries.len() < NEEDED {
        not_ready(queries.len())
    } else {
        measured(served, &queries, &qrels, wanted)?
    };
    let queries = queries.len();
    *known = Some(Arc::new(Helps { generation, judged: count, queries, value: value.clone() }));
    Ok(value)
}

/// Returns the queries that have judgements, and these.
fn judged(served: &Served) -> ApiResult<(Vec<NamedQuery>, Qrels)> {
    let _judging = served.judging.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if !served.judgements.exists() {
        return Ok(Default::default());
    }
    let judgements = Judgements::open(&served.judgements).map_err(trommel::Error::from)?;
    let queries = judgements.queries().iter();
    let queries = queries.filter(|query| judgements.qrels().of(&query.id).is_some());
    Ok((queries.cloned().collect(), judgements.qrels().clone()))
}

fn not_ready(queries: usize) -> Value {
    json!({
        "schema": "trommel.helps.v1", "queries": queries, "needed": NEEDED - queries, "ready": false,
        "metric": METRIC, "stages": [], "changes": [], "advice": [],
    })
}

fn measured(
    served: &Served,
    queries: &[NamedQuery],
    qrels: &Qrels,
    wanted: &Wanted,
) -> ApiResult<Value> {
    let settings = served.search_settings(&[], &[], &[])?;
    let runs = runs(served, queries, &settings, wanted)?;
    let failed = |error: trommel::eval::EvalError| ApiError::invalid(error.to_string());
    let metric: Metric = METRIC.parse().map_err(|_| ApiError::invalid(METRIC))?;
    let resampling = Resampling::seeded(SEED);
    let table = Table::of(&runs, qrels, &[metric], resampling).map_err(failed)?;
    let advice = advise_parts(&runs, &table, &metric, resampling).map_err(failed)?;
    let stages = table.rows.iter().filter_map(|row| {
        let estimate = row.metrics.get(METRIC)?;
        Some(json!({
            "stage": row.stage, "mean": estimate.mean, "low": estimate.low, "high": estimate.high,
        }))
    });
    let changes = advice.iter().map(|advice| {
        let shown = serde_json::to_value(advice.verdict).unwrap_or_default();
        json!({
            "from": format!("without {}", advice.part), "to": advice.part,
            "difference": advice.mean, "low": advice.low, "high": advice.high,
            "shown": shown == "keep" || shown == "leave-out", "verdict": shown,
            "advice": advice.words, "more_queries": advice.more, "off": advice.off,
        })
    });
    Ok(json!({
        "schema": "trommel.helps.v1", "queries": queries.len(), "needed": 0, "ready": true,
        "metric": METRIC, "stages": stages.collect::<Vec<_>>(),
        "changes": changes.collect::<Vec<_>>(),
        "advice": advice.iter().map(|advice| advice.words.as_str()).collect::<Vec<_>>(),
    }))
}

/// Asks all queries; returns what each stage ranks, under its name.
fn runs(
    served: &Served,
    queries: &[NamedQuery],
    settings: &SearchSettings,
    wanted: &Wanted,
) -> ApiResult<Vec<(String, Run)>> {
    let searcher = served.searcher(settings.stage)?;
    let mut runs: Vec<(String, Run)> = Vec::new();
    for query in queries {
        if wanted.cancelled().load(Ordering::Relaxed) {
            return Err(crate::pool::Refused::Lost.into());
        }
        let rankings = searcher.rankings(&query.text, settings, &SteadyClock::start());
        let rankings = rankings.map_err(trommel::Error::from)?;
        for stage in Stage::ALL.iter().filter(|stage| **stage <= settings.stage) {
            let name = stage.name();
            let place = runs.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
                runs.push((name.to_owned(), Run::default()));
                runs.len() - 1
            });
            let list = rankings.of(*stage).iter();
            let list = list.map(|document| (document.id.as_str(), document.score));
            let inserted = runs[place].1.insert_ranking(&query.id, list);
            inserted.map_err(|error| ApiError::invalid(error.to_string()))?;
        }
    }
    Ok(runs)
}
