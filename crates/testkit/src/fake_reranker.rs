//! A reranker without a model: the share of the query's words that a passage has.

use std::collections::BTreeSet;

use trommel_core::{Calibration, ModelError, RerankScore, Reranker};

/// Scores a pair by word overlap, from -5 (none) to 5 (all words of the query).
#[derive(Debug, Clone, Default)]
pub struct FakeReranker;

impl Reranker for FakeReranker {
    fn fingerprint(&self) -> &str {
        "fake@0000000000000000"
    }

    fn calibration(&self) -> Calibration {
        Calibration::SIGMOID
    }

    fn score(&self, query: &str, passages: &[&str]) -> Result<Vec<RerankScore>, ModelError> {
        let asked = words(query);
        let logit = |passage: &str| {
            let found = asked.intersection(&words(passage)).count() as f32;
            10.0 * found / asked.len().max(1) as f32 - 5.0
        };
        Ok(passages.iter().map(|p| RerankScore { logit: logit(p), truncated: false }).collect())
    }
}

fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}
