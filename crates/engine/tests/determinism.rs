//! Fears that an answer depends on anything but the documents and the query.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use support::{WORDS, encoder, index_paths, index_with, outcome, request, search, text};
use trommel_core::{Reranker, Usage};
use trommel_engine::score_cache::{CachedReranker, LIMIT, ScoreCache};
use trommel_engine::{Manifest, RerankStage, SearchSettings, Searcher, Snapshot, Stage, check};
use trommel_testkit::{Dice, FakeReranker};
use trommel_vector::Ann;

/// An answer of each stage.
type Outcome = Vec<Vec<(String, u32)>>;

const QUERIES: u64 = 200;

fn queries() -> Vec<String> {
    let mut dice = Dice::new(7);
    let query = |_| {
        let words = 1 + dice.below(4);
        (0..words).map(|_| WORDS[dice.below(WORDS.len())]).collect::<Vec<_>>().join(" ")
    };
    (0..QUERIES).map(query).collect()
}

fn line(id: u64, salt: u64) -> String {
    let text = text(id * 31 + salt, 10 + (id % 60) as usize);
    format!("{{\"_id\":\"d{id}\",\"title\":\"T{id}\",\"text\":\"{text}\"}}\n")
}

fn write(file: &Path, lines: impl Iterator<Item = (u64, u64)>) {
    fs::write(file, lines.map(|(id, salt)| line(id, salt)).collect::<String>()).unwrap();
}

fn open(collection: &Path, reranker: Arc<dyn Reranker>) -> Searcher {
    let snapshot = Snapshot::open(collection, Stage::Reranked).unwrap();
    Searcher::new(snapshot, Some(Arc::new(encoder())), vec![RerankStage::of(reranker)]).unwrap()
}

fn ask(pipeline: &Searcher, query: &str) -> Outcome {
    let ask = |stage| {
        let settings =
            SearchSettings { stage, k: 50, ann: Ann::Exact, ..SearchSettings::default() };
        outcome(&pipeline.search(query, &settings, &|| Duration::ZERO).unwrap())
    };
    Stage::ALL.map(ask).into()
}

/// Returns a collection that many commits made, with updates and removals, and one that was made of
/// the same documents in one commit.
fn old_and_new(folder: &Path, removed: u64) -> (PathBuf, PathBuf) {
    let (file, old, new) = (folder.join("x.jsonl"), folder.join("old"), folder.join("new"));
    write(&file, (0..300).map(|id| (id, 1)));
    let mut request = request(std::slice::from_ref(&file));
    request.commit_every = 50;
    index_with(&old, request, &mut |_| {}).unwrap();
    // Then some are gone, and some have another text; those come last.
    let kept = |id: &u64| *id >= removed;
    let changed = |id: &u64| id.is_multiple_of(17);
    let live = || {
        let same = (0..300).filter(kept).filter(|id| !changed(id)).map(|id| (id, 1));
        same.chain((0..300).filter(kept).filter(changed).map(|id| (id, 2)))
    };
    write(&file, live());
    index_paths(&old, std::slice::from_ref(&file)).unwrap();
    index_paths(&new, std::slice::from_ref(&file)).unwrap();
    for collection in [&old, &new] {
        let report = check(collection).unwrap();
        assert_eq!((report.findings, report.documents), (vec![], live().count()));
    }
    (old, new)
}

#[test]
fn threads_company_reopening_and_cache_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (collection, _) = old_and_new(folder.path(), 9);
    let queries = queries();
    let fresh = open(&collection, Arc::new(FakeReranker));
    let expected: Vec<Outcome> = queries.iter().map(|query| ask(&fresh, query)).collect();
    assert!(expected.iter().flatten().filter(|hits| hits.is_empty()).count() < 40);
    let same = |got: Vec<Outcome>, how: &str| {
        for ((got, expected), query) in got.iter().zip(&expected).zip(&queries) {
            assert_eq!(got, expected, "{how}: {query:?}");
        }
    };

    for threads in [1, 2, 4] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let alone = pool.install(|| queries.iter().map(|query| ask(&fresh, query)).collect());
        same(alone, &format!("{threads} threads"));
        let batch = std::thread::scope(|scope| {
            let share = queries.len().div_ceil(threads);
            let workers: Vec<_> = queries
                .chunks(share)
                .map(|own| {
                    let fresh = &fresh;
                    scope.spawn(move || own.iter().map(|it| ask(fresh, it)).collect::<Vec<_>>())
                })
                .collect();
            workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
        });
        same(batch, &format!("{threads} at a time"));
    }
    let reopened = queries.iter().map(|query| {
        let pipeline = open(&collection, Arc::new(FakeReranker));
        ask(&pipeline, query)
    });
    same(reopened.collect(), "re-opened for each");
    let cache = Arc::new(ScoreCache::open(&folder.path().join("cache"), LIMIT));
    let cached = CachedReranker::new(Arc::new(FakeReranker), cache, "test".into());
    let cached = open(&collection, Arc::new(cached));
    for temperature in ["cold", "warm"] {
        same(queries.iter().map(|query| ask(&cached, query)).collect(), temperature);
    }
    let mut usage = Usage::default();
    for query in &queries {
        let answer = cached.search(query, &SearchSettings::default(), &|| Duration::ZERO);
        usage += &answer.unwrap().usage;
    }
    assert!(usage.cache.found == usage.cache.asked && usage.cache.found > 0, "{usage:?}");
}

#[test]
fn neither_commits_nor_compaction_nor_the_dead_count() {
    // Few dead rows stay where they are; with many, the vector index is compacted.
    for (removed, compacted) in [(9, false), (120, true)] {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = old_and_new(folder.path(), removed);
        let state = Manifest::read(&old).unwrap().vectors;
        assert_eq!(state.tombstones.is_none(), compacted, "{state:?}");
        let [old, new] = [old, new].map(|it| open(&it, Arc::new(FakeReranker)));
        for query in queries() {
            assert_eq!(ask(&old, &query), ask(&new, &query), "{removed} removed: {query:?}");
        }
    }
}

/// From 32,768 rows on several threads scan.
#[test]
fn a_scan_that_is_shared_by_threads_finds_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (file, collection) = (folder.path().join("x.jsonl"), folder.path().join("c"));
    let line = |id| format!("{{\"_id\":\"{id}\",\"text\":\"{}\"}}\n", text(id, 6));
    fs::write(&file, (0..33_000).map(line).collect::<String>()).unwrap();
    index_paths(&collection, &[file]).unwrap();
    let pipeline = open(&collection, Arc::new(FakeReranker));
    let queries: Vec<String> = queries().into_iter().take(20).collect();
    let dense = |threads: usize| -> Vec<Vec<(String, u32)>> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let ask = |query: &String| outcome(&search(&pipeline, query, Stage::VECTORS).unwrap());
        pool.install(|| queries.iter().map(ask).collect())
    };
    let one = dense(1);
    assert!(one.iter().all(|hits| hits.len() == 50));
    for threads in [2, 4] {
        assert_eq!(dense(threads), one, "{threads} threads");
    }
}
