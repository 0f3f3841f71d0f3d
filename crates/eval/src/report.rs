//! The report of an evaluation: what was measured, on what, and what it shows.
//!
//! Its JSON form is the schema `trommel.report.v1`; every number is kept at full precision.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::advice::Advice;

/// The schema; a change that a reader must know of changes it.
pub const SCHEMA: &str = "trommel.report.v1";

/// Everything that an evaluation found out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    /// What was evaluated, and with which settings: enough to do it again.
    pub subject: Subject,
    /// Which queries were asked.
    pub queries: QueryCounts,
    /// The names of the metrics, in the order in which they were asked for; the first one leads.
    pub metrics: Vec<String>,
    /// A row a stage, or a row a run.
    pub stages: Vec<StageReport>,
    /// What is shown of each part of a search that can be left out; empty for run files and drawn
    /// queries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advice: Vec<Advice>,
    /// What was drawn from the documents themselves, and how often that was found; missing where
    /// queries were given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_items: Option<KnownItemReport>,
    /// Where relevant documents were lost; missing for run files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub losses: Option<LossReport>,
    /// What other settings would give; only with a sweep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweep: Option<SweepReport>,
    /// Where a reranker failed, so that a row ranks a query in part, or altogether, as the one before
    /// it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<FailedQuery>,
    /// Every query with its scores.
    pub per_query: Vec<QueryReport>,
}

/// What was evaluated.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Subject {
    /// The name of the folder, the collection or the judgements.
    pub name: String,
    /// Facts for whoever wants to repeat it, in the order in which they are shown: numbers of
    /// documents and passages, models, hashes, the machine's instruction set.
    pub facts: Vec<Fact>,
    /// The settings of the search, by their names in the configuration.
    pub settings: BTreeMap<String, String>,
}

/// A named fact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// Which queries were asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct QueryCounts {
    /// How many have judgements and were asked: means are over these.
    pub evaluated: usize,
    /// How many have no judgement and were left out.
    pub unjudged: usize,
    /// How many of those evaluated have no relevant document: they score 0.
    pub without_relevant: usize,
    /// Whether a document with the id of the query was left out of its answer.
    pub drop_self: bool,
}

/// A stage, or a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageReport {
    /// The name: `bm25`, `dense`, `fused`, `reranked`, or that of the run.
    pub stage: String,
    /// The mean of each metric.
    pub metrics: BTreeMap<String, Estimate>,
    /// What changed since the row before; missing in the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// The same since other rows, where the report compares more than neighbours.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further_changes: Vec<Change>,
    /// How long a search takes that ends with this stage; missing for run files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<Latency>,
    /// How many passages the reranker read for a query, on average; only where it reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passages_read: Option<f64>,
    /// How many queries got no result: they score 0.
    pub without_results: usize,
}

/// A mean with its 95 % bootstrap confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The mean over all evaluated queries.
    pub mean: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Differences to another row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The row that this one is compared with.
    pub against: String,
    /// The difference of each metric.
    pub metrics: BTreeMap<String, Difference>,
}

/// A mean difference of paired queries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The mean.
    pub mean: f64,
    /// The lower end of its 95 % bootstrap confidence interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// The probability of a difference at least as large if the rows were the same: paired
    /// randomisation test, two-sided.
    pub p: f64,
    /// The same after Holm's correction over all differences of the table.
    pub p_holm: f64,
    /// The same by the paired t test, for comparison; missing where all differences are equal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_t: Option<f64>,
    /// Whether `p_holm` is below .05.
    pub significant: bool,
    /// What is and is not shown, in words.
    pub words: String,
}

/// Milliseconds of all queries.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Half of the queries took no longer.
    pub median: f64,
    /// 95 of 100 took no longer.
    pub p95: f64,
    /// 99 of 100 took no longer.
    pub p99: f64,
}

impl Latency {
    /// Returns the percentiles of times in milliseconds, each the smallest time that so many do
    /// not exceed (nearest rank); `None` without any.
    #[must_use]
    pub fn of(mut times: Vec<f64>) -> Option<Self> {
        times.sort_by(f64::total_cmp);
        // Nearest rank: of 200 times, the 95th percentile is the 190th.
        let rank = |percent: usize| (times.len() * percent).div_ceil(100);
        let at = |percent: usize| times.get(rank(percent).checked_sub(1)?).copied();
        Some(Self { median: at(50)?, p95: at(95)?, p99: at(99)? })
    }
}

/// Queries that were drawn from the documents themselves, each with its own document as the only
/// answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownItemReport {
    /// How many queries were asked for; there are fewer where the documents have no more.
    pub asked: usize,
    /// The kinds of query.
    pub kinds: Vec<KnownItemsOfKind>,
    /// A row a stage, in their order.
    pub stages: Vec<KnownItemFirsts>,
}

/// The queries of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownItemsOfKind {
    /// The kind: `words`, `codes` or `titles`.
    pub kind: String,
    /// What the queries are.
    pub meaning: String,
    /// How many such the documents have.
    pub available: usize,
    /// How many of them were drawn.
    pub queries: usize,
}

/// How often a stage has the own document first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownItemFirsts {
    /// The row.
    pub stage: String,
    /// The number of queries by kind.
    pub first: BTreeMap<String, usize>,
}

/// Where relevant documents were lost on their way into the first `k`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LossReport {
    /// How many hits a search gives.
    pub k: usize,
    /// How many relevant documents all evaluated queries have.
    pub relevant: usize,
    /// How many of them are among the hits.
    pub found: usize,
    /// How many were lost at each gate, in the order in which a document meets them.
    pub gates: Vec<LossCount>,
    /// The recall that each gate leaves possible: the share of relevant documents that passed it,
    /// averaged over queries.
    pub ceilings: Vec<Ceiling>,
    /// The queries that each stage helped and hurt most.
    pub movers: Vec<Movers>,
}

/// How many relevant documents were lost at a gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LossCount {
    /// The gate's name, such as `cut-by-fusion`.
    pub gate: String,
    /// What it means.
    pub meaning: String,
    /// How many were lost there.
    pub lost: usize,
}

/// The recall that is still possible after a gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ceiling {
    /// What was looked at, such as `bm25 candidates`.
    pub gate: String,
    /// The mean recall over queries with relevant documents, in [0, 1].
    pub recall: f64,
}

/// The queries that a stage helped and hurt most, by the leading metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Movers {
    /// The stage.
    pub stage: String,
    /// The stage that it is compared with.
    pub against: String,
    /// Those that it helped, the most helped first.
    pub helped: Vec<Mover>,
    /// Those that it hurt, the most hurt first.
    pub hurt: Vec<Mover>,
}

/// A query whose answer a stage changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mover {
    /// The query's id.
    pub query_id: String,
    /// Its text.
    pub query: String,
    /// The leading metric before the stage.
    pub before: f64,
    /// The leading metric after it.
    pub after: f64,
    /// The relevant document that moved furthest.
    pub document: String,
    /// Its title, possibly empty.
    pub title: String,
    /// Its rank before the stage, from 1; missing if it was not in the list.
    pub rank_before: Option<usize>,
    /// Its rank after it.
    pub rank_after: Option<usize>,
}

/// What other settings would give: chosen on one half of the queries, tested on the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepReport {
    /// The metric that decides.
    pub metric: String,
    /// How many queries chose.
    pub chosen_on: usize,
    /// How many tested.
    pub tested_on: usize,
    /// Every setting that was tried; the first is the present one.
    pub tried: Vec<Trial>,
    /// The place in `tried` of the one that was best where it was chosen.
    pub chosen: usize,
    /// What the chosen one gains over the present one on the queries that tested.
    pub gain: Difference,
}

/// A setting and what it gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The flags that ask for it, such as `--dense-weight 0.5`; empty for the present setting.
    pub flags: String,
    /// The metric on the queries that chose.
    pub chosen_on: f64,
    /// The metric on the queries that tested.
    pub tested_on: f64,
    /// How many passages the reranker reads for a query, on average.
    pub passages_read: f64,
}

/// A query for which a reranker failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedQuery {
    /// The row.
    pub stage: String,
    /// The query's id.
    pub query_id: String,
    /// Why it failed, in words.
    pub reason: String,
}

/// A query with its scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueryReport {
    /// The query's id.
    pub id: String,
    /// Its text; empty where only run files were given.
    pub text: String,
    /// Its scores: by stage, by metric.
    pub scores: BTreeMap<String, BTreeMap<String, f64>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let times = (1..=200).rev().map(f64::from).collect();
        assert_eq!(Latency::of(times), Some(Latency { median: 100.0, p95: 190.0, p99: 198.0 }));
        assert_eq!(Latency::of(vec![3.0]), Some(Latency { median: 3.0, p95: 3.0, p99: 3.0 }));
        assert_eq!(Latency::of(Vec::new()), None);
    }
}
