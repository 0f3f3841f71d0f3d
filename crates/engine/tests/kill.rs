//! Fears that a killed writer leaves a collection that does not open, or whose parts disagree.

mod support;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use support::{index_with, pipeline, request, search, write_jsonl};
use trommel_engine::{Event, Stage, check, status};

const FOLDER: &str = "TROMMEL_KILL_TEST_FOLDER";
const KILLS: u64 = 50;

/// Indexes changing documents for ever, in many small commits, and says so of each on stdout.
#[test]
#[ignore = "the child of `a_killed_writer_leaves_the_last_commit`, which kills it"]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let file = folder.join("x.jsonl");
    let seed = u64::from(std::process::id());
    for round in 0.. {
        write_jsonl(&file, round % 3 * 10..60 + round % 5 * 10, seed + round / 2);
        let mut request = request(std::slice::from_ref(&file));
        request.commit_every = 20;
        let mut acknowledge = |event| {
            if let Event::Committed { generation } = event {
                writeln!(std::io::stdout(), "committed {generation}").unwrap();
            }
        };
        index_with(&folder.join("c"), request, &mut acknowledge).unwrap();
    }
}

#[test]
fn a_killed_writer_leaves_the_last_commit() {
    let folder = tempfile::tempdir().unwrap();
    let mut last = 0;
    for kill in 0..KILLS {
        let delay = Duration::from_micros(3_000 + kill * 7_919 % 120_000);
        last = last.max(run_and_kill(folder.path(), delay));
        let collection = folder.path().join("c");
        if last == 0 {
            continue;
        }
        let report = check(&collection).unwrap();
        assert_eq!(report.findings, [], "after kill {kill}");
        assert!(report.generation >= last, "generation {} after {last}", report.generation);
        last = report.generation;
        let status = status(&collection).unwrap();
        assert_eq!((status.passages, status.vectors), (report.passages as u64, status.passages));
        let answer = search(&pipeline(&collection).unwrap(), "pump leak", Stage::Reranked).unwrap();
        assert!(!answer.hits.is_empty());
    }
    assert!(last > KILLS, "the child must have committed often, got {last}");
}

/// Returns the last generation that the child acknowledged before it died.
fn run_and_kill(folder: &Path, delay: Duration) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let acknowledged =
        |line: String| line.strip_prefix("committed ").and_then(|rest| rest.parse().ok());
    let first: Option<u64> = lines.by_ref().find_map(acknowledged);
    std::thread::sleep(delay);
    child.kill().unwrap();
    child.wait().unwrap();
    lines.filter_map(acknowledged).last().or(first).unwrap_or(0)
}
