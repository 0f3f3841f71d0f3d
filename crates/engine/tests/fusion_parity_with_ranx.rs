//! Fears that a fused score is not what another implementation of the same formula gives.
//!
//! `golden/make_ranx.py` made the cases and asked ranx.

use std::collections::BTreeMap;

use serde::Deserialize;
use trommel_engine::fusion::{Method, RRF_K, RankedList, fuse_lists, weights};

const GOLDEN: &str = include_str!("golden/ranx.jsonl");

#[derive(Deserialize)]
struct Case {
    kind: String,
    lists: Vec<BTreeMap<String, f32>>,
    weights: Vec<f64>,
    fused: BTreeMap<String, f64>,
}

impl Case {
    /// Returns the method, and what ranx's sum of weighted scores is in our mean's units.
    fn method(&self) -> (Method, f64) {
        let sum: f64 = self.weights.iter().sum();
        match self.kind.as_str() {
            "minmax" => (Method::MinMax, 1.0 / sum),
            "rrf" => (Method::Rrf { k: RRF_K }, f64::from(RRF_K + 1.0) / sum),
            "zscore" => (Method::ZScore, 1.0 / sum),
            other => panic!("unknown kind {other:?}"),
        }
    }
}

#[test]
fn fused_scores_are_those_of_ranx_to_six_digits() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for line in GOLDEN.lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        let (method, unit) = case.method();
        let weights = weights(&case.weights, case.lists.len()).unwrap();
        let mut lists = Vec::new();
        for (scores, weight) in case.lists.iter().zip(weights) {
            let documents = scores.iter().map(|(id, score)| (id.as_str(), *score)).collect();
            lists.push(RankedList { weight, documents });
        }
        let fused = fuse_lists(&lists, method);
        assert_eq!(fused.len(), case.fused.len(), "{line}");
        for (id, score) in fused {
            let expected = case.fused[id] * unit;
            assert!(
                (f64::from(score) - expected).abs() < 1e-6,
                "{id}: {score}, {expected}: {line}"
            );
        }
        *counts.entry(case.kind).or_default() += 1;
    }
    assert!(counts.len() == 3 && counts.values().all(|count| *count >= 20), "{counts:?}");
}
