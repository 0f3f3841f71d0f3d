//! Fears for a collection that follows its files: that a change is missed, found late, or undone.

mod common;

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use common::server::Server;
use common::{json, program, run};
use serde_json::json;

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn notes() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("notes")).unwrap();
    fs::write(folder.path().join("notes/heron.txt"), "The heron nests in April.").unwrap();
    json(folder.path(), &["index", "--json", "notes"]);
    folder
}

fn finds(folder: &Path, word: &str) -> bool {
    let output = run(folder, &["search", "--stage", "bm25", "--format", "paths", word]);
    output.status.success()
}

/// Waits until that holds; returns how long it took.
fn until(what: &str, holds: impl Fn() -> bool) -> Duration {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(60), "never: {what}");
        thread::sleep(Duration::from_millis(20));
    }
    began.elapsed()
}

#[test]
fn what_is_saved_renamed_and_removed_is_followed() {
    let folder = notes();
    let root = folder.path();
    let mut command = program(root);
    command.arg("watch").stdout(Stdio::null()).stderr(Stdio::null());
    let _watch = Running(command.spawn().unwrap());
    // The first change tells that it watches by now.
    until("the first change", || {
        fs::write(root.join("notes/first.txt"), "A pochard.").unwrap();
        finds(root, "pochard")
    });
    // As an editor saves: beside it, then over it.
    fs::write(root.join("notes/heron.txt.tmp"), "The bittern booms.").unwrap();
    fs::rename(root.join("notes/heron.txt.tmp"), root.join("notes/heron.txt")).unwrap();
    until("the new text", || finds(root, "bittern"));
    until("the old text is gone", || !finds(root, "heron nests"));
    fs::rename(root.join("notes"), root.join("elsewhere")).unwrap();
    fs::create_dir(root.join("notes")).unwrap();
    fs::rename(root.join("elsewhere/heron.txt"), root.join("notes/renamed.txt")).unwrap();
    until("the renamed file", || {
        let found = json(root, &["search", "--stage", "bm25", "--format", "json", "bittern"]);
        found["hits"][0]["id"] == "renamed.txt"
    });
    fs::remove_file(root.join("notes/renamed.txt")).unwrap();
    fs::write(root.join("notes/last.txt"), "A garganey.").unwrap();
    until("what is removed is gone", || !finds(root, "bittern") && finds(root, "garganey"));
}

#[test]
fn a_server_finds_what_is_saved_within_moments() {
    let folder = notes();
    let server = Server::start(folder.path(), &["serve", "--watch"]);
    let finds = |word: &str| {
        let asked = json!({ "query": word, "stage": "bm25", "k": 1 });
        !server.post("/v1/search", &asked).json()["hits"].as_array().unwrap().is_empty()
    };
    until("the first change", || {
        fs::write(folder.path().join("notes/first.txt"), "A pochard.").unwrap();
        finds("pochard")
    });
    let mut times: Vec<Duration> = (0..10)
        .map(|number| {
            let word = format!("zyx{number}word");
            fs::write(folder.path().join("notes/now.txt"), format!("About {word}.")).unwrap();
            until(&word, || finds(&word))
        })
        .collect();
    times.sort();
    // Far above what it takes, for a machine that is busy with other tests.
    assert!(times[5] < Duration::from_secs(5), "{times:?}");
}
