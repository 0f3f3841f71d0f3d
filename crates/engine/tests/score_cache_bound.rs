//! Fears that the cache grows without end, or forgets what it has room for.

use std::fs;

use trommel_core::RerankScore;
use trommel_engine::score_cache::{FILE, Keys, ScoreCache};

const LIMIT: u64 = 256 << 10;
const PER_QUERY: usize = 20;

fn keys(query: usize, passages: usize) -> Keys {
    let passages: Vec<String> = (0..passages).map(|n| n.to_string()).collect();
    let passages: Vec<&str> = passages.iter().map(String::as_str).collect();
    Keys::new("model@1", "plain", &query.to_string(), &passages)
}

fn keep(cache: &ScoreCache, keys: &Keys) {
    let score = |n| RerankScore { logit: n as f32, truncated: false };
    cache.keep(keys, (0..keys.len()).map(|n| (n, score(n))));
}

fn found(cache: &ScoreCache, keys: &Keys) -> usize {
    cache.find(keys).iter().flatten().count()
}

#[test]
fn three_times_the_limit_stays_within_it_and_the_newest_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let cache = ScoreCache::open(folder.path(), LIMIT);
    let queries = 3 * LIMIT as usize / 32 / PER_QUERY;
    for query in 0..queries {
        let keys = keys(query, PER_QUERY);
        keep(&cache, &keys);
        assert_eq!(found(&cache, &keys), PER_QUERY, "query {query}");
    }
    assert!(fs::metadata(folder.path().join(FILE)).unwrap().len() <= LIMIT);
    let usage = cache.usage();
    assert_eq!(usage.room, (LIMIT / 4096 - 1) * 128);
    assert!(usage.scores <= usage.room && usage.scores * 10 > usage.room * 9, "{usage:?}");
    let kept = |queries: std::ops::Range<usize>| -> usize {
        queries.map(|query| found(&cache, &keys(query, PER_QUERY))).sum()
    };
    // Of the first third hardly anything is left, of the last twentieth nearly all.
    assert!(kept(0..queries / 3) < queries / 3 * PER_QUERY / 5);
    assert!(kept(queries - queries / 20..queries) > queries / 20 * PER_QUERY * 9 / 10);
}

#[test]
fn a_cache_that_is_half_full_forgets_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let cache = ScoreCache::open(folder.path(), LIMIT);
    let queries = LIMIT as usize / 32 / PER_QUERY / 2;
    (0..queries).for_each(|query| keep(&cache, &keys(query, PER_QUERY)));
    for query in 0..queries {
        assert_eq!(found(&cache, &keys(query, PER_QUERY)), PER_QUERY, "query {query}");
    }
}

#[test]
fn a_query_with_many_passages_does_not_push_out_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let cache = ScoreCache::open(folder.path(), LIMIT);
    let many = keys(0, 1000);
    keep(&cache, &many);
    assert_eq!(found(&cache, &many), 1000);
}
