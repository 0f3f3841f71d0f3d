//! Fears that a full or failing disk costs more than the run that met it.

mod support;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use support::rounds::{advance, assert_round};
use trommel_engine::{EngineError, Folder};
use trommel_lexical::LexicalError;
use trommel_testkit::{Fault, FaultyDisk};
use trommel_vector::VectorError;

/// At how many sizes the disk is full.
const SIZES: u64 = 60;

/// The rounds that meet it: the first makes the collection, the others change it, the last compacts.
const ROUNDS: std::ops::RangeInclusive<u64> = 1..=4;

/// A collection on the eve of a round, to be copied for each try.
struct Eve {
    root: tempfile::TempDir,
    source: PathBuf,
    round: u64,
}

impl Eve {
    fn of(round: u64) -> Self {
        let root = tempfile::tempdir().unwrap();
        let source = root.path().join("x.jsonl");
        for before in 1..round {
            advance(&unsynced(&root.path().join("c")), &source, before).unwrap();
        }
        Self { root, source, round }
    }

    fn copy(&self) -> tempfile::TempDir {
        let copy = tempfile::tempdir().unwrap();
        if self.round > 1 {
            copy_folder(&self.root.path().join("c"), &copy.path().join("c"));
        }
        copy
    }

    /// Returns the calls and the bytes of the round.
    fn needs(&self) -> (u64, u64) {
        let root = self.copy();
        let disk = FaultyDisk::default();
        let folder = Folder::on(Arc::new(disk.clone()), &root.path().join("c"));
        advance(&folder, &self.source, self.round).unwrap();
        (disk.calls(), disk.written())
    }

    /// Commits the round on a failing disk, where nothing but the run may be lost; returns whether
    /// it failed.
    fn fails_cleanly(&self, disk: FaultyDisk, reason: &str, case: &str) -> bool {
        let case = format!("round {}, {case}", self.round);
        let root = self.copy();
        let collection = root.path().join("c");
        let folder = Folder::on(Arc::new(disk), &collection);
        let error = advance(&folder, &self.source, self.round).err();
        if let Some(error) = &error {
            let (path, got) = file_and_reason(error);
            assert!(got.contains(reason), "{case}: {got}");
            assert!(path.starts_with(root.path()), "{case}: {}", path.display());
            assert!(reason != FULL || !path.is_dir(), "{case}: {error} names no file");
        }
        let found = assert_round(&collection);
        let old_is_fine = error.is_some() && found == self.round - 1;
        assert!(found == self.round || old_is_fine, "{case}: {found}");
        let again = advance(&unsynced(&collection), &self.source, found + 1);
        again.unwrap_or_else(|error| panic!("{case}, then: {error:?}"));
        assert_eq!(assert_round(&collection), found + 1, "{case}");
        error.is_some()
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if from.is_dir() {
            copy_folder(&from, &to);
        } else {
            fs::copy(&from, &to).unwrap();
        }
    }
}

/// Returns a folder on a healthy disk that syncs nothing, which is quick.
fn unsynced(path: &Path) -> Folder {
    Folder::on(Arc::new(FaultyDisk::default()), path)
}

/// Returns the file that an error names, and what the system said.
fn file_and_reason(error: &EngineError) -> (PathBuf, String) {
    match error {
        EngineError::Io { path, source, .. }
        | EngineError::Lexical(LexicalError::Io { path, source })
        | EngineError::Vector(VectorError::Io { path, source }) => {
            (path.clone(), source.to_string())
        }
        other => panic!("expected Io, got {other:?}, of {:?}", other.source()),
    }
}

const FULL: &str = "no storage space";

#[test]
fn a_disk_that_is_full_at_any_size_leaves_the_old_generation() {
    let mut failed = 0;
    for round in ROUNDS {
        let eve = Eve::of(round);
        let (_, bytes) = eve.needs();
        for size in (0..SIZES).filter(|size| size % 4 == round - 1) {
            let room = bytes * size / SIZES;
            let case = format!("room for {room} of {bytes} bytes");
            failed += u64::from(eve.fails_cleanly(FaultyDisk::with_room(room), FULL, &case));
        }
    }
    // Temporary files are removed on the way, so somewhat less than all bytes is room enough.
    assert!(failed > SIZES / 2, "only {failed} of {SIZES} runs met the full disk");
}

#[test]
fn an_error_at_any_call_names_the_file_and_leaves_the_old_generation() {
    for round in ROUNDS {
        let eve = Eve::of(round);
        let (calls, _) = eve.needs();
        let fails = |at| {
            let disk = FaultyDisk::failing(at, Fault::Error);
            eve.fails_cleanly(disk, "os error 5", &format!("EIO at call {at}"))
        };
        let failed = (1..=calls).filter(|&at| fails(at)).count() as u64;
        assert!(failed > calls / 2, "only {failed} of {calls} errors were reported");
    }
}
