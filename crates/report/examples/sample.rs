//! Writes a made-up report to look at: `sample FILE.html|FILE.md|FILE.txt`.
//!
//! Its numbers are drawn, not measured: four stages, 300 queries, and what is said of them by our
//! own statistics.

use std::collections::BTreeMap;
use std::{env, fs, io};

use trommel_eval::{
    Ceiling, Change, Comparison, Difference, Estimate, EvalError, Fact, Latency, LossCount,
    LossReport, Mover, Movers, QueryCounts, QueryReport, Report, Resampling, SCHEMA, StageReport,
    Subject, SweepReport, Trial, bootstrap, difference, holm,
};

const STAGES: [&str; 4] = ["bm25", "dense", "fused", "reranked"];
const METRICS: [&str; 4] = ["nDCG@10", "R@100", "AP@1000", "RR@10"];
const TOPICS: [&str; 8] = [
    "pruning by block maxima",
    "the loss of recall in graphs of neighbours",
    "vitamin D and fractures of the hip",
    "blending of scores from a cross-encoder",
    "stemming of medical terms",
    "how judges disagree about relevance",
    "compression of postings with SIMD",
    "zero-shot transfer of dense retrievers to scientific claims",
];

fn main() -> io::Result<()> {
    let Some(path) = env::args().nth(1) else {
        return Err(io::Error::other("usage: sample FILE.html|FILE.md|FILE.txt"));
    };
    let report = report(300).map_err(io::Error::other)?;
    let text = match path.rsplit('.').next() {
        Some("html") => trommel_report::html(&report),
        Some("md") => trommel_report::markdown(&report),
        _ => trommel_report::text(&report, 100),
    };
    fs::write(path, text)
}

/// A stream of numbers that look random (splitmix64).
struct Numbers(u64);

impl Numbers {
    /// Returns the next number in [0, 1).
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

type Scores = BTreeMap<String, BTreeMap<String, f64>>;

fn report(queries: usize) -> Result<Report, EvalError> {
    let mut numbers = Numbers(7);
    let per_query: Vec<QueryReport> = (0..queries).map(|n| query(n, &mut numbers)).collect();
    Ok(Report {
        schema: SCHEMA.to_owned(),
        subject: subject(),
        queries: QueryCounts {
            evaluated: queries,
            unjudged: 809,
            without_relevant: 2,
            drop_self: false,
        },
        metrics: METRICS.map(str::to_owned).to_vec(),
        stages: stages(&per_query)?,
        known_items: None,
        advice: Vec::new(),
        losses: Some(losses(&per_query, &mut numbers)),
        sweep: Some(sweep(&per_query, &mut numbers)?),
        failures: Vec::new(),
        per_query,
    })
}

fn subject() -> Subject {
    let fact = |(name, value): (&str, &str)| Fact { name: name.into(), value: value.into() };
    let facts = [
        ("documents", "5183"),
        ("passages", "9212"),
        ("judgements", "339"),
        ("collection", "generation 3, 8f14e45fceea167a"),
        ("encoder", "all-MiniLM-L6-v2 384 mean 1d8ff62a5dc81e14c0e1a5dd"),
        ("reranker", "ms-marco-MiniLM-L-6-v2 9c1185a5c5e9fc54612808977ee8f548"),
        ("runtime", "kernels, int8, avx512"),
        ("threads", "2"),
        ("seed", "42"),
    ];
    let settings = [
        ("ann", "auto"),
        ("blend", "0.1"),
        ("candidates", "100"),
        ("dense-weight", "0.6"),
        ("fusion", "minmax"),
        ("k", "10"),
        ("rerank-depth", "20"),
    ];
    Subject {
        name: "scifact (made up)".into(),
        facts: facts.map(fact).to_vec(),
        settings: settings.map(|(name, value)| (name.into(), value.into())).into(),
    }
}

fn query(n: usize, numbers: &mut Numbers) -> QueryReport {
    let mut scores = Scores::new();
    let ease = numbers.next();
    let mut rank = if ease < 0.4 { 1.0 } else { (1.0 + 60.0 * (ease - 0.4)).round() };
    for (stage, name) in STAGES.iter().enumerate() {
        let luck = numbers.next();
        if stage > 0 && luck < 0.42 {
            // A later stage more often helps than hurts.
            let helps = numbers.next() < 0.74 - 0.04 * stage as f64;
            let far = 1.0 + 5.0 * numbers.next();
            rank = if helps { (rank / far).max(1.0).round() } else { (rank * far).round() };
        }
        let within = |k: f64, value: f64| if rank <= k { value } else { 0.0 };
        let values = [
            within(10.0, 1.0 / (rank + 1.0_f64).log2()),
            within(100.0, 1.0),
            1.0 / rank,
            within(10.0, 1.0 / rank),
        ];
        let values = METRICS.iter().zip(values).map(|(name, value)| ((*name).to_owned(), value));
        scores.insert((*name).to_owned(), values.collect());
    }
    QueryReport { id: (n * 7 + 1).to_string(), text: TOPICS[n % TOPICS.len()].to_owned(), scores }
}

fn scores(queries: &[QueryReport], stage: &str, metric: &str) -> Vec<f64> {
    queries.iter().map(|query| query.scores[stage][metric]).collect()
}

fn stages(queries: &[QueryReport]) -> Result<Vec<StageReport>, EvalError> {
    let resampling = Resampling::seeded(42);
    let mut comparisons = Vec::new();
    for pair in STAGES.windows(2) {
        for metric in METRICS {
            let (new, old) = (scores(queries, pair[1], metric), scores(queries, pair[0], metric));
            comparisons.push(Comparison::of(&new, &old, resampling)?);
        }
    }
    let corrected = holm(&comparisons.iter().map(|it| it.randomisation.p).collect::<Vec<f64>>());
    let differences: Vec<Difference> =
        comparisons.iter().zip(corrected).map(|(it, p)| difference(it, p)).collect();
    let times = [(0.4, 1.1, 2.0), (2.6, 3.4, 4.9), (3.3, 4.8, 7.2), (431.0, 488.2, 1_312.5)];
    let stage = |(n, name): (usize, &&str)| {
        let mean = |metric: &str| {
            let interval = bootstrap(&scores(queries, name, metric), resampling)?;
            let (mean, low, high) = (interval.mean, interval.low, interval.high);
            Some((metric.to_owned(), Estimate { mean, low, high }))
        };
        let change = n.checked_sub(1).map(|before| Change {
            against: STAGES[before].to_owned(),
            metrics: METRICS
                .iter()
                .zip(&differences[before * METRICS.len()..])
                .map(|(metric, difference)| ((*metric).to_owned(), difference.clone()))
                .collect(),
        });
        let (median, p95, p99) = times[n];
        StageReport {
            stage: (*name).to_owned(),
            metrics: METRICS.iter().filter_map(|metric| mean(metric)).collect(),
            change,
            latency_ms: Some(Latency { median, p95, p99 }),
            passages_read: (n == 3).then_some(17.4),
            further_changes: Vec::new(),
            without_results: if n == 0 { 2 } else { 0 },
        }
    };
    Ok(STAGES.iter().enumerate().map(stage).collect())
}

fn losses(queries: &[QueryReport], numbers: &mut Numbers) -> LossReport {
    let gate = |(gate, meaning, lost): (&str, &str, usize)| LossCount {
        gate: gate.into(),
        meaning: meaning.into(),
        lost,
    };
    let gates = [
        ("not-indexed", "not in the collection", 1),
        ("not-found", "neither BM25 nor the encoder finds it", 11),
        ("missed-by-graph", "an exact scan of the vectors would have found it", 2),
        ("cut-by-fusion", "found, and left out by fusion", 9),
        ("cut-by-depth", "fused below the depth that the reranker reads", 21),
        ("truncated", "read in part by the reranker", 4),
        ("ranked-down", "within the hits until the reranker ranked it down", 3),
        ("ranked-low", "ranked below the hits by the last stage", 14),
    ];
    let ceilings = [
        ("in the collection", 0.997),
        ("BM25 candidates", 0.908),
        ("dense candidates", 0.925),
        ("either", 0.961),
        ("fused candidates", 0.943),
        ("read by the reranker", 0.887),
        ("hits", 0.819),
    ];
    let pairs = STAGES.windows(2).map(|pair| movers(queries, pair[0], pair[1], numbers));
    LossReport {
        k: 10,
        relevant: 339,
        found: 274,
        gates: gates.map(gate).to_vec(),
        movers: pairs.collect(),
        ceilings: ceilings.map(|(gate, recall)| Ceiling { gate: gate.into(), recall }).to_vec(),
    }
}

fn movers(queries: &[QueryReport], against: &str, stage: &str, numbers: &mut Numbers) -> Movers {
    let mut moved: Vec<Mover> = queries
        .iter()
        .map(|query| {
            let score = |stage: &str, metric: &str| query.scores[stage][metric];
            let rank = |stage: &str| {
                let rank = (1.0 / score(stage, "AP@1000")).round() as usize;
                (rank <= 100).then_some(rank)
            };
            let topic = TOPICS[(numbers.next() * TOPICS.len() as f64) as usize];
            Mover {
                query_id: query.id.clone(),
                query: query.text.clone(),
                before: score(against, METRICS[0]),
                after: score(stage, METRICS[0]),
                document: format!("{}", 4_000_000 + (numbers.next() * 1e6) as usize),
                title: if numbers.next() < 0.1 { "".into() } else { format!("A study of {topic}") },
                rank_before: rank(against),
                rank_after: rank(stage),
            }
        })
        .collect();
    moved.sort_by(|a, b| (b.after - b.before).total_cmp(&(a.after - a.before)));
    Movers {
        stage: stage.to_owned(),
        against: against.to_owned(),
        helped: moved.iter().filter(|it| it.after > it.before).take(10).cloned().collect(),
        hurt: moved.iter().rev().filter(|it| it.after < it.before).take(10).cloned().collect(),
    }
}

fn sweep(queries: &[QueryReport], numbers: &mut Numbers) -> Result<SweepReport, EvalError> {
    let (chosen_on, tested_on) = (queries.len().div_ceil(2), queries.len() / 2);
    let mut trial = |flags: String, read: f64| Trial {
        flags,
        chosen_on: 0.72 + 0.03 * numbers.next(),
        tested_on: 0.715 + 0.03 * numbers.next(),
        passages_read: read,
    };
    let mut tried = vec![trial(String::new(), 17.4)];
    for fusion in ["minmax", "rrf"] {
        for weight in [0.0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0] {
            tried.push(trial(format!("--fusion {fusion} --dense-weight {weight}"), 17.4));
        }
    }
    for blend in [0.0, 0.05, 0.2] {
        let flags = "--fusion minmax --dense-weight 0.7 --candidates 200 --rerank-depth 50";
        tried.push(trial(format!("{flags} --blend {blend}"), 48.8));
    }
    tried[0].chosen_on = 0.731;
    let best = (0..tried.len()).max_by(|&a, &b| tried[a].chosen_on.total_cmp(&tried[b].chosen_on));
    let half = |stage: &str| scores(&queries[chosen_on..], stage, METRICS[0]);
    let gain = Comparison::of(&half("reranked"), &half("fused"), Resampling::seeded(42))?;
    Ok(SweepReport {
        metric: METRICS[0].into(),
        chosen_on,
        tested_on,
        tried,
        chosen: best.unwrap_or(0),
        gain: difference(&gain, gain.randomisation.p),
    })
}
