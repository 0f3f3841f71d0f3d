//! Fears that a power cut takes back what was committed, or leaves a mix.

mod support;

use std::sync::Arc;

use support::rounds::{advance, assert_round};
use support::{generation, random::Random};
use trommel_engine::Folder;
use trommel_testkit::{Fault, FaultyDisk, Kept, LongRun, power_loss};

/// How many power cuts are played on one history.
const CUTS: u64 = 50;

/// The rounds of a history.
const ROUNDS: u64 = 9;

#[test]
fn a_power_cut_leaves_what_was_acknowledged() {
    (0..10).for_each(power_cuts);
}

#[test]
#[ignore = "20,000 images; see docs/durability.md"]
fn a_power_cut_leaves_what_was_acknowledged_many_times() {
    LongRun::of("power_loss", 400).each(power_cuts);
}

/// Plays a history in which the process dies now and then, then cuts the power at random calls.
fn power_cuts(seed: u64) {
    let mut random = Random::new(seed);
    let root = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    let source = outside.path().join("x.jsonl");
    let disk = FaultyDisk::default();
    let collection = root.path().join("c");
    let folder = Folder::on(Arc::new(disk.clone()), &collection);
    // Up to where the log had come when a generation was acknowledged.
    let mut acknowledged = vec![(0, 0)];
    while generation(&collection) < ROUNDS {
        if random.below(3) == 0 {
            disk.fail_after(random.below(60), Fault::Death);
        }
        let round = generation(&collection) + 1;
        if let Ok(generation) = advance(&folder, &source, round) {
            assert_eq!(generation, round);
            acknowledged.push((disk.log().len(), round));
        }
        disk.revive();
    }
    let log = disk.log();
    for cut in 0..CUTS {
        let end = random.below(log.len() as u64 + 1) as usize;
        let (_, at_least) = acknowledged.iter().rev().find(|(at, _)| *at <= end).unwrap();
        let kept_of_8 = random.below(9);
        let mut keep = || match random.below(8) {
            draw if draw < kept_of_8 => Kept::Whole,
            draw if draw % 2 == 0 => Kept::Half,
            _ => Kept::Nothing,
        };
        let image = tempfile::tempdir().unwrap();
        power_loss(&log[..end], root.path(), image.path(), &mut keep).unwrap();
        let collection = image.path().join("c");
        let found = assert_round(&collection);
        let case = format!("seed {seed}, cut {cut} after {end} calls: {found} after {at_least}");
        assert!(found >= *at_least, "{case}");
        if cut % 10 == 0 {
            advance(&Folder::from(&collection), &source, found + 1).expect(&case);
            assert_eq!(assert_round(&collection), found + 1, "{case}");
        }
    }
}
