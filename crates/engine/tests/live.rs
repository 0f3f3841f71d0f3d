//! Fears for a search that is watched: that it answers otherwise than one that is not, that it tells of an
//! order that no stage had, that it goes on although nobody waits.

mod support;

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use support::{encoder, indexed, text};
use trommel_engine::{
    Answer, EngineError, Live, LiveEvent, RerankStage, SearchSettings, Searcher, Snapshot, Stage,
};
use trommel_testkit::FakeReranker;

fn searcher(folder: &std::path::Path) -> Searcher {
    let snapshot = Snapshot::open(folder, Stage::Reranked).unwrap();
    let reranker = RerankStage::of(Arc::new(FakeReranker));
    Searcher::new(snapshot, Some(Arc::new(encoder())), vec![reranker]).unwrap()
}

fn ids(answer: &Answer) -> Vec<&str> {
    answer.hits.iter().map(|hit| hit.id.as_str()).collect()
}

#[test]
fn a_watched_search_tells_the_fused_order_first_and_ends_in_the_same_answer() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = searcher(&indexed(folder.path(), 0..80, 5));
    let settings = SearchSettings { k: 20, ..SearchSettings::default() };
    let mut orders = 0;
    for seed in 0..8 {
        let query = text(seed, 4);
        let events = RefCell::new(Vec::new());
        let tell = |event: LiveEvent| events.borrow_mut().push(event);
        let live = Live { tell: &tell, cancel: &AtomicBool::new(false) };
        let clock = || Duration::ZERO;
        let watched = searcher.search_live(&query, &settings, &clock, &live).unwrap();
        let alone = searcher.search(&query, &settings, &clock).unwrap();
        assert_eq!(watched, alone);
        let fused = SearchSettings { stage: Stage::Fused, ..settings.clone() };
        let fused = searcher.search(&query, &fused, &clock).unwrap();
        let events = events.into_inner();
        let Some(LiveEvent::Fused(first)) = events.first() else { panic!("{:?}", events.first()) };
        assert_eq!(ids(first), ids(&fused));
        let reranked: Vec<&Answer> = events
            .iter()
            .filter_map(|event| match event {
                LiveEvent::Reranked(answer) => Some(&**answer),
                _ => None,
            })
            .collect();
        // Each order told is another than the one before, and the last is that of the answer.
        assert!(reranked.windows(2).all(|pair| ids(pair[0]) != ids(pair[1])));
        assert_eq!(ids(reranked.last().unwrap()), ids(&alone));
        orders += reranked.len();
        let reads = events.iter().filter_map(|event| match event {
            LiveEvent::Read { read, of } => Some((*read, *of)),
            _ => None,
        });
        assert!(reads.clone().count() > 1 && reads.clone().all(|(read, of)| read <= of));
    }
    assert!(orders > 8, "reading never changed an order: {orders}");
}

#[test]
fn a_search_that_nobody_waits_for_ends_between_two_readings() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = searcher(&indexed(folder.path(), 0..80, 5));
    let settings = SearchSettings::default();
    let cancel = AtomicBool::new(false);
    let readings = RefCell::new(0);
    let tell = |event: LiveEvent| {
        if matches!(event, LiveEvent::Read { .. }) {
            *readings.borrow_mut() += 1;
            cancel.store(true, Ordering::Relaxed);
        }
    };
    let live = Live { tell: &tell, cancel: &cancel };
    let ended = searcher.search_live(&text(1, 4), &settings, &|| Duration::ZERO, &live);
    assert!(matches!(ended, Err(EngineError::Cancelled)), "{ended:?}");
    assert_eq!(readings.into_inner(), 1);
}
