//! Fears that a reader sees parts of two generations, or none while one is being written.

mod support;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use support::random::Random;
use support::rounds::{advance, assert_round, documents};
use support::{WORDS, outcome, pipeline, search};
use trommel_engine::{Folder, Searcher, Stage};
use trommel_testkit::LongRun;

/// How many queries each reader asks of a snapshot before it opens the next.
const QUERIES: usize = 20;

/// How many snapshots each of the two readers opens.
const SNAPSHOTS: usize = 50;

#[test]
fn every_answer_is_that_of_one_generation() {
    (0..10).for_each(read_while_writing);
}

#[test]
#[ignore = "200,000 queries; see docs/durability.md"]
fn every_answer_is_that_of_one_generation_many_times() {
    LongRun::of("readers", 100).each(read_while_writing);
}

fn read_while_writing(seed: u64) {
    let root = tempfile::tempdir().unwrap();
    let collection = root.path().join("c");
    let source = root.path().join("x.jsonl");
    let folder = Folder::from(&collection);
    advance(&folder, &source, 1).unwrap();
    let done = AtomicBool::new(false);
    let seen = AtomicU64::new(0);
    let written = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut round = 1;
            while !done.load(Ordering::Relaxed) {
                round += 1;
                assert_eq!(advance(&folder, &source, round).unwrap(), round);
            }
            round
        });
        let readers = [0, 1].map(|reader| {
            let (collection, seen) = (&collection, &seen);
            scope.spawn(move || read(collection, seed * 2 + reader, seen))
        });
        let read = readers.map(|reader| reader.join());
        // Also after a failure, or the writer would go on for ever.
        done.store(true, Ordering::Relaxed);
        read.into_iter().for_each(|read| read.unwrap());
        writer.join().unwrap()
    });
    assert_eq!(assert_round(&collection), written);
    let seen = seen.into_inner();
    assert!(seen > 5, "the readers saw {seen} changes of generation, {written} were written");
}

fn read(collection: &Path, seed: u64, seen: &AtomicU64) {
    let mut random = Random::new(seed);
    let mut last = 0;
    for _ in 0..SNAPSHOTS {
        let pipeline = pipeline(collection).unwrap();
        let generation = pipeline.snapshot().manifest().generation;
        assert!(generation >= last, "generation {generation} after {last}");
        seen.fetch_add(u64::from(generation > last), Ordering::Relaxed);
        last = generation;
        for _ in 0..QUERIES {
            ask(&pipeline, generation, WORDS[random.below(WORDS.len() as u64) as usize]);
        }
    }
}

/// Asserts that a word finds what the generation holds and nothing else.
fn ask(pipeline: &Searcher, generation: u64, word: &str) {
    let documents = documents(generation);
    let with_word = |text: &String| text.split([' ', '.']).any(|it| it == word);
    let expected: Vec<&String> =
        documents.iter().filter(|(_, text)| with_word(text)).map(|(id, _)| id).collect();
    let mut found: Vec<String> = outcome(&search(pipeline, word, Stage::LEXICAL).unwrap())
        .into_iter()
        .map(|it| it.0)
        .collect();
    found.sort();
    assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{word} in generation {generation}");
    let near = search(pipeline, word, Stage::VECTORS).unwrap();
    assert_eq!(near.hits.len(), documents.len(), "vectors of generation {generation}");
    assert!(near.hits.iter().all(|hit| documents.contains_key(&hit.id)));
}
