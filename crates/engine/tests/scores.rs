//! Fears that a score tells of the documents beside a document, rises down the list, or withholds what it
//! should not.

mod support;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use std::{fs, iter};

use support::{request, settings, text};
use trommel_engine::{Answer, RerankStage, SearchSettings, Searcher, Snapshot, Stage, index};
use trommel_testkit::{FakeEncoder, FakeReranker};

const QUERY: &str = "the heron nests in reeds by water";
const HERON: &str = "The heron nests in the reeds by the old weir.";

/// The encoder whose cosines are evidence, in name.
fn encoder() -> FakeEncoder {
    FakeEncoder::named("bge-small-en-v1.5", 16)
}

/// A collection of the heron and so many other documents.
fn beside(folder: &Path, others: u64) -> Searcher {
    let line = |id: &str, text: &str| format!("{{\"_id\":\"{id}\",\"text\":\"{text}\"}}\n");
    let others = (0..others).map(|other| line(&format!("d{other}"), &text(other, 12)));
    let lines: String = iter::once(line("heron", HERON)).chain(others).collect();
    let (file, collection) = (folder.join("x.jsonl"), folder.join("c"));
    fs::write(&file, lines).unwrap();
    let encoder = encoder();
    let request = request(&[file]);
    index(
        &collection,
        request,
        &settings(),
        &encoder,
        &encoder,
        &mut |_| {},
        &AtomicBool::new(false),
    )
    .unwrap();
    let snapshot = Snapshot::open(&collection, Stage::Reranked).unwrap();
    let reranker = RerankStage::of(Arc::new(FakeReranker));
    Searcher::new(snapshot, Some(Arc::new(encoder)), vec![reranker]).unwrap()
}

fn ask(searcher: &Searcher, query: &str, settings: &SearchSettings) -> Answer {
    searcher.search(query, settings, &|| Duration::ZERO).unwrap()
}

#[test]
fn a_probability_is_of_the_document_whatever_else_there_is() {
    for stage in [Stage::LEXICAL, Stage::VECTORS, Stage::Fused, Stage::Feedback, Stage::Reranked] {
        let settings = SearchSettings { stage, ..SearchSettings::default() };
        let probability = |others| {
            let folder = tempfile::tempdir().unwrap();
            let answer = ask(&beside(folder.path(), others), QUERY, &settings);
            answer.hits.iter().find(|hit| hit.id == "heron").unwrap().probability
        };
        let alone = probability(0);
        assert!(alone > 0.0 && alone < 1.0, "{stage}: {alone}");
        for others in [1, 300] {
            assert_eq!(probability(others), alone, "{stage}, beside {others}");
        }
    }
}

#[test]
fn scores_fall_and_each_is_the_least_probability_so_far() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = beside(folder.path(), 200);
    let mut raised = 0;
    for seed in 0..20 {
        let answer = ask(&searcher, &text(1000 + seed, 4), &SearchSettings::default());
        let mut least = 1.0f32;
        for hit in &answer.hits {
            least = least.min(hit.probability);
            assert_eq!(hit.score, least);
            raised += usize::from(hit.probability > hit.score);
        }
    }
    assert!(raised > 0, "the order was that of the probabilities in all of 20 queries");
}

#[test]
fn a_least_score_takes_the_end_of_the_list_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = beside(folder.path(), 200);
    let query = text(1000, 4);
    let all = ask(&searcher, &query, &SearchSettings::default());
    for place in 0..all.hits.len() {
        let min_score = all.hits[place].score;
        let some =
            ask(&searcher, &query, &SearchSettings { min_score, ..SearchSettings::default() });
        // Equals of the last one stay with it.
        let kept = all.hits.iter().take_while(|hit| hit.score >= min_score).count();
        assert_eq!(some.hits, all.hits[..kept]);
    }
    let none = SearchSettings { min_score: 1.0, ..SearchSettings::default() };
    let none = ask(&searcher, &query, &none);
    assert!(none.hits.is_empty() && !none.answered);
    let wrong = SearchSettings { min_score: 1.5, ..SearchSettings::default() };
    let refused = searcher.search(&query, &wrong, &|| Duration::ZERO).unwrap_err();
    assert!(refused.to_string().contains("min-score"), "{refused}");
}

#[test]
fn a_query_of_stop_words_has_probabilities_too() {
    let folder = tempfile::tempdir().unwrap();
    let answer = ask(&beside(folder.path(), 3), "to be or not to be", &SearchSettings::default());
    assert!(!answer.hits.is_empty());
    assert!(answer.hits.iter().all(|hit| (0.0..=1.0).contains(&hit.probability)));
}
