//! Fears for a search in several collections: one that crowds out another, a hit of unknown home, scores that
//! are others than alone.

mod common;

use std::fs;
use std::path::Path;

use common::{code, data, json, run, words};
use serde_json::Value;

const QUERY: &str = "how long does the leave last";

/// Returns a folder with two collections, `large` and `small`.
fn two() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample/corpus");
    for (name, from, most) in [("large", "handbook", 24), ("small", "garden", 1)] {
        fs::create_dir(folder.path().join(name)).unwrap();
        for entry in fs::read_dir(corpus.join(from)).unwrap().take(most) {
            let file = entry.unwrap().path();
            fs::copy(&file, folder.path().join(name).join(file.file_name().unwrap())).unwrap();
        }
        let output = run(folder.path(), &["-c", &format!("{name}/.trommel"), "index", name]);
        assert_eq!(code(&output), 0, "{}", words(&output));
    }
    folder
}

const BOTH: [&str; 5] = ["search", "-c", "large/.trommel", "-c", "other=small/.trommel"];

fn hits(answer: &Value) -> Vec<Value> {
    answer["hits"].as_array().unwrap().clone()
}

#[test]
fn every_hit_is_that_of_its_collection_alone_and_they_stand_by_their_scores() {
    let folder = two();
    let typed = [&BOTH[..], &[QUERY, "-k", "6", "--format", "json"]].concat();
    let answer = json(folder.path(), &typed);
    let merged = hits(&answer);
    assert_eq!(merged.len(), 6);
    let ranks: Vec<u64> = merged.iter().map(|hit| hit["rank"].as_u64().unwrap()).collect();
    assert_eq!(ranks, [1, 2, 3, 4, 5, 6]);
    let score = |hit: &Value| hit["score"].as_f64().unwrap();
    assert!(merged.is_sorted_by(|a, b| score(a) >= score(b)), "{merged:?}");
    for (name, folder_name) in [("large", "large/.trommel"), ("other", "small/.trommel")] {
        let typed = ["search", "-c", folder_name, QUERY, "-k", "6", "--format", "json"];
        let alone = hits(&json(folder.path(), &typed));
        let of_it: Vec<&Value> = merged.iter().filter(|hit| hit["collection"] == name).collect();
        for (merged, alone) in of_it.iter().zip(&alone) {
            assert_eq!((&merged["id"], &merged["score"]), (&alone["id"], &alone["score"]));
        }
        // Whatever was left out of a collection is no better than what is there.
        let least = merged.last().map(score).unwrap();
        assert!(alone[of_it.len()..].iter().all(|hit| score(hit) <= least), "{name}");
    }
    let names: Vec<&Value> =
        answer["collections"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["large", "other"]);
}

#[test]
fn every_format_says_which_documents_they_are() {
    let folder = two();
    let run = |rest: &[&str]| {
        let output = run(folder.path(), &[&BOTH[..], &[QUERY, "--stage", "fused"], rest].concat());
        (code(&output), data(&output), words(&output))
    };
    let (_, text, _) = run(&["-k", "30"]);
    assert!(text.contains("  [large]\n") && text.contains("  [other]"), "{text}");
    let (_, explained, _) = run(&["--explain"]);
    assert!(explained.contains("\n[large]\n") && explained.contains("\n[other]\n"), "{explained}");
    let (_, lines, _) = run(&["--format", "jsonl", "-k", "3"]);
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!((&first["rank"], &first["schema"]), (&1.into(), &"trommel.hit.v1".into()));
    assert!(first["collection"].is_string());
    let (_, paths, _) = run(&["--format", "paths", "-k", "30"]);
    assert!(paths.lines().any(|path| path.starts_with("small/")), "{paths}");
    let (code, _, said) = run(&["--format", "trec"]);
    assert_eq!(code, 2);
    assert!(said.contains("expected one collection, got 2") && said.contains("hint:"), "{said}");
}

#[test]
fn a_name_that_two_have_and_a_collection_that_is_not_there_are_refused() {
    let folder = two();
    let same =
        run(folder.path(), &["search", "-c", "a=large/.trommel", "-c", "a=small/.trommel", QUERY]);
    assert_eq!(code(&same), 2);
    assert!(words(&same).contains("two collections are called \"a\""), "{}", words(&same));
    let missing =
        run(folder.path(), &["search", "-c", "large/.trommel", "-c", "none/.trommel", QUERY]);
    assert_ne!(code(&missing), 0);
    assert!(words(&missing).contains("none/.trommel"), "{}", words(&missing));
}
