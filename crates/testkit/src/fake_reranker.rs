//! A reranker without a model: the share of the query's words that a passage has.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use trommel_core::{
    Calibration, RerankRequest, RerankResponse, RerankScore, Reranker, RerankerInfo,
};

/// Scores a pair by word overlap, from -5 (none) to 5 (all words of the query).
#[derive(Debug, Clone, Default)]
pub struct FakeReranker;

static INFO: LazyLock<RerankerInfo> =
    LazyLock::new(|| RerankerInfo::local("fake@0000000000000000", Calibration::SIGMOID, 2));

impl Reranker for FakeReranker {
    fn info(&self) -> &RerankerInfo {
        &INFO
    }

    fn score(&self, RerankRequest { query, passages, .. }: RerankRequest<'_>) -> RerankResponse {
        let asked = words(query);
        let logit = |passage: &str| {
            let found = asked.intersection(&words(passage)).count() as f32;
            10.0 * found / asked.len().max(1) as f32 - 5.0
        };
        let score = |passage: &&str| RerankScore { logit: logit(passage), truncated: false };
        RerankResponse::all_or_none(Ok(passages.iter().map(score).collect()), passages.len())
    }
}

fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}
