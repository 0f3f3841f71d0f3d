//! Fears that a repair that is cut short makes things worse, or loses the only copy of anything.

mod support;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use support::damage::{data_files, files};
use support::rounds::{advance, documents};
use support::{encoder, settings, whole};
use trommel_engine::{EngineError, Folder, Repair, Repaired};
use trommel_testkit::{Fault, FaultyDisk, Kept, power_loss};

/// How many rounds the collection has seen.
const ROUNDS: u64 = 2;

/// What the damaged file holds.
const RUBBISH: &[u8] = b"this was once a file of a collection";

/// A kind of file by how its name ends; what it says is not needed to save every document.
const VICTIMS: [&str; 4] = [".cat", ".vec", ".store", "manifest.json"];

/// A collection on a disk, with one file that is damaged for good.
struct Damaged {
    root: tempfile::TempDir,
    disk: FaultyDisk,
    folder: Folder,
}

impl Damaged {
    fn new(victim: &str) -> Self {
        let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let disk = FaultyDisk::default();
        let folder = Folder::on(Arc::new(disk.clone()), &root.path().join("c"));
        for round in 1..=ROUNDS {
            advance(&folder, &outside.path().join("x.jsonl"), round).unwrap();
        }
        let is_victim = |path: &PathBuf| path.to_string_lossy().ends_with(victim);
        let path = data_files(&folder).into_iter().find(is_victim).unwrap();
        let mut file = folder.disk().create(&path).unwrap();
        file.write_all(RUBBISH).unwrap();
        file.sync().unwrap();
        Self { root, disk, folder }
    }
}

fn repair(folder: &Folder) -> Result<Repaired, EngineError> {
    let repair = Repair::begin(folder)?;
    let encoder = encoder();
    let encoder = repair.needs_encoder().then_some(&encoder as &dyn trommel_core::Encoder);
    repair.carry_out(encoder, &settings())
}

/// Asserts that a collection can be repaired, or is, without the loss of a document or of what is
/// damaged.
fn assert_nothing_is_lost(collection: &Path, case: &str) {
    let is_kept = || files(collection).iter().any(|path| fs::read(path).unwrap() == RUBBISH);
    assert!(is_kept(), "{case}: the damaged file is gone");
    // A healthy disk that syncs nothing, which is quick.
    let folder = Folder::on(Arc::new(FaultyDisk::default()), collection);
    let repaired = repair(&folder).unwrap_or_else(|error| panic!("{case}: {error:?}"));
    assert_eq!(repaired.lost, [""; 0], "{case}");
    let (generation, found) = whole(collection);
    assert_eq!(generation, repaired.generation, "{case}");
    assert_eq!(found, documents(ROUNDS), "{case}");
    assert!(is_kept(), "{case}: the damaged file is gone after the repair");
}

/// Repairs with a fault at every call in turn; `look` sees what each leaves.
fn at_every_call(victim: &str, fault: Fault, look: impl Fn(&Damaged, &str)) {
    let calls_of_a_repair = {
        let damaged = Damaged::new(victim);
        let before = damaged.disk.calls();
        repair(&damaged.folder).unwrap();
        damaged.disk.calls() - before
    };
    assert!(calls_of_a_repair > 10, "{victim}: only {calls_of_a_repair} calls");
    for calls in 0..calls_of_a_repair {
        let damaged = Damaged::new(victim);
        damaged.disk.fail_after(calls, fault);
        let _ = repair(&damaged.folder);
        damaged.disk.revive();
        look(&damaged, &format!("{victim}, {fault:?} after {calls} calls"));
    }
}

#[test]
fn a_fault_at_any_call_of_a_repair_loses_nothing() {
    for victim in VICTIMS {
        for fault in [Fault::Error, Fault::TornWrite] {
            at_every_call(victim, fault, |damaged, case| {
                assert_nothing_is_lost(&damaged.folder, case);
            });
        }
    }
}

#[test]
fn a_power_cut_at_any_call_of_a_repair_loses_nothing() {
    for victim in VICTIMS {
        at_every_call(victim, Fault::Death, |damaged, case| {
            for kept in [Kept::Nothing, Kept::Half] {
                let image = tempfile::tempdir().unwrap();
                let log = damaged.disk.log();
                power_loss(&log, damaged.root.path(), image.path(), &mut || kept).unwrap();
                assert_nothing_is_lost(&image.path().join("c"), &format!("{case}, {kept:?}"));
            }
        });
    }
}
