//! The fear that a gate on the sample would not notice a reranker that prefers what does not answer.

mod common;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use common::{code, trommel, words};
use trommel_core::{BoxError, RerankRequest, RerankResponse, Reranker, RerankerInfo};
use trommel_engine::{EarlyStop, RerankStage, SearchSettings, Searcher, Snapshot, Stage};
use trommel_eval::{NamedQuery, Run, read_queries};
use trommel_models::Runtime;
use trommel_models::{DEFAULT_ENCODER, DEFAULT_RERANKER, Isa, Precision};

/// The reranker alone orders the first five, the most that its mistakes can cost.
const DEPTH: usize = 5;
/// Of the queries whose ids begin so, which are the first in the order of judgements.
const SUBJECTS: char = 'a';
const LIMIT: &str = "20";
/// The model gives .677 in f32 (2026-11-26), its opposite .13.
const GATE: &str = "nDCG@10>=0.6";

/// A reranker with the opposite opinion.
struct Broken(Arc<dyn Reranker>);

impl Reranker for Broken {
    fn info(&self) -> &RerankerInfo {
        self.0.info()
    }

    fn score(&self, request: RerankRequest<'_>) -> RerankResponse {
        let mut response = self.0.score(request);
        response.scores.iter_mut().flatten().for_each(|score| score.logit = -score.logit);
        response
    }
}

#[test]
fn the_gate_of_the_sample_falls_if_the_reranker_is_broken() -> Result<(), BoxError> {
    let folder = tempfile::tempdir()?;
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample");
    let indexed = trommel(folder.path()).arg("index").arg(data.join("corpus")).output()?;
    assert_eq!(code(&indexed), 0, "{}", words(&indexed));

    let store = trommel_testkit::store();
    let runtime = Runtime::Kernels { precision: Precision::Int8, isa: Isa::best() };
    let encoder = trommel_inference::load_encoder(&store.model(DEFAULT_ENCODER)?, &runtime, 2)?;
    let encoder = Arc::<dyn trommel_core::Encoder>::from(encoder);
    let reranker = trommel_inference::load_reranker(&store.model(DEFAULT_RERANKER)?, &runtime, 2)?;
    let reranker = Arc::<dyn Reranker>::from(reranker);
    let queries = read_queries(&data.join("queries.jsonl"))?;
    let exit = |name: &str, reranker: Arc<dyn Reranker>| -> Result<(i32, String), BoxError> {
        let snapshot = Snapshot::open(&folder.path().join(".trommel"), Stage::Reranked)?;
        let pipeline =
            Searcher::new(snapshot, Some(Arc::clone(&encoder)), vec![RerankStage::of(reranker)])?;
        let run = folder.path().join(name);
        rerank(&pipeline, &queries)?.write(&mut File::create(&run)?)?;
        let output = trommel(folder.path())
            .args(["eval", "--gate", GATE, "--limit", LIMIT, "--qrels"])
            .arg(data.join("qrels/test.tsv"))
            .arg("--run")
            .arg(run)
            .output()?;
        Ok((code(&output), words(&output)))
    };
    let (sound, said) = exit("sound.run", Arc::clone(&reranker))?;
    assert_eq!(sound, 0, "{said}");
    let (broken, said) = exit("broken.run", Arc::new(Broken(reranker)))?;
    assert_eq!(broken, 5, "{said}");
    Ok(())
}

fn rerank(pipeline: &Searcher, queries: &[NamedQuery]) -> Result<Run, BoxError> {
    let settings = SearchSettings {
        rerank_depth: DEPTH,
        blend: 1.0,
        early_stop: EarlyStop::Off,
        ..SearchSettings::default()
    };
    let mut run = Run::default();
    for query in queries.iter().filter(|query| query.id.starts_with(SUBJECTS)) {
        let rankings = pipeline.rankings(&query.text, &settings, &|| Duration::ZERO)?;
        let reranked = rankings.of(Stage::Reranked).iter();
        run.insert_ranking(&query.id, reranked.map(|document| (&*document.id, document.score)))?;
    }
    Ok(run)
}
