//! Fears that a file that changed or is gone is shown as if it were what was indexed.

mod common;

use std::fs;
use std::path::Path;

use common::{code, copy_of_sample, data, json, run, words};
use serde_json::Value;

const QUERY: &str = "lost laptop receipts";

/// Returns a copy of the sample, indexed where it lies: laptops changed, receipts gone since.
fn outdated() -> tempfile::TempDir {
    let copy = copy_of_sample();
    assert_eq!(code(&run(copy.path(), &["index", "documents"])), 0);
    let old = sample_root();
    assert_eq!(code(&run(copy.path(), &["remove", "--root", &old])), 0);
    let file = copy.path().join("documents/lost-or-stolen-laptop.txt");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text + "\nMind the caretaker of the lighthouse.\n").unwrap();
    fs::remove_file(copy.path().join("documents/lost-receipts.txt")).unwrap();
    copy
}

fn sample_root() -> String {
    let root = fs::canonicalize(common::sample().join("documents")).unwrap();
    root.to_str().unwrap().to_owned()
}

fn search(folder: &Path, format: &str, more: &[&str]) -> (String, String) {
    let args =
        [&["search", QUERY, "--stage", "bm25", "-k", "5", "--format", format], more].concat();
    let output = run(folder, &args);
    assert_eq!(code(&output), 0, "{}", words(&output));
    (data(&output), words(&output))
}

#[test]
fn every_format_tells_stale_and_gone_hits() {
    let copy = outdated();
    let note = "note: outdated hits: 1 stale, 1 gone; trommel search --fresh QUERY indexes first\n";
    for format in ["text", "json", "jsonl", "trec", "markdown", "paths"] {
        let (_, said) = search(copy.path(), format, &[]);
        assert_eq!(said, note, "{format}");
    }
    let (json, _) = search(copy.path(), "json", &[]);
    let answer: Value = serde_json::from_str(&json).unwrap();
    let freshness = |path: &str| {
        let hits = answer["hits"].as_array().unwrap();
        let hit = hits.iter().find(|hit| hit["source"]["path"] == path).unwrap();
        hit["freshness"].as_str().unwrap().to_owned()
    };
    assert_eq!(freshness("lost-or-stolen-laptop.txt"), "stale");
    assert_eq!(freshness("lost-receipts.txt"), "gone");
    let others = answer["hits"].as_array().unwrap().iter();
    assert!(others.filter(|hit| hit["freshness"] == "current").count() >= 1, "{json}");

    let (lines, _) = search(copy.path(), "jsonl", &[]);
    assert_eq!(lines.matches("\"freshness\":\"stale\"").count(), 1);
    let marked = |text: &str, file: &str, mark: &str| {
        assert!(text.lines().any(|line| line.contains(file) && line.contains(mark)), "{text}");
    };
    let (text, _) = search(copy.path(), "text", &["--explain"]);
    marked(&text, "documents/lost-or-stolen-laptop.txt:", "  stale");
    marked(&text, "documents/lost-receipts.txt:", "  gone");
    marked(&text, "#", "lost-receipts.txt (gone)");
    let (markdown, _) = search(copy.path(), "markdown", &[]);
    marked(&markdown, "`documents/lost-receipts.txt:", "` (gone)");
}

#[test]
fn fresh_indexes_what_changed_first() {
    let copy = outdated();
    let args = ["search", "lighthouse caretaker", "--stage", "bm25", "--format", "paths"];
    assert_eq!(code(&run(copy.path(), &args)), 1);
    let fresh = run(copy.path(), &[&args[..], &["--fresh"]].concat());
    assert_eq!(data(&fresh), "documents/lost-or-stolen-laptop.txt\n", "{}", words(&fresh));
    assert_eq!(words(&fresh), "note: --fresh: 0 added, 1 updated, 1 removed\n");
    let (_, said) = search(copy.path(), "paths", &[]);
    assert_eq!(said, "", "nothing is outdated any more");
}

#[test]
fn a_file_that_was_only_touched_is_current_again_after_indexing() {
    let copy = copy_of_sample();
    json(copy.path(), &["index", "--json", "documents"]);
    json(copy.path(), &["remove", "--json", "--root", &sample_root()]);
    let file = copy.path().join("documents/lost-receipts.txt");
    let later =
        fs::metadata(&file).unwrap().modified().unwrap() + std::time::Duration::from_secs(5);
    fs::File::options().write(true).open(&file).unwrap().set_modified(later).unwrap();
    let (_, said) = search(copy.path(), "paths", &[]);
    assert!(said.contains("1 stale"), "{said}");
    let again = json(copy.path(), &["index", "--json", "documents"]);
    assert_eq!((&again["updated"], &again["passages"]), (&0.into(), &0.into()));
    let (_, said) = search(copy.path(), "paths", &[]);
    assert_eq!(said, "");
}
