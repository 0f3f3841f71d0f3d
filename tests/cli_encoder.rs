//! Fears about an encoder that is somewhere else: that a collection cannot be made or searched with it,
//! that another model takes its place unseen, that no address is taken for some address.

mod common;

use std::fs;
use std::path::Path;
use std::process::Output;

use common::{code, trommel, words};
use serde_json::{Value, json};
use trommel_testkit::loopback::{Answer, Loopback};

/// A server whose model turns a text into how often it has each of eight words.
fn server(seed: usize) -> Loopback {
    const WORDS: [&str; 8] = ["rain", "snow", "soup", "bread", "plumber", "town", "tram", "the"];
    Loopback::start(move |request| {
        let texts: Vec<String> = serde_json::from_value(request.json()["inputs"].clone()).unwrap();
        let vector = |text: &String| -> Vec<usize> {
            let has = |word: &str| usize::from(text.to_lowercase().contains(word));
            let mut numbers: Vec<usize> = WORDS.into_iter().map(has).collect();
            numbers.rotate_left(seed);
            numbers.push(1);
            numbers
        };
        Answer::json(200, &Value::from_iter(texts.iter().map(|text| json!(vector(text)))))
    })
}

/// Runs the program with the encoder behind an address, if there is one.
fn run(folder: &Path, base: Option<&str>, args: &[&str]) -> Output {
    let mut command = trommel(folder);
    base.map(|base| command.env("TROMMEL_API_BASE", base));
    command.args(args).output().unwrap()
}

fn notes() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("notes")).unwrap();
    for (name, text) in [
        ("weather.txt", "It will rain and snow in the town."),
        ("kitchen.txt", "Soup and bread are on the table."),
        ("memo.txt", "Call the plumber."),
    ] {
        fs::write(folder.path().join("notes").join(name), text).unwrap();
    }
    folder
}

#[test]
fn a_collection_is_made_and_searched_by_a_server_and_knows_its_model() {
    let folder = notes();
    let first = server(0);
    let url = first.url();
    let output = trommel(folder.path())
        .env("TROMMEL_API_BASE", &url)
        .env("TROMMEL_ENCODER", "http")
        .args(["index", "notes"])
        .output()
        .unwrap();
    assert_eq!(code(&output), 0, "{}", words(&output));

    // The collection says which encoder it has: only the address is still needed.
    let search = ["search", "--stage", "dense", "--format", "json", "bread"];
    let output = run(folder.path(), Some(&url), &search);
    assert_eq!(code(&output), 0, "{}", words(&output));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["hits"][0]["id"], "kitchen.txt");

    let other = server(3);
    let output = run(folder.path(), Some(&other.url()), &search);
    assert_eq!(code(&output), 2, "{}", words(&output));
    assert!(words(&output).contains("http (weights "), "{}", words(&output));

    let output = run(folder.path(), None, &search);
    assert_eq!(code(&output), 2, "{}", words(&output));
    assert!(words(&output).contains("there is no api-base"), "{}", words(&output));
    assert!(words(&output).contains("--api-base http://127.0.0.1:8080"), "{}", words(&output));
}
