//! Fears, through a whole collection: a search that outlives its budget, a hit that is scored
//! otherwise because less was read, an answer that hides that less was read.

mod support;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use support::{encoder, indexed, text};
use trommel_core::{RerankRequest, RerankResponse, Reranker, RerankerInfo};
use trommel_engine::{
    Answer, EarlyStop, RerankStage, SearchSettings, Searcher, Snapshot, Stage, Stopped,
};
use trommel_testkit::FakeReranker;

/// A reranker that takes 10 ms for every passage.
#[derive(Default)]
struct Slow {
    passages: AtomicU64,
}

impl Reranker for Slow {
    fn info(&self) -> &RerankerInfo {
        FakeReranker.info()
    }

    fn score(&self, request: RerankRequest<'_>) -> RerankResponse {
        self.passages.fetch_add(request.passages.len() as u64, Ordering::Relaxed);
        FakeReranker.score(request)
    }
}

/// Answers a query; returns how long the second stage took as well.
fn ask(folder: &Path, query: &str, settings: &SearchSettings) -> (Answer, Duration) {
    let slow = Arc::new(Slow::default());
    let reranker: Arc<dyn Reranker> = slow.clone();
    let snapshot = Snapshot::open(folder, Stage::Reranked).unwrap();
    let pipeline =
        Searcher::new(snapshot, Some(Arc::new(encoder())), vec![RerankStage::of(reranker)])
            .unwrap();
    let clock = || Duration::from_millis(10 * slow.passages.load(Ordering::Relaxed));
    let answer = pipeline.search(query, settings, &clock).unwrap();
    // Before and after the feedback.
    let readings = answer.trace.steps.iter().filter(|step| step.name == "rerank");
    let took = readings.map(|step| step.took).sum();
    (answer, took)
}

#[test]
fn reading_less_is_said_and_changes_no_score_of_what_was_read() {
    let folder = tempfile::tempdir().unwrap();
    let collection = indexed(folder.path(), 0..80, 7);
    for (seed, rerank_passages) in [(1, 1), (2, 3), (3, 3)] {
        let query = text(seed, 5);
        let asked = |budget: Option<u64>, early_stop| SearchSettings {
            budget: budget.map(Duration::from_millis),
            early_stop,
            k: 50,
            candidates: 50,
            rerank_depth: 40,
            rerank_passages,
            ..SearchSettings::default()
        };
        let (complete, all) = ask(&collection, &query, &asked(None, EarlyStop::Off));
        let reading = complete.reading.unwrap();
        assert_eq!((reading.stopped, reading.read), (Stopped::Complete, reading.of));
        assert_eq!(all, Duration::from_millis(10) * reading.of as u32);
        let ample = ask(&collection, &query, &asked(Some(3_600_000), EarlyStop::Off)).0;
        assert_eq!((&ample.hits, ample.reading), (&complete.hits, complete.reading));

        for budget in [0, 35, 40, 150, 300] {
            let (answer, took) = ask(&collection, &query, &asked(Some(budget), EarlyStop::Off));
            let reading = answer.reading.unwrap();
            assert_eq!(reading.stopped, Stopped::Budget);
            assert_eq!(reading.of, complete.reading.unwrap().of);
            assert!(took <= Duration::from_millis(budget.max(20)), "{took:?} of {budget} ms");
            assert_eq!(took, Duration::from_millis(10) * reading.read as u32);
            assert!(answer.hits.is_sorted_by(|a, b| a.candidate.score >= b.candidate.score));
            let read =
                answer.hits.iter().filter(|hit| hit.candidate.last_reranked().is_some()).count();
            assert_eq!(read, reading.read.min(40));
            for hit in &answer.hits {
                assert_ne!(
                    hit.candidate.last_reranked().is_some(),
                    hit.candidate.expected.is_some()
                );
                let known = complete.hits.iter().find(|known| known.id == hit.id).unwrap();
                // With one passage a document, its score is final once it was read.
                if rerank_passages == 1 && hit.candidate.last_reranked().is_some() {
                    assert_eq!(
                        (hit.candidate.score, &hit.passage),
                        (known.candidate.score, &known.passage)
                    );
                }
            }
        }
    }
}

#[test]
fn a_settled_answer_is_the_complete_one() {
    let folder = tempfile::tempdir().unwrap();
    let collection = indexed(folder.path(), 0..80, 11);
    let mut settled = 0;
    for seed in 0..8 {
        let query = text(100 + seed, 4);
        let asked = |early_stop| SearchSettings {
            early_stop,
            k: 3,
            candidates: 50,
            rerank_depth: 50,
            rerank_passages: 2,
            ..SearchSettings::default()
        };
        let complete = ask(&collection, &query, &asked(EarlyStop::Off)).0;
        let answer = ask(&collection, &query, &asked(EarlyStop::Exact)).0;
        settled += usize::from(answer.reading.unwrap().stopped == Stopped::Settled);
        let shown = |answer: &Answer| -> Vec<_> {
            let hits = answer.hits.iter();
            hits.map(|hit| (hit.id.clone(), hit.candidate.score.to_bits(), hit.passage.clone()))
                .collect()
        };
        assert_eq!(shown(&answer), shown(&complete), "{query}");
    }
    assert!(settled >= 6, "{settled} of 8 were settled");
}
