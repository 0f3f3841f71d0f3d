//! How two threads that share a searcher compare with two processes that share nothing.
//!
//! `cargo run --release -p trommel-engine --example shared_searcher [SEARCHES] [DOCUMENTS]`
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "its figures are its purpose")]

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use trommel_engine::{
    CollectionSettings, IndexRequest, SearchSettings, Searcher, Snapshot, Splitting, Stage, index,
};
use trommel_ingest::{IngestOptions, Input};
use trommel_testkit::{Dice, FakeEncoder};

const DIMENSION: usize = 384;
/// How often both ways are measured, in turn.
const ROUNDS: usize = 5;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [mode, folder, searches] = &arguments[..]
        && mode == "--process"
    {
        let searcher = open(Path::new(folder));
        search(&searcher, 0, searches.parse().unwrap());
        return;
    }
    let number =
        |at: usize, usual: usize| arguments.get(at).map_or(usual, |it| it.parse().unwrap());
    let (searches, documents) = (number(0, 2_000), number(1, 20_000));
    let folder = env::temp_dir().join(format!("trommel-shared-{}", std::process::id()));
    make(&folder, documents);
    let collection = folder.join("c");
    let rate = |took: Duration| 2.0 * searches as f64 / took.as_secs_f64();
    let mut ratios = Vec::new();
    for round in 0..ROUNDS {
        let threads = rate(two_threads(&collection, searches));
        let processes = rate(two_processes(&collection, searches));
        ratios.push(threads / processes);
        println!(
            "{round}: {threads:.0} searches/s by two threads, {processes:.0} by two processes, ratio {:.3}",
            threads / processes
        );
    }
    ratios.sort_by(f64::total_cmp);
    println!("median ratio {:.3}", ratios[ROUNDS / 2]);
    fs::remove_dir_all(&folder).unwrap();
}

/// Two threads over one searcher, opened within the time as by processes.
fn two_threads(collection: &Path, searches: usize) -> Duration {
    let start = Instant::now();
    let searcher = open(collection);
    thread::scope(|scope| {
        for seed in 0..2 {
            let searcher = &searcher;
            scope.spawn(move || search(searcher, seed, searches));
        }
    });
    start.elapsed()
}

/// Two processes that do the same, each with a searcher of its own.
fn two_processes(collection: &Path, searches: usize) -> Duration {
    let start = Instant::now();
    let begin = || {
        Command::new(env::current_exe().unwrap())
            .arg("--process")
            .args([collection.as_os_str(), searches.to_string().as_ref()])
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    for mut process in [begin(), begin()] {
        assert!(process.wait().unwrap().success());
    }
    start.elapsed()
}

fn open(collection: &Path) -> Searcher {
    let snapshot = Snapshot::open(collection, Stage::Fused).unwrap();
    Searcher::new(snapshot, Some(Arc::new(FakeEncoder::new(DIMENSION))), Vec::new()).unwrap()
}

fn search(searcher: &Searcher, seed: u64, searches: usize) {
    let settings = SearchSettings { stage: Stage::Fused, ..SearchSettings::default() };
    let mut dice = Dice::new(seed);
    for _ in 0..searches {
        let query = words(&mut dice, 4);
        let answer = searcher.search(&query, &settings, &|| Duration::ZERO).unwrap();
        assert_eq!(answer.hits.len(), settings.k);
    }
}

/// Returns so many words of a language of 5,000, of which the first are the most frequent.
fn words(dice: &mut Dice, count: usize) -> String {
    let mut text = String::new();
    for _ in 0..count {
        let rank = dice.below(5_000).min(dice.below(5_000));
        let _ = write!(text, "w{rank} ");
    }
    text
}

fn make(folder: &Path, documents: usize) {
    fs::create_dir_all(folder).unwrap();
    let mut dice = Dice::new(42);
    let mut lines = String::new();
    for id in 0..documents {
        let text = words(&mut dice, 60);
        let _ = writeln!(lines, r#"{{"_id":"d{id}","title":"","text":"{text}"}}"#);
    }
    let file = folder.join("x.jsonl");
    fs::write(&file, lines).unwrap();
    let request = IndexRequest {
        inputs: vec![Input::Path(file)],
        ingest: IngestOptions::default(),
        keep_missing: false,
        allow_empty: false,
        as_before: false,
        commit_every: usize::MAX,
        depth: None,
        refine: true,
        late: None,
    };
    let settings = CollectionSettings {
        splitting: Splitting { max_tokens: 256, overlap_tokens: 0 },
        insist: false,
        vectors: Default::default(),
    };
    let encoder = FakeEncoder::new(DIMENSION);
    let never = AtomicBool::new(false);
    index(&folder.join("c"), request, &settings, &encoder, &encoder, &mut |_| {}, &never).unwrap();
}
