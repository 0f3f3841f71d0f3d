//! Fears that a damaged file, a foreign one or no file at all changes a score or ends a search.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use trommel_core::RerankScore;
use trommel_engine::score_cache::{CacheError, FILE, Keys, LIMIT, ScoreCache, clear};

/// A header page and two pages of records.
const SMALL: u64 = 3 * 4096;

fn keys(query: &str, passages: usize) -> Keys {
    let passages: Vec<String> = (0..passages).map(|n| format!("passage {n}")).collect();
    let passages: Vec<&str> = passages.iter().map(String::as_str).collect();
    Keys::new("model@1", "plain", query, &passages)
}

fn score(n: usize) -> RerankScore {
    RerankScore { logit: n as f32 * 0.37 - 4.0, truncated: n.is_multiple_of(3) }
}

fn keep(cache: &ScoreCache, keys: &Keys) {
    cache.keep(keys, (0..keys.len()).map(|n| (n, score(n))));
}

#[test]
fn any_flipped_byte_is_a_miss_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(FILE);
    let asked = keys("who", 5);
    keep(&ScoreCache::open(folder.path(), SMALL), &asked);
    let mut image = fs::read(&file).unwrap();
    image.resize(SMALL as usize, 0);
    let mut lost = 0;
    for at in 0..image.len() {
        image[at] ^= 1 << (at % 8);
        fs::write(&file, &image).unwrap();
        image[at] ^= 1 << (at % 8);
        let found = ScoreCache::open(folder.path(), SMALL).find(&asked);
        for (n, found) in found.iter().enumerate() {
            assert!(found.is_none_or(|found| found == score(n)), "byte {at}: {found:?}");
        }
        lost += found.iter().filter(|found| found.is_none()).count();
    }
    // Each byte of a record loses that record, each byte of the header all of them.
    assert_eq!(lost, 5 * 32 + 32 * 5);
}

#[test]
fn a_foreign_file_is_begun_anew_and_says_so() {
    let noise: Vec<u8> =
        (0..3 * 4096u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for bytes in [&b"x"[..], &[0; 40], &noise] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), bytes).unwrap();
        let cache = ScoreCache::open(folder.path(), SMALL);
        assert!(matches!(cache.problem(), Some(CacheError::BegunAnew { .. })), "{cache:?}");
        let asked = keys("who", 3);
        assert_eq!(cache.find(&asked), [None; 3]);
        keep(&cache, &asked);
        let again = ScoreCache::open(folder.path(), SMALL);
        assert!(again.problem().is_none());
        assert_eq!(again.find(&asked), [0, 1, 2].map(|n| Some(score(n))));
    }
}

#[test]
fn noise_behind_a_good_header_is_a_miss_and_gives_way() {
    let folder = tempfile::tempdir().unwrap();
    let asked = keys("who", 40);
    let cache = ScoreCache::open(folder.path(), SMALL);
    let file = folder.path().join(FILE);
    let mut image = fs::read(&file).unwrap();
    image.resize(4096, 0);
    image.extend((0..2 * 4096u32).map(|n| (n.wrapping_mul(2_246_822_519) >> 11) as u8 | 1));
    fs::write(&file, image).unwrap();
    assert_eq!(cache.find(&asked), [None; 40]);
    keep(&cache, &asked);
    assert!(cache.find(&asked).iter().enumerate().all(|(n, found)| *found == Some(score(n))));
}

#[test]
fn a_file_cut_anywhere_loses_scores_and_invents_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(FILE);
    let asked = keys("who", 5);
    keep(&ScoreCache::open(folder.path(), SMALL), &asked);
    let image = fs::read(&file).unwrap();
    for length in (0..image.len()).step_by(7) {
        fs::write(&file, &image[..length]).unwrap();
        for (n, found) in ScoreCache::open(folder.path(), SMALL).find(&asked).iter().enumerate() {
            assert!(found.is_none_or(|found| found == score(n)), "{length} bytes: {found:?}");
        }
    }
}

#[test]
fn a_cache_that_cannot_be_is_off_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("file"), "").unwrap();
    fs::create_dir_all(path("folder").join(FILE)).unwrap();
    let off = |folder: &Path, limit| {
        let cache = ScoreCache::open(folder, limit);
        let asked = keys("who", 2);
        keep(&cache, &asked);
        assert_eq!(cache.find(&asked), [None, None]);
        assert!(!cache.is_on());
        cache.problem().unwrap().to_string()
    };
    let below = path("file").join("below");
    assert_eq!(off(&below, LIMIT), format!("cannot make {}", below.display()));
    let no_file = path("folder").join(FILE);
    assert_eq!(off(&path("folder"), LIMIT), format!("{} is no regular file", no_file.display()));
    assert_eq!(
        off(&path("small"), 8191),
        "a cache of 8191 bytes is too small: expected at least 8192"
    );
}

#[test]
fn writers_of_one_page_never_see_a_score_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let stop = AtomicBool::new(false);
    let of = |writer: usize, n: usize| score(1000 * (writer + 1) + n);
    std::thread::scope(|scope| {
        for writer in 0..3 {
            let (folder, stop) = (folder.path(), &stop);
            scope.spawn(move || {
                // Each with its own open file, as processes have.
                let cache = ScoreCache::open(folder, SMALL);
                for round in 0..200 {
                    let keys = keys(&format!("{writer} {round}"), 20);
                    cache.keep(&keys, (0..20).map(|n| (n, of(writer, n))));
                }
                stop.store(true, Ordering::Relaxed);
            });
        }
        let cache = ScoreCache::open(folder.path(), SMALL);
        let mut round = 0;
        while !stop.load(Ordering::Relaxed) {
            round = (round + 1) % 200;
            let writer = round % 3;
            let found = cache.find(&keys(&format!("{writer} {round}"), 20));
            for (n, found) in found.into_iter().enumerate() {
                assert!(found.is_none_or(|found| found == of(writer, n)), "{found:?}");
            }
        }
    });
    // Whatever was lost, the file still serves.
    let cache = ScoreCache::open(folder.path(), SMALL);
    let asked = keys("after", 20);
    keep(&cache, &asked);
    assert!(cache.find(&asked).iter().all(Option::is_some));
}

#[test]
fn clearing_takes_the_file_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, shared) = (folder.path().join("ours"), folder.path().join("shared"));
    for place in [&ours, &shared] {
        keep(&ScoreCache::open(place, SMALL), &keys("who", 2));
    }
    fs::write(shared.join("other"), "").unwrap();
    assert!(clear(&ours).unwrap().is_some() && !ours.exists());
    assert!(clear(&shared).unwrap().is_some() && shared.join("other").exists());
    assert_eq!(clear(&shared).unwrap(), None);
    assert_eq!(clear(&folder.path().join("nowhere")).unwrap(), None);
    assert_eq!(ScoreCache::open(&shared, SMALL).find(&keys("who", 2)), [None, None]);
}
