//! Fears that a damaged collection leaves its owner without a command that helps.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{code, copy_of_sample, data, json, run, words};

const SEARCH: [&str; 5] = ["search", "stolen laptop", "--stage", "fused", "--format=paths"];

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn a_lost_manifest_is_3_with_a_hint_that_brings_everything_back() {
    let copy = copy_of_sample();
    let collection = copy.path().join(".trommel");
    let whole = data(&run(copy.path(), &SEARCH));
    fs::remove_file(collection.join("manifest.json")).unwrap();
    let vectors = files(&collection.join("vectors"));
    for command in
        [&["index", "documents"][..], &["search", "laptop", "--stage", "bm25"], &["status"]]
    {
        let output = run(copy.path(), command);
        assert_eq!(code(&output), 3, "{command:?}: {}", words(&output));
        assert!(words(&output).contains("\nhint: trommel repair\n"), "{}", words(&output));
    }
    let check = run(copy.path(), &["check"]);
    assert_eq!(code(&check), 3);
    assert!(data(&check).contains("manifest.json: it is missing"), "{}", data(&check));
    assert!(words(&check).contains("hint: trommel repair"), "{}", words(&check));
    assert_eq!(files(&collection.join("vectors")), vectors, "nothing was removed");

    let repaired = json(copy.path(), &["repair", "--json"]);
    assert_eq!(
        (&repaired["schema"], &repaired["repaired"]),
        (&"trommel.repair.v1".into(), &true.into())
    );
    let aside = PathBuf::from(repaired["aside"].as_str().unwrap());
    assert!(aside.starts_with(&collection));
    assert_eq!(files(&aside.join("vectors")).len(), vectors.len());
    assert_eq!(code(&run(copy.path(), &["check"])), 0);
    assert_eq!(data(&run(copy.path(), &SEARCH)), whole);
    let again = run(copy.path(), &["repair"]);
    assert_eq!(code(&again), 0);
    assert!(data(&again).starts_with("nothing to repair: generation"), "{}", data(&again));
}

#[test]
fn a_damaged_index_is_built_anew() {
    let copy = copy_of_sample();
    let collection = copy.path().join(".trommel");
    let whole = data(&run(copy.path(), &SEARCH));
    let damaged = files(&collection.join("lexical")).remove(0);
    fs::write(&damaged, "not tantivy's").unwrap();
    let search = run(copy.path(), &SEARCH);
    assert_eq!(code(&search), 3);
    assert!(words(&search).contains("hint: trommel repair"), "{}", words(&search));
    let output = run(copy.path(), &["repair"]);
    let said = data(&output);
    assert_eq!(code(&output), 0, "{}", words(&output));
    assert!(said.starts_with("built the BM25 index from the documents\n"), "{said}");
    let aside = collection.join("set-aside/1/lexical").join(damaged.file_name().unwrap());
    assert_eq!(fs::read(aside).unwrap(), b"not tantivy's", "{said}");
    assert_eq!(data(&run(copy.path(), &SEARCH)), whole);
}

#[test]
fn without_a_collection_there_is_nothing_to_repair() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["repair"]);
    assert_eq!(code(&output), 2);
    assert!(words(&output).contains("no collection at"), "{}", words(&output));
    assert!(!folder.path().join(".trommel").exists());
}
