//! Fears that Ctrl-C or the system's wish to end costs a commit, or leaves the user in the dark.
#![cfg(unix)]

mod common;

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use common::{code, run, words};
use trommel_engine::{Manifest, check};
use trommel_testkit::LongRun;

/// The signals and the exit codes that scripts see.
const SIGNALS: [(&str, i32, i32); 2] = [("-INT", 2, 130), ("-TERM", 15, 143)];

/// How many runs one seed ends.
const RUNS: u64 = 10;

#[test]
fn a_signal_at_any_time_keeps_the_last_commit_and_says_so() {
    interrupted_runs(0);
}

#[test]
#[ignore = "100 runs; see docs/durability.md"]
fn a_signal_at_any_time_keeps_the_last_commit_and_says_so_many_times() {
    LongRun::of("signals", 10).each(interrupted_runs);
}

fn interrupted_runs(seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let collection = folder.path().join(".trommel");
    write_documents(folder.path(), u64::MAX);
    let begin = Instant::now();
    let first = run(folder.path(), &["index", "documents"]);
    assert_eq!(code(&first), 0, "{}", words(&first));
    let whole_run = begin.elapsed();
    let mut told = 0;
    for time in 0..RUNS {
        write_documents(folder.path(), seed * RUNS + time);
        let (signal, number, expected) = SIGNALS[(time % 2) as usize];
        let before = Manifest::read(&collection).unwrap().generation;
        // Spread over a run, and differently for each seed.
        let delay = whole_run * (10 + (time * 37 + seed * 11) as u32 % 80) / 100;
        let output = interrupted_after(folder.path(), delay, signal);
        let case = format!("{signal} after {delay:?} of {whole_run:?}: {}", words(&output));

        let report = check(&collection).unwrap();
        assert_eq!(report.findings, [], "{case}");
        let kept = report.generation;
        match output.status.code() {
            // It came too late: the run is complete.
            Some(0) => assert!(kept > before, "{case}"),
            Some(code) => {
                assert_eq!((code, kept), (expected, before), "{case}");
                if !output.stderr.is_empty() {
                    let sentence = format!("interrupted; generation {kept} is kept");
                    assert!(words(&output).contains(&sentence), "{case}");
                    told += 1;
                }
            }
            // It came before the program could listen.
            None => assert_eq!((output.status.signal(), kept), (Some(number), before), "{case}"),
        }
    }
    assert!(told > RUNS / 4, "only {told} of {RUNS} runs were interrupted in their work");
}

/// Writes documents that are others for each salt, so that a run has all of them to encode.
fn write_documents(folder: &Path, salt: u64) {
    let documents = folder.join("documents");
    fs::create_dir_all(&documents).unwrap();
    for name in 0..60 {
        let text = "The pump leaks where the seal meets the valve of the boiler. ".repeat(6);
        let path = documents.join(format!("{name}.txt"));
        fs::write(path, format!("Note {name} of run {salt}. {text}")).unwrap();
    }
}

/// Begins to index the documents, and ends that.
fn interrupted_after(folder: &Path, delay: Duration, signal: &str) -> Output {
    let child = Command::new(assert_cmd::cargo::cargo_bin!("trommel"))
        .args(["index", "documents"])
        .current_dir(folder)
        .env("TROMMEL_HOME", common::store())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(delay);
    let pid = child.id().to_string();
    assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    child.wait_with_output().unwrap()
}
