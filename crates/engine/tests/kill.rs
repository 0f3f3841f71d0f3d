//! Fears that a killed writer leaves a collection that does not open, or whose parts disagree.

mod support;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use support::child::Child;
use support::random::Random;
use support::rounds::{advance, assert_round};
use support::{generation, pipeline, search};
use trommel_engine::{Folder, Stage};
use trommel_testkit::LongRun;

const FOLDER: &str = "TROMMEL_KILL_TEST_FOLDER";

/// How many kills one seed is, at least; a fifth of them must have left a commit.
const KILLS: u64 = 25;

/// Makes one generation after the other for ever, and says so of each on stdout.
#[test]
#[ignore = "the child of `a_killed_writer_leaves_the_last_commit`, which kills it"]
fn child() {
    let Some(root) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let collection = root.join("c");
    let folder = Folder::from(&collection);
    writeln!(std::io::stdout(), "ready").unwrap();
    for round in generation(&collection) + 1.. {
        assert_eq!(advance(&folder, &root.join("x.jsonl"), round).unwrap(), round);
        writeln!(std::io::stdout(), "committed {round}").unwrap();
    }
}

#[test]
fn a_killed_writer_leaves_the_last_commit() {
    (0..12).for_each(kills);
}

#[test]
#[ignore = "10,000 kills; see docs/durability.md"]
fn a_killed_writer_leaves_the_last_commit_many_times() {
    LongRun::of("kill", 400).each(kills);
}

fn kills(seed: u64) {
    let mut random = Random::new(seed);
    let root = tempfile::tempdir().unwrap();
    let collection = root.path().join("c");
    let mut last = 0;
    // In microseconds; a machine that is busy with other things needs longer for a commit.
    let mut longest = 250_000;
    let mut without_commit = 0;
    for kill in 0.. {
        if kill >= KILLS && last > KILLS / 5 {
            break;
        }
        assert!(kill < 10 * KILLS, "the child must have committed often, got {last}");
        let delay = Duration::from_micros(random.below(longest));
        let acknowledged = run_and_kill(root.path(), delay);
        let case = format!("seed {seed}, kill {kill} after {delay:?}");
        let found = assert_round(&collection);
        let at_least = acknowledged.unwrap_or(last);
        assert!((at_least..=at_least + 1).contains(&found), "{case}: {found} after {at_least}");
        without_commit = if found == last { without_commit + 1 } else { 0 };
        if without_commit == 5 {
            (longest, without_commit) = (2 * longest, 0);
        }
        last = found;
    }
    let answer = search(&pipeline(&collection).unwrap(), "pump", Stage::Reranked).unwrap();
    assert!(!answer.hits.is_empty());
}

/// Returns the last generation that the child acknowledged before it died.
fn run_and_kill(root: &Path, delay: Duration) -> Option<u64> {
    let mut child = Child::spawn("child", FOLDER, root);
    assert_eq!(child.line().as_deref(), Some("ready"));
    std::thread::sleep(delay);
    child.kill();
    let acknowledged =
        |line: String| line.strip_prefix("committed ").and_then(|rest| rest.parse().ok());
    std::iter::from_fn(|| child.line()).filter_map(acknowledged).last()
}
