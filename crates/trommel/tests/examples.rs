//! The fear that an example of the tutorial no longer does what it says: each is run as a program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns an example's program, which `cargo test` builds beside the tests.
fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let build = test.parent().and_then(Path::parent).unwrap();
    build.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Runs an example in an empty folder that holds a folder of notes, and returns what it printed.
fn run(name: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let notes = folder.path().join("notes");
    fs::create_dir(&notes).unwrap();
    fs::write(notes.join("release.md"), "# Releases\n\nRoll back to undo a release.\n").unwrap();
    fs::write(notes.join("lunch.txt"), "Lunch is at noon.\n").unwrap();
    let output = Command::new(program(name))
        .current_dir(folder.path())
        .env("TROMMEL_HOME", trommel_testkit::store().home())
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {words}");
    assert_eq!(words, "", "{name}: a library prints nothing");
    String::from_utf8(output.stdout).unwrap()
}

/// Returns the first word of each line.
fn firsts(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.split_whitespace().next()).collect()
}

#[test]
fn embed_finds_the_note_and_says_where() {
    let said = run("embed");
    let best = said.lines().next().unwrap();
    assert!(best.contains("notes/release.md:1-3"), "{said}");
    assert!(best.contains("Roll back to undo a release."), "{said}");
    assert!(said.contains("memo-1:1 Call the plumber."), "{said}");
}

#[test]
fn search_folder_indexes_once_and_shows_the_best() {
    let said = run("search_folder");
    assert!(said.starts_with("2 added, 0 unchanged\n1. "), "{said}");
    assert!(said.lines().nth(1).unwrap().ends_with("notes/release.md:1-3"), "{said}");
}

#[test]
fn add_documents_filters_and_removes() {
    let said = run("add_documents");
    assert!(said.contains("memo-3: Added\ngeneration 1\nfound memo-2: "), "{said}");
    assert!(said.ends_with("2 documents are left\n"), "{said}");
}

#[test]
fn explain_shows_stages_steps_and_the_gate() {
    let said = run("explain");
    assert_eq!(firsts(&said)[0], "zoo", "{said}");
    for step in ["bm25", "dense", "reranked", "encode", "fuse", "rerank", "read"] {
        assert!(firsts(&said).contains(&step), "{step}: {said}");
    }
    assert!(said.lines().last().unwrap().starts_with("letter: ranked below the hits"), "{said}");
}

#[test]
fn rerank_only_orders_texts() {
    let said = run("rerank_only");
    let answers: Vec<&str> = said.lines().map(|line| &line[7..]).collect();
    assert_eq!(answers, ["Paris is the capital of France", "Rome is the capital of Italy"]);
}

#[test]
fn own_encoder_forgives_spelling() {
    assert_eq!(run("own_encoder"), "1 The accommodation was embarrassing.\n");
}

#[test]
fn own_reranker_has_its_say() {
    let said = run("own_reranker");
    // All three words of the query, less a tenth for each of 3 and of 14 words.
    let mut logits: Vec<&str> = said.lines().map(|line| line.rsplit(' ').next().unwrap()).collect();
    logits.sort_unstable();
    assert_eq!(logits, ["Some(1.6)", "Some(2.7)"], "{said}");
}

#[test]
fn own_retriever_is_a_third_source() {
    let said = run("own_retriever");
    let lines: Vec<&str> = said.lines().collect();
    let opened = |id: &str| {
        let at = lines.iter().position(|line| line.starts_with(id)).unwrap();
        lines[at + 4].split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(opened("boiler"), "Some(7.0)", "{said}");
    assert_eq!(opened("bill"), "Some(1.0) imputed", "{said}");
    // Half of three halves is a third: what is best by it alone gets at least that.
    let score = |id: &str| -> f32 {
        let line = lines.iter().find(|line| line.starts_with(id)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    assert!(score("boiler") >= 0.333, "{said}");
}

#[test]
fn evaluate_compares_two_stages() {
    let said = run("evaluate");
    assert_eq!(firsts(&said), ["BM25", "fused", "p"]);
    // No query shares a word with its document but stop words, and vectors find all three.
    assert_eq!(said.lines().nth(1), Some("fused  1.0000"), "{said}");
}
