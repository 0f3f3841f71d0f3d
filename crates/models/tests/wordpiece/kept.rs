//! The compact form beside a model in the store.

use std::fs;

use serde_json::json;
use tempfile::TempDir;
use trommel_models::{AddOptions, InstalledModel, Silent, Store};
use trommel_testkit::TinyModel;

use crate::library::tiny_json;

fn added(home: &TempDir, tokenizer: &serde_json::Value) -> InstalledModel {
    let folder = home.path().join("tiny");
    fs::create_dir(&folder).unwrap();
    TinyModel::encoder(1).write(&folder).unwrap();
    fs::write(folder.join("tokenizer.json"), tokenizer.to_string()).unwrap();
    Store::new(home.path().into()).add(&folder, &AddOptions::default(), &Silent).unwrap()
}

fn ids(model: &InstalledModel) -> Vec<u32> {
    model.wordpiece().unwrap().unwrap().single("Many people live in Berlin", 64)
}

#[test]
fn the_second_start_reads_no_json() {
    let home = tempfile::tempdir().unwrap();
    let model = added(&home, &tiny_json());
    let first = ids(&model);
    fs::remove_file(model.tokenizer_file()).unwrap();
    assert_eq!(ids(&model), first);
}

#[test]
fn a_damaged_or_foreign_file_is_made_again() {
    let home = tempfile::tempdir().unwrap();
    let model = added(&home, &tiny_json());
    let first = ids(&model);
    let kept = model.folder.join("wordpiece.bin");
    let whole = fs::read(&kept).unwrap();
    let mut other_vocabulary = tiny_json();
    other_vocabulary["model"]["vocab"]["live"] = json!(7);
    let other = trommel_models::WordPiece::from_json(other_vocabulary.to_string().as_bytes());
    let mut flipped = whole.clone();
    flipped[1_000] ^= 1;
    for bad in [&flipped[..], &[], other.unwrap().as_bytes()] {
        fs::write(&kept, bad).unwrap();
        assert_eq!(ids(&model), first);
        assert!(fs::read(&kept).unwrap() == whole, "the file was not mended");
    }
}

#[test]
fn a_file_that_cannot_be_written_is_done_without() {
    let home = tempfile::tempdir().unwrap();
    let model = added(&home, &tiny_json());
    // A folder of that name can neither be read nor renamed over, whoever runs the test.
    fs::create_dir(model.folder.join("wordpiece.bin")).unwrap();
    fs::write(model.folder.join("wordpiece.bin/full"), "").unwrap();
    assert!(ids(&model).len() > 4);
    let left: Vec<_> = fs::read_dir(&model.folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(".tmp"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_tokenizer_of_another_sort_is_left_to_the_library() {
    let home = tempfile::tempdir().unwrap();
    let mut json = tiny_json();
    json["pre_tokenizer"] = json!({ "type": "Whitespace" });
    let model = added(&home, &json);
    assert!(model.wordpiece().unwrap().is_none());
    assert!(model.tokenizer().is_ok());
}
