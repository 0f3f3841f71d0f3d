//! Fears that a crash at some call leaves a collection between two generations.

mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use support::generation;
use support::rounds::{advance, assert_round};
use trommel_engine::Folder;
use trommel_testkit::{Call, Fault, FaultyDisk, Kept, power_loss};

/// The rounds of a history: the first makes the collection, the second and third change it and add
/// segments, the fourth compacts.
const ROUNDS: u64 = 4;

/// A history without any mishap.
struct History {
    root: tempfile::TempDir,
    outside: tempfile::TempDir,
    log: Vec<Call>,
    /// How long the log was when each round was acknowledged; 0 for none.
    acknowledged: Vec<usize>,
}

impl History {
    fn new() -> Self {
        let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let disk = FaultyDisk::default();
        let folder = Folder::on(Arc::new(disk.clone()), &root.path().join("c"));
        let mut acknowledged = vec![0];
        for round in 1..=ROUNDS {
            let source = outside.path().join("x.jsonl");
            assert_eq!(advance(&folder, &source, round).unwrap(), round);
            acknowledged.push(disk.log().len());
        }
        let log = disk.log();
        assert!(log.len() > 150, "only {} calls", log.len());
        Self { root, outside, log, acknowledged }
    }

    /// Asserts that what `calls` may leave is the generation acknowledged before them or the next,
    /// and that the next run goes on from there.
    fn assert_old_or_new(&self, calls: &[Call], before: usize, kept: Kept, case: &str) {
        let image = tempfile::tempdir().unwrap();
        power_loss(calls, self.root.path(), image.path(), &mut || kept).unwrap();
        let collection = image.path().join("c");
        let found = assert_round(&collection);
        let at_least = self.acknowledged.iter().rposition(|&at| at <= before).unwrap() as u64;
        assert!((at_least..=at_least + 1).contains(&found), "{case}: {found} after {at_least}");
        // Going on is slow beside looking.
        if !before.is_multiple_of(3) {
            return;
        }
        let next = advance(&unsynced(&collection), &self.source(), found + 1);
        assert_eq!(next.unwrap_or_else(|error| panic!("{case}: {error:?}")), found + 1);
        assert_eq!(assert_round(&collection), found + 1, "{case}");
    }

    fn source(&self) -> PathBuf {
        self.outside.path().join("x.jsonl")
    }
}

/// Returns a folder on a healthy disk that syncs nothing, which is quick.
fn unsynced(path: &Path) -> Folder {
    Folder::on(Arc::new(FaultyDisk::default()), path)
}

#[test]
fn a_death_at_any_call_leaves_the_old_or_the_new_generation() {
    let history = History::new();
    for end in 0..=history.log.len() {
        let case = format!("death after {end} calls");
        history.assert_old_or_new(&history.log[..end], end, Kept::Whole, &case);
    }
}

#[test]
fn a_torn_write_leaves_the_old_or_the_new_generation() {
    let history = History::new();
    for (at, call) in history.log.iter().enumerate() {
        let Call::Write(file, offset, bytes) = call else { continue };
        let half = Call::Write(*file, *offset, bytes[..bytes.len() / 2].to_vec());
        let calls = [&history.log[..at], &[half]].concat();
        history.assert_old_or_new(&calls, at, Kept::Whole, &format!("call {at} torn"));
    }
}

#[test]
fn unsynced_data_lost_at_any_call_leaves_the_old_or_the_new_generation() {
    let history = History::new();
    for kept in [Kept::Nothing, Kept::Half] {
        for end in 0..=history.log.len() {
            let case = format!("{kept:?} of what was not synced kept after {end} calls");
            history.assert_old_or_new(&history.log[..end], end, kept, &case);
        }
    }
}

/// A writer died between the rename of the manifest and the sync of its folder. The next one saw
/// the new generation and removed the files of the old; then a power cut took the rename back.
#[test]
fn a_manifest_that_may_not_last_is_not_built_upon() {
    let outside = tempfile::tempdir().unwrap();
    let source = outside.path().join("x.jsonl");
    let root = tempfile::tempdir().unwrap();
    let disk = FaultyDisk::default();
    let collection = root.path().join("c");
    let folder = Folder::on(Arc::new(disk.clone()), &collection);
    for round in 1..ROUNDS {
        advance(&folder, &source, round).unwrap();
    }
    disk.die_after_rename_to("manifest.json");
    assert!(advance(&folder, &source, ROUNDS).is_err());
    disk.revive();
    assert_eq!(assert_round(&collection), ROUNDS);

    // The next writer only opens, and commits nothing.
    let encoder = support::encoder();
    let settings = support::settings();
    let fingerprint = trommel_core::Encoder::fingerprint(&encoder);
    trommel_engine::CollectionWriter::open_or_create(&folder, fingerprint, &settings).unwrap();

    // The power goes: removals reach the disk, the rename does not.
    let image = tempfile::tempdir().unwrap();
    let mut undecided = 0;
    let mut keep = || {
        undecided += 1;
        // Such as the new name of the manifest before and after its rename.
        if undecided <= 2 { Kept::Nothing } else { Kept::Whole }
    };
    power_loss(&disk.log(), root.path(), image.path(), &mut keep).unwrap();
    assert_eq!(assert_round(&image.path().join("c")), ROUNDS);
}

/// A first run died between making the collection's folder and syncing the folder above. The next
/// found the folder there and committed into it; then a power cut took the folder's name.
#[test]
fn a_folder_that_may_not_last_is_not_built_upon() {
    let outside = tempfile::tempdir().unwrap();
    let source = outside.path().join("x.jsonl");
    for calls in 0.. {
        let root = tempfile::tempdir().unwrap();
        let disk = FaultyDisk::default();
        // Two folders are missing.
        let collection = root.path().join("b/c");
        let folder = Folder::on(Arc::new(disk.clone()), &collection);
        disk.fail_after(calls, Fault::Death);
        if advance(&folder, &source, 1).is_ok() {
            assert!(calls > 30, "only {calls} calls");
            return;
        }
        disk.revive();
        let round = generation(&collection) + 1;
        advance(&folder, &source, round).unwrap();

        let image = tempfile::tempdir().unwrap();
        power_loss(&disk.log(), root.path(), image.path(), &mut || Kept::Nothing).unwrap();
        let found = assert_round(&image.path().join("b/c"));
        assert_eq!(found, round, "a death after {calls} calls");
    }
}
