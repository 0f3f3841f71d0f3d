//! Fears about a searcher that threads share while a writer commits: an answer of two generations, a
//! searcher that stays behind or goes back, a reload that leaves nothing to search.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use support::{WORDS, index_paths, indexed, outcome, pipeline, write_jsonl};
use trommel_engine::{Answer, EngineError, ReloadPolicy, SearchSettings, Searcher, Stage};
use trommel_testkit::{Dice, LongRun};

const THREADS: u64 = 8;
const COMMITS: u64 = 50;

/// An answer to the last bit.
type Outcome = Vec<(String, u32)>;

const STAGES: [Stage; 3] = [Stage::LEXICAL, Stage::Fused, Stage::Reranked];

fn ask(searcher: &Searcher, word: &str, stage: Stage) -> Answer {
    let settings = SearchSettings { stage, ..SearchSettings::default() };
    searcher.search(word, &settings, &|| Duration::ZERO).unwrap()
}

/// Writes the documents of a generation, of which no two have the same, and commits them.
fn commit(folder: &Path, generation: u64) {
    let file = folder.join("x.jsonl");
    write_jsonl(&file, 0..20 + generation % 7, generation);
    index_paths(&folder.join("c"), &[file]).unwrap();
}

#[test]
fn every_answer_is_that_of_one_generation() {
    search_while_writing(40, 8);
}

#[test]
#[ignore = "16,000 searches; see docs/durability.md"]
fn every_answer_is_that_of_one_generation_many_times() {
    let run = LongRun::of("shared_searcher", 2_000);
    let searches = run.seeds().end - run.seeds().start;
    let before = resident();
    search_while_writing(searches, COMMITS);
    run.record(&format!("{THREADS} threads; peak memory {before} kB, then {} kB", resident()));
}

/// Returns the most memory that the process has had, in kB; 0 where the system does not say.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}

/// Lets threads search as often, over one searcher, while a writer commits as often.
fn search_while_writing(searches: u64, commits: u64) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    commit(root, 0);
    let searcher = pipeline(&root.join("c")).unwrap().with_reload_policy(ReloadPolicy::OnSearch);
    let first = searcher.snapshot().manifest().generation;
    let share = searches.div_ceil(commits);
    let written = AtomicBool::new(false);
    let (answers, expected) = thread::scope(|scope| {
        let (searcher, written) = (&searcher, &written);
        let threads: Vec<_> = (0..THREADS)
            .map(|seed| scope.spawn(move || search(searcher, seed, (searches, share), written)))
            .collect();
        // Each generation is searched alone right after its commit: that is what it answers.
        let mut expected = BTreeMap::from([(first, alone(root))]);
        for number in 1..=commits {
            commit(root, number);
            expected.insert(first + number, alone(root));
        }
        written.store(true, Ordering::Relaxed);
        let answers: Vec<_> = threads.into_iter().flat_map(|it| it.join().unwrap()).collect();
        (answers, expected)
    });
    assert!(answers.len() as u64 >= THREADS * searches);
    let seen: BTreeSet<u64> = answers.iter().map(|answer| answer.0).collect();
    for (generation, word, stage, got) in answers {
        assert_eq!(got, expected[&generation][&(word, stage)], "{word} in {generation}");
    }
    assert!(seen.len() > 2 && seen.contains(&(first + commits)), "only {seen:?}");
}

/// What a thread was answered: the generation, the word, the stage and the hits.
type Answered = (u64, &'static str, Stage, Outcome);

/// Searches until the last generation is written and `searches` answers are kept, of each generation
/// before it no more than `share`; generations never go back.
fn search(
    searcher: &Searcher,
    seed: u64,
    (searches, share): (u64, u64),
    written: &AtomicBool,
) -> Vec<Answered> {
    let mut dice = Dice::new(seed);
    let mut answers: Vec<Answered> = Vec::new();
    let (mut last, mut of_last) = (0, 0);
    loop {
        // Looked at before the search, which then sees the last generation.
        let over = written.load(Ordering::Relaxed);
        let (word, stage) = (WORDS[dice.below(WORDS.len())], STAGES[dice.below(STAGES.len())]);
        let answer = ask(searcher, word, stage);
        assert!(answer.generation >= last, "generation {} after {last}", answer.generation);
        of_last = if answer.generation == last { of_last + 1 } else { 0 };
        last = answer.generation;
        if of_last < share || over {
            answers.push((last, word, stage, outcome(&answer)));
        }
        if over && answers.len() as u64 >= searches {
            return answers;
        }
    }
}

/// What the newest generation answers to every word, opened for itself.
fn alone(root: &Path) -> BTreeMap<(&'static str, Stage), Outcome> {
    let searcher = pipeline(&root.join("c")).unwrap();
    let all = WORDS.into_iter().flat_map(|word| STAGES.map(|stage| (word, stage)));
    all.map(|(word, stage)| ((word, stage), outcome(&ask(&searcher, word, stage)))).collect()
}

#[test]
fn a_searcher_stays_where_it_is_until_it_is_reloaded() {
    let folder = tempfile::tempdir().unwrap();
    let collection = indexed(folder.path(), 0..20, 1);
    let searcher = pipeline(&collection).unwrap();
    let generation = || ask(&searcher, "pump", Stage::Fused).generation;
    let first = generation();
    assert!(!searcher.reload().unwrap());
    commit(folder.path(), 5);
    assert_eq!(generation(), first);
    // Whoever holds a generation keeps it.
    let held = searcher.snapshot();
    assert!(searcher.reload().unwrap());
    assert_eq!((held.manifest().generation, generation()), (first, first + 1));
    assert!(held.document("d3").unwrap().is_some());
    // And nobody else does: a generation that no search is in is closed.
    let known = Arc::downgrade(&held);
    drop(held);
    assert!(known.upgrade().is_none());
}

#[test]
fn a_reload_that_fails_leaves_the_generation_that_there_was() {
    let folder = tempfile::tempdir().unwrap();
    let collection = indexed(folder.path(), 0..20, 1);
    let searcher = pipeline(&collection).unwrap();
    let before = outcome(&ask(&searcher, "pump", Stage::Reranked));
    fs::rename(collection.join("manifest.json"), collection.join("away.json")).unwrap();
    assert!(matches!(searcher.reload(), Err(EngineError::LostManifest { .. })));
    assert_eq!(outcome(&ask(&searcher, "pump", Stage::Reranked)), before);
    // Whoever wants every search to see the newest generation is told that it cannot be seen.
    let searcher = searcher.with_reload_policy(ReloadPolicy::OnSearch);
    let settings = SearchSettings { stage: Stage::Fused, ..SearchSettings::default() };
    let failed = searcher.search("pump", &settings, &|| Duration::ZERO);
    assert!(matches!(failed, Err(EngineError::LostManifest { .. })));
    fs::rename(collection.join("away.json"), collection.join("manifest.json")).unwrap();
    assert_eq!(outcome(&ask(&searcher, "pump", Stage::Reranked)), before);
}

#[test]
fn a_searcher_can_be_shared() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Searcher>();
}
