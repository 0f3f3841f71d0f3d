//! Fears that two processes write at once, that the second waits, or that a dead one's lock stays.

mod support;

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use support::child::Child;
use support::rounds::assert_round;
use support::{encoder, settings};
use trommel_core::Encoder;
use trommel_engine::{CollectionWriter, EngineError};

const FOLDER: &str = "TROMMEL_RACE_TEST_FOLDER";
const RACES: usize = 200;

/// How soon a second writer is refused.
const REFUSED_WITHIN: Duration = Duration::from_millis(100);

/// Takes the collection and gives it back, as it is told on stdin.
#[test]
#[ignore = "the child of `one_of_two_writers_wins_and_the_other_is_told_who`"]
fn child() {
    let Some(collection) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let say = |line: String| writeln!(std::io::stdout(), "{line}").unwrap();
    say("ready".into());
    let mut writer = None;
    for line in std::io::stdin().lock().lines() {
        if line.unwrap() == "release" {
            writer = None;
            say("released".into());
            continue;
        }
        let begin = Instant::now();
        let encoder = encoder();
        match CollectionWriter::open_or_create(&collection, encoder.fingerprint(), &settings()) {
            Ok(won) => {
                writer = Some(won);
                say("won".into());
            }
            Err(EngineError::Locked { pid, .. }) => {
                say(format!("locked {} {}", pid.unwrap_or(0), begin.elapsed().as_micros()));
            }
            Err(error) => say(format!("failed {error:?}")),
        }
    }
    drop(writer);
}

#[test]
fn one_of_two_writers_wins_and_the_other_is_told_who() {
    let root = tempfile::tempdir().unwrap();
    let collection = root.path().join("c");
    let mut writers = [spawn(&collection), spawn(&collection)];
    for race in 0..RACES {
        // In the second half there is a collection; in the first it vanishes after each race.
        if race == RACES / 2 {
            let folder = trommel_engine::Folder::from(&collection);
            support::rounds::advance(&folder, &root.path().join("x.jsonl"), 1).unwrap();
        }
        writers.iter_mut().for_each(|writer| writer.tell("take"));
        let said = writers.each_mut().map(|writer| writer.line().unwrap());
        let winner = said.iter().position(|line| line == "won").expect("one wins");
        let loser = 1 - winner;
        let expected = writers[winner].id();
        let took = refusal(&said[loser], expected, race);
        if took > REFUSED_WITHIN {
            // A machine that stood still for a moment is no fault; a writer that waits is one.
            writers[loser].tell("take");
            let again = writers[loser].line().unwrap();
            let took = refusal(&again, expected, race);
            assert!(took <= REFUSED_WITHIN, "race {race}: refused after {took:?}");
        }
        if race % 10 == 9 {
            writers[winner].kill();
            writers[winner] = spawn(&collection);
            writers[loser].tell("take");
            assert_eq!(writers[loser].line().unwrap(), "won", "race {race}: a dead one's lock");
            release(&mut writers[loser]);
        } else {
            release(&mut writers[winner]);
        }
    }
    assert_eq!(assert_round(&collection), 1);
}

fn spawn(collection: &Path) -> Child {
    let mut child = Child::spawn("child", FOLDER, collection);
    assert_eq!(child.line().as_deref(), Some("ready"));
    child
}

fn release(writer: &mut Child) {
    writer.tell("release");
    assert_eq!(writer.line().as_deref(), Some("released"));
}

/// Returns how long a refusal took, which must name the winner.
fn refusal(said: &str, winner: u32, race: usize) -> Duration {
    let words: Vec<&str> = said.split(' ').collect();
    let ["locked", pid, micros] = words[..] else { panic!("race {race}: {said}") };
    assert_eq!(pid, winner.to_string(), "race {race}: the one that is named");
    Duration::from_micros(micros.parse().unwrap())
}
