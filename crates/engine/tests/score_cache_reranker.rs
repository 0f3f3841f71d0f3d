//! Fears that a search with the cache answers otherwise than one without it.

use std::sync::Arc;
use std::sync::Mutex;

use trommel_core::{
    Calibration, Lookups, ModelError, RerankRequest, RerankResponse, RerankScore, Reranker,
    RerankerInfo, Scope, Usage,
};
use trommel_engine::score_cache::{CachedReranker, LIMIT, ScoreCache};

/// Scores by the bytes of both texts, and writes down what it was asked.
struct Witness {
    info: RerankerInfo,
    calls: Mutex<Vec<Vec<String>>>,
    /// Added to every logit, so that two witnesses are told apart.
    offset: f32,
    answers: Option<Vec<f32>>,
}

impl Default for Witness {
    fn default() -> Self {
        let calibration = Calibration { midpoint: 1.5, scale: 3.0 };
        Self {
            info: RerankerInfo::local("witness@1", calibration, 1),
            calls: Mutex::default(),
            offset: 0.0,
            answers: None,
        }
    }
}

impl Witness {
    fn logit(&self, query: &str, passage: &str) -> f32 {
        let bytes = query.bytes().chain(passage.bytes());
        bytes.fold(self.offset, |sum, byte| sum * 0.7 + f32::from(byte) * 0.01)
    }

    fn calls(&self) -> Vec<Vec<String>> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }
}

impl Reranker for Witness {
    fn info(&self) -> &RerankerInfo {
        &self.info
    }

    fn score(&self, RerankRequest { query, passages, .. }: RerankRequest<'_>) -> RerankResponse {
        let response = RerankResponse::all_or_none(self.scores(query, passages), passages.len());
        RerankResponse { usage: Usage::default().with("calls", 1.0), ..response }
    }
}

impl Witness {
    fn scores(&self, query: &str, passages: &[&str]) -> Result<Vec<RerankScore>, ModelError> {
        self.calls.lock().unwrap().push(passages.iter().map(ToString::to_string).collect());
        if passages.contains(&"fail") {
            let source = "out of order".into();
            return Err(ModelError::Failed { model: "witness".into(), doing: "reading", source });
        }
        if let Some(answers) = &self.answers {
            let score = |&logit: &f32| RerankScore { logit, truncated: false };
            return Ok(answers.iter().map(score).collect());
        }
        let score = |passage: &&str| RerankScore {
            logit: self.logit(query, passage),
            truncated: passage.len() > 4,
        };
        Ok(passages.iter().map(score).collect())
    }
}

struct Case {
    folder: tempfile::TempDir,
    witness: Arc<Witness>,
}

impl Case {
    fn new(witness: Witness) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), witness: Arc::new(witness) }
    }

    /// Returns a reranker with a cache that was opened just now.
    fn cached(&self, variant: &str) -> (CachedReranker, Arc<ScoreCache>) {
        let cache = Arc::new(ScoreCache::open(self.folder.path(), LIMIT));
        let inner = Arc::clone(&self.witness) as Arc<dyn Reranker>;
        (CachedReranker::new(inner, Arc::clone(&cache), variant.into()), cache)
    }
}

#[test]
fn only_what_is_missing_is_computed_and_the_order_is_kept() {
    let case = Case::new(Witness::default());
    let expected = |texts: &[&str]| case.witness.score_all("why", texts).unwrap();
    let (first, all) = (["a", "longer", "c"], ["new", "longer", "a", "a", "also new", "c"]);
    let (plain_first, plain_all) = (expected(&first), expected(&all));
    case.witness.calls();

    let (cached, _) = case.cached("v");
    assert_eq!(cached.score_all("why", &first).unwrap(), plain_first);
    // Another process later.
    let (cached, _) = case.cached("v");
    let ask = || cached.score(RerankRequest { query: "why", passages: &all, deadline: None });
    let (cold, warm) = (ask(), ask());
    assert_eq!(case.witness.calls(), [vec!["a", "longer", "c"], vec!["new", "also new"]]);
    assert_eq!(cold.usage.cache, Lookups { found: 4, asked: 6 });
    assert_eq!(warm.usage.cache, Lookups { found: 6, asked: 6 });
    // What the reranker within used is handed on, and nothing where it was not asked.
    assert_eq!(cold.usage.counts().collect::<Vec<_>>(), [(1, "calls")]);
    assert_eq!(warm.usage.counts().count(), 0);
    assert_eq!((cold.all().unwrap(), warm.all().unwrap()), (plain_all.clone(), plain_all));
    assert_eq!(cached.info().fingerprint, "witness@1");
    assert_eq!(cached.info(), case.witness.info());
}

#[test]
fn another_query_or_variant_knows_nothing_of_it() {
    let case = Case::new(Witness::default());
    let (cached, _) = case.cached("candle f32");
    cached.score_all("ab", &["c"]).unwrap();
    cached.score_all("a", &["bc"]).unwrap();
    case.cached("onnx").0.score_all("ab", &["c"]).unwrap();
    assert_eq!(case.witness.calls().len(), 3);
}

#[test]
fn errors_and_scores_that_are_not_finite_are_not_kept() {
    let case = Case::new(Witness::default());
    let (cached, cache) = case.cached("v");
    assert!(cached.score_all("why", &["fine", "fail"]).is_err());
    assert!(cached.score_all("why", &["fine", "fail"]).is_err());
    assert_eq!(case.witness.calls().len(), 2);
    assert_eq!(cache.usage().scores, 0);

    let case = Case::new(Witness { answers: Some(vec![f32::NAN, 2.0]), ..Witness::default() });
    let (cached, cache) = case.cached("v");
    assert!(cached.score_all("why", &["x", "y"]).unwrap()[0].logit.is_nan());
    assert_eq!(cache.usage().scores, 1);
}

#[test]
fn a_reranker_that_answers_too_little_is_an_error() {
    let case = Case::new(Witness { answers: Some(vec![1.0]), ..Witness::default() });
    let (cached, cache) = case.cached("v");
    let error = cached.score_all("why", &["x", "y"]).unwrap_err().to_string();
    assert_eq!(error, "model witness@1 gave 1 where 2 scores was expected");
    assert_eq!(cache.usage().scores, 0);
}

#[test]
fn a_reranker_of_whole_lists_is_asked_every_time() {
    let mut witness = Witness::default();
    witness.info.scope = Scope::PerList;
    let case = Case::new(witness);
    let (cached, cache) = case.cached("v");
    for _ in 0..2 {
        cached.score_all("why", &["a", "b"]).unwrap();
    }
    assert_eq!(case.witness.calls(), [["a", "b"], ["a", "b"]]);
    assert_eq!(cache.usage().scores, 0);
}
