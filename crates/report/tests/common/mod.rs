//! Reports to be written.
#![allow(dead_code, missing_docs, unreachable_pub)]

pub mod page;

use std::collections::BTreeMap;

use trommel_eval::{
    Ceiling, Change, Difference, Estimate, Fact, KnownItemFirsts, KnownItemReport,
    KnownItemsOfKind, Latency, LossCount, LossReport, Mover, Movers, QueryCounts, QueryReport,
    Report, SCHEMA, StageReport, Subject, SweepReport, Trial, p_value, signed,
};

/// Returns a report of nothing.
pub fn empty() -> Report {
    Report {
        schema: SCHEMA.to_owned(),
        subject: Subject::default(),
        queries: QueryCounts::default(),
        metrics: Vec::new(),
        stages: Vec::new(),
        known_items: None,
        advice: Vec::new(),
        losses: None,
        sweep: None,
        failures: Vec::new(),
        per_query: Vec::new(),
    }
}

/// Returns a report with something in every section: three stages, two metrics, four queries.
pub fn small() -> Report {
    Report {
        subject: subject(),
        queries: QueryCounts { evaluated: 4, unjudged: 1, without_relevant: 2, drop_self: true },
        metrics: vec!["nDCG@10".into(), "R@100".into()],
        stages: vec![
            stage("bm25", [0.512_4, 0.75], None, Some((0.4, 1.25, 2.0))),
            stage("fused", [0.693_6, 1.0], Some(("bm25", [0.181_2, 0.25])), Some((3.3, 4.8, 7.2))),
            stage(
                "reranked",
                [0.690_2, 1.0],
                Some(("fused", [-0.003_4, 0.0])),
                Some((431.0, 488.2, 1_312.5)),
            ),
        ],
        known_items: Some(known_items()),
        losses: Some(losses()),
        sweep: Some(sweep()),
        failures: Vec::new(),
        per_query: ["q1", "q2", "q3", "q4"].map(query).to_vec(),
        ..empty()
    }
}

fn subject() -> Subject {
    let fact = |name: &str, value: &str| Fact { name: name.into(), value: value.into() };
    Subject {
        name: "recipes".into(),
        facts: vec![
            fact("documents", "5183"),
            fact("passages", "9212"),
            fact("collection", "generation 3, 8f14e45fceea167a"),
            fact("encoder", "all-MiniLM-L6-v2 384 mean"),
        ],
        settings: [("fusion", "minmax"), ("k", "10")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
    }
}

/// Returns a row with the means of both metrics, and its changes.
pub fn stage(
    name: &str,
    means: [f64; 2],
    change: Option<(&str, [f64; 2])>,
    times: Option<(f64, f64, f64)>,
) -> StageReport {
    let names = || ["nDCG@10", "R@100"].into_iter().map(str::to_owned);
    let estimate = |mean: f64| Estimate { mean, low: mean - 0.041_3, high: (mean + 0.04).min(1.0) };
    StageReport {
        stage: name.into(),
        metrics: names().zip(means.map(estimate)).collect(),
        change: change.map(|(against, means)| Change {
            against: against.into(),
            metrics: names().zip(means.map(difference)).collect(),
        }),
        latency_ms: times.map(|(median, p95, p99)| Latency { median, p95, p99 }),
        passages_read: (name == "reranked").then_some(17.44),
        further_changes: Vec::new(),
        without_results: usize::from(name == "bm25"),
    }
}

/// Returns a difference that is significant where it is large.
pub fn difference(mean: f64) -> Difference {
    let (low, high, p) = (mean - 0.05, mean + 0.05, if mean > 0.1 { 0.002 } else { 0.4 });
    let significant = p < 0.05;
    let verdict = if significant { p_value(p, 0.05) } else { "not significant at .05".to_owned() };
    let words = format!("{} [{}, {}], {verdict}", signed(mean), signed(low), signed(high));
    Difference { mean, low, high, p, p_holm: p, p_t: Some(p), significant, words }
}

/// Returns what was drawn: nothing of one kind, and fewer than asked for.
fn known_items() -> KnownItemReport {
    let kind = |kind: &str, available, queries| KnownItemsOfKind {
        kind: kind.into(),
        meaning: format!("one of the {kind} that one document alone has"),
        available,
        queries,
    };
    let first = |stage: &str, words, titles| KnownItemFirsts {
        stage: stage.into(),
        first: [("words", words), ("codes", 0), ("titles", titles)]
            .map(|(kind, first)| (kind.to_owned(), first))
            .into(),
    };
    KnownItemReport {
        asked: 300,
        kinds: vec![kind("words", 1_204, 3), kind("codes", 0, 0), kind("titles", 1, 1)],
        stages: vec![first("bm25", 3, 0), first("fused", 2, 1)],
    }
}

fn losses() -> LossReport {
    let gate = |gate: &str, meaning: &str, lost| LossCount {
        gate: gate.into(),
        meaning: meaning.into(),
        lost,
    };
    let ceiling = |gate: &str, recall| Ceiling { gate: gate.into(), recall };
    let helped = mover("q1", 0.0, 1.0, (Some(12), Some(1)));
    let hurt = mover("q2", 1.0, 0.0, (Some(1), None));
    LossReport {
        k: 10,
        relevant: 1_300,
        found: 1_100,
        gates: vec![
            gate("not-indexed", "not in the collection", 3),
            gate("cut-by-fusion", "found, and left out by fusion", 197),
        ],
        ceilings: vec![ceiling("in the collection", 0.997_7), ceiling("hits", 0.8)],
        movers: vec![
            Movers {
                stage: "fused".into(),
                against: "bm25".into(),
                helped: vec![helped; 5],
                hurt: Vec::new(),
            },
            Movers {
                stage: "reranked".into(),
                against: "fused".into(),
                helped: Vec::new(),
                hurt: vec![hurt],
            },
        ],
    }
}

/// Returns a query that moved.
pub fn mover(
    id: &str,
    before: f64,
    after: f64,
    (rank_before, rank_after): (Option<usize>, Option<usize>),
) -> Mover {
    Mover {
        query_id: id.into(),
        query: "how long does a sourdough starter keep in the fridge".into(),
        before,
        after,
        document: "bread/starter.md".into(),
        title: if after > before { "Keeping a starter alive".into() } else { String::new() },
        rank_before,
        rank_after,
    }
}

fn sweep() -> SweepReport {
    let trial = |n: usize| Trial {
        flags: match n {
            0 => String::new(),
            12 => "--fusion minmax --dense-weight 0.7 --candidates 200 --rerank-depth 50 \
                   --blend 0.05"
                .into(),
            n => format!("--dense-weight 0.{n}"),
        },
        chosen_on: 0.6 + n as f64 * 0.01,
        tested_on: 0.65 + n as f64 * 0.005,
        passages_read: 20.0 + n as f64,
    };
    SweepReport {
        metric: "nDCG@10".into(),
        chosen_on: 2,
        tested_on: 2,
        tried: (0..13).map(trial).collect(),
        chosen: 12,
        gain: difference(0.06),
    }
}

fn query(id: &str) -> QueryReport {
    let leading = |stage: &str| match (id, stage) {
        ("q1", "bm25") | ("q2", "reranked") => 0.0,
        ("q3", _) => 0.5,
        _ => 1.0,
    };
    let scores = |stage: &str| -> BTreeMap<String, f64> {
        [("nDCG@10".to_owned(), leading(stage)), ("R@100".to_owned(), 1.0)].into()
    };
    QueryReport {
        id: id.into(),
        text: "starter".into(),
        scores: ["bm25", "fused", "reranked"].map(|stage| (stage.to_owned(), scores(stage))).into(),
    }
}
