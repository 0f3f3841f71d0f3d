//! Fears that feedback loses the order it was handed, reads more than it may, or shows scores of another
//! query than the one that was asked.

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use support::{encoder, indexed, text};
use trommel_core::{ModelError, RerankRequest, RerankResponse, Reranker, RerankerInfo};
use trommel_engine::{
    Answer, EarlyStop, Feedback, RerankStage, SearchSettings, Searcher, Snapshot, Stage,
};
use trommel_testkit::FakeReranker;

const DOCUMENTS: u64 = 120;

fn searcher(collection: &std::path::Path, reranker: Arc<dyn Reranker>) -> Searcher {
    let snapshot = Snapshot::open(collection, Stage::Reranked).unwrap();
    let encoder = Some(Arc::new(encoder()) as _);
    Searcher::new(snapshot, encoder, vec![RerankStage::of(reranker)]).unwrap()
}

fn settings(stage: Stage) -> SearchSettings {
    SearchSettings { stage, k: 50, candidates: 50, ..SearchSettings::default() }
}

fn ask(searcher: &Searcher, query: &str, settings: &SearchSettings) -> Answer {
    searcher.search(query, settings, &|| Duration::ZERO).unwrap()
}

fn ids(answer: &Answer) -> Vec<&str> {
    answer.hits.iter().map(|hit| hit.id.as_str()).collect()
}

/// Answers the first calls and fails at all others.
struct Failing {
    calls: std::sync::atomic::AtomicUsize,
    answers: usize,
}

impl Failing {
    fn after(answers: usize) -> Arc<Self> {
        Arc::new(Self { calls: 0.into(), answers })
    }
}

impl Reranker for Failing {
    fn info(&self) -> &RerankerInfo {
        FakeReranker.info()
    }

    fn score(&self, request: RerankRequest<'_>) -> RerankResponse {
        let call = self.calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if call < self.answers {
            return FakeReranker.score(request);
        }
        let (model, expected, got) = ("failing".into(), "an answer".into(), "none".into());
        let failure = Err(ModelError::BadOutput { model, expected, got });
        RerankResponse::all_or_none(failure, request.passages.len())
    }
}

#[test]
fn by_fusion_the_first_document_moves_the_query_and_sources_say_what_they_say_of_the_query() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = searcher(&indexed(folder.path(), 0..DOCUMENTS, 3), Arc::new(FakeReranker));
    let mut moved = 0;
    for seed in 0..12 {
        let query = text(seed, 4);
        let fused = ask(&searcher, &query, &settings(Stage::Fused));
        let fed_back = ask(&searcher, &query, &settings(Stage::Feedback));
        let report = fed_back.feedback.as_ref().unwrap();
        assert_eq!(
            (report.by, &report.documents[..]),
            (Feedback::Fused, &[fused.hits[0].id.clone()][..])
        );
        moved += usize::from(ids(&fused) != ids(&fed_back));
        // The true cosine, found by feedback or not.
        let all = SearchSettings { k: 200, candidates: 200, ..settings(Stage::VECTORS) };
        let cosines: BTreeMap<String, f32> = ask(&searcher, &query, &all)
            .hits
            .iter()
            .map(|hit| (hit.id.clone(), hit.candidate.sources[1].unwrap().score))
            .collect();
        for hit in &fed_back.hits {
            let said = hit.candidate.sources[1].unwrap();
            assert_eq!(said.score.to_bits(), cosines[&hit.id].to_bits(), "{}", hit.id);
        }
        let off = SearchSettings { feedback: Feedback::Off, ..settings(Stage::Feedback) };
        let off = ask(&searcher, &query, &off);
        assert_eq!((ids(&off), off.feedback.as_ref()), (ids(&fused), None));
    }
    assert!(moved > 0, "feedback never changed anything");
}

#[test]
fn a_reranker_that_never_answers_gives_back_the_fused_order() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = searcher(&indexed(folder.path(), 0..DOCUMENTS, 3), Failing::after(0));
    for seed in 0..6 {
        let query = text(seed, 4);
        let fused = ask(&searcher, &query, &settings(Stage::Fused));
        let failed = ask(&searcher, &query, &settings(Stage::Reranked));
        assert_eq!(ids(&failed), ids(&fused));
        assert!(failed.failure.is_some() && failed.feedback.is_none() && failed.reading.is_none());
    }
}

#[test]
fn a_reranker_that_fails_after_the_first_reading_leaves_what_it_read() {
    let folder = tempfile::tempdir().unwrap();
    let collection = indexed(folder.path(), 0..DOCUMENTS, 3);
    let asked = SearchSettings { early_stop: EarlyStop::Off, ..settings(Stage::Reranked) };
    let failed = ask(&searcher(&collection, Failing::after(1)), &text(1, 4), &asked);
    let reading = failed.reading.unwrap();
    // Three quarters of the depth of 20 are read before the feedback.
    assert_eq!((reading.read, failed.feedback.is_some()), (15, true));
    assert!(failed.failure.is_some());
    let whole = ask(&searcher(&collection, Arc::new(FakeReranker)), &text(1, 4), &asked);
    assert_eq!((whole.reading.unwrap().read, whole.failure.is_none()), (20, true));
    assert_eq!(whole.feedback, failed.feedback);
}

#[test]
fn settling_changes_none_of_the_first_hits_and_both_readings_keep_within_the_depth() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = searcher(&indexed(folder.path(), 0..DOCUMENTS, 3), Arc::new(FakeReranker));
    let mut saved = 0;
    for seed in 0..20 {
        let query = text(seed, 4);
        for (k, rerank_depth) in [(3, 20), (10, 8), (10, 1)] {
            let ask = |early_stop| {
                let settings =
                    SearchSettings { k, rerank_depth, early_stop, ..settings(Stage::Reranked) };
                ask(&searcher, &query, &settings)
            };
            let (whole, settled) = (ask(EarlyStop::Off), ask(EarlyStop::Exact));
            let first = |answer: &Answer| -> Vec<(String, u32)> {
                answer
                    .hits
                    .iter()
                    .map(|hit| (hit.id.clone(), hit.candidate.score.to_bits()))
                    .collect()
            };
            assert_eq!(first(&settled), first(&whole), "{query}, {k} of {rerank_depth}");
            assert_eq!(settled.feedback, whole.feedback);
            let [whole, settled] = [whole, settled].map(|answer| answer.reading.unwrap().read);
            assert!(settled <= whole && whole == rerank_depth, "{settled}, {whole}");
            saved += whole - settled;
        }
    }
    assert!(saved > 0, "settling never saved anything");
}
