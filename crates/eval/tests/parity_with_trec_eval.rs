//! Fears that a metric is not what the rest of the field means by its name.
//!
//! `golden/make_trec_eval.py` made the pairs and asked trec_eval.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use trommel_eval::{Evaluation, Metric, Qrels, Run, evaluate, mean};

const GOLDEN: &str = include_str!("golden/trec_eval.jsonl");

/// A document and its score.
type Scored = (String, f64);

#[derive(Deserialize)]
struct Header {
    metrics: Vec<String>,
}

#[derive(Deserialize)]
struct Pair {
    qrels: BTreeMap<String, BTreeMap<String, i32>>,
    /// Scores as text, since serde_json rounds some numbers to a neighbour.
    run: BTreeMap<String, BTreeMap<String, String>>,
    values: BTreeMap<String, Vec<f64>>,
}

impl Pair {
    fn qrels(&self) -> Qrels {
        let mut qrels = Qrels::default();
        for (query, judgements) in &self.qrels {
            for (document, &grade) in judgements {
                assert_eq!(qrels.insert(query, document, grade), None);
            }
        }
        qrels
    }

    fn run(&self) -> Run {
        let mut run = Run::default();
        for (query, results) in &self.run {
            let scored = results.iter().map(|(id, score)| (id.as_str(), score.parse().unwrap()));
            run.insert(query.as_str(), scored).unwrap();
        }
        run
    }
}

fn golden() -> (Vec<Metric>, Vec<Pair>) {
    let mut lines = GOLDEN.lines();
    let header: Header = serde_json::from_str(lines.next().unwrap()).unwrap();
    let metrics = header.metrics.iter().map(|name| {
        let metric: Metric = name.parse().unwrap();
        assert_eq!(metric.to_string(), *name);
        metric
    });
    let pairs = lines.map(|line| serde_json::from_str(line).unwrap());
    (metrics.collect(), pairs.collect())
}

fn assert_parity(number: usize, pair: &Pair, evaluation: &Evaluation) {
    let queries: Vec<&str> = pair.values.keys().map(String::as_str).collect();
    assert_eq!(evaluation.queries(), queries);
    for (place, metric) in evaluation.metrics().iter().enumerate() {
        let got = evaluation.scores(metric).unwrap();
        let expected: Vec<f64> = pair.values.values().map(|values| values[place]).collect();
        for ((query, got), expected) in queries.iter().zip(got).zip(&expected) {
            assert!(
                (got - expected).abs() <= 1e-6,
                "pair {number}, query {query}, {metric}: expected {expected}, got {got}"
            );
        }
        assert!((evaluation.mean(metric).unwrap() - mean(&expected)).abs() <= 1e-6);
    }
}

#[test]
fn every_metric_of_every_query_is_trec_evals() {
    let (metrics, pairs) = golden();
    assert!(pairs.len() >= 200, "{} pairs", pairs.len());
    for (number, pair) in pairs.iter().enumerate() {
        assert_parity(number, pair, &evaluate(&pair.qrels(), &pair.run(), &metrics));
    }
}

#[test]
fn what_was_written_to_files_scores_the_same() {
    let (metrics, pairs) = golden();
    for (number, pair) in pairs.iter().enumerate() {
        let (mut qrels, mut run) = (Vec::new(), Vec::new());
        pair.qrels().write(&mut qrels).unwrap();
        pair.run().write(&mut run).unwrap();
        let qrels = Qrels::parse(&*qrels, "q".as_ref()).unwrap();
        let run =
            if run.is_empty() { Run::default() } else { Run::parse(&*run, "r".as_ref()).unwrap() };
        assert_parity(number, pair, &evaluate(&qrels, &run, &metrics));
    }
}

#[test]
fn what_counts_as_nothing_is_named() {
    let (metrics, pairs) = golden();
    let (mut without_results, mut without_relevant, mut not_judged) = (0, 0, 0);
    for pair in &pairs {
        let evaluation = evaluate(&pair.qrels(), &pair.run(), &metrics);
        let judged: BTreeSet<&String> = pair.qrels.keys().collect();
        let answered: BTreeSet<&String> = pair.run.keys().collect();
        let missing: Vec<&String> = judged.difference(&answered).copied().collect();
        let strangers: Vec<&String> = answered.difference(&judged).copied().collect();
        assert_eq!(evaluation.without_results().iter().collect::<Vec<_>>(), missing);
        assert_eq!(evaluation.not_judged().iter().collect::<Vec<_>>(), strangers);
        assert_eq!(evaluation.is_of_other_queries(), missing.len() == judged.len());
        without_results += missing.len();
        not_judged += strangers.len();
        without_relevant += evaluation.without_relevant().len();
    }
    // The pairs are worth something only if they hold such queries.
    assert!(without_results > 20 && without_relevant > 20 && not_judged > 20);
}

/// Each way to break ties that is not trec_eval's must be found out by some pair.
#[test]
fn the_pairs_tell_tie_breaks_apart() {
    let (metrics, pairs) = golden();
    let by_id_rising = |a: &Scored, b: &Scored| {
        (b.1 as f32).partial_cmp(&(a.1 as f32)).unwrap().then_with(|| a.0.cmp(&b.0))
    };
    let by_64_bits =
        |a: &Scored, b: &Scored| b.1.partial_cmp(&a.1).unwrap().then_with(|| b.0.cmp(&a.0));
    let differing = |order: &dyn Fn(&Scored, &Scored) -> Ordering| {
        let differs = |pair: &&Pair| {
            let mut run = Run::default();
            for (query, results) in &pair.run {
                let mut results: Vec<Scored> = results
                    .iter()
                    .map(|(id, score)| (id.clone(), score.parse().unwrap()))
                    .collect();
                results.sort_by(order);
                let ranked = results.into_iter().zip(0..).map(|((id, _), n)| (id, -f64::from(n)));
                run.insert(query.as_str(), ranked).unwrap();
            }
            let evaluation = evaluate(&pair.qrels(), &run, &metrics);
            metrics.iter().enumerate().any(|(place, metric)| {
                let got = evaluation.scores(metric).unwrap();
                got.iter()
                    .zip(pair.values.values())
                    .any(|(got, all)| (got - all[place]).abs() > 1e-6)
            })
        };
        pairs.iter().filter(differs).count()
    };
    assert!(differing(&by_id_rising) > 20);
    assert!(differing(&by_64_bits) > 20);
}
