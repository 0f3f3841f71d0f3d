//! The fear that the library and the command line are two engines: both must give the same answer,
//! byte for byte.

mod common;

use common::{code, run, sample, store, words};
use serde_json::Value;
use trommel::json::{self, Asked};
use trommel::{Cascade, Collection, ErrorKind, ModelSettings, Models, Stage};

/// Returns an answer's JSON without what differs from run to run: times.
fn timeless(json: &[u8]) -> Value {
    let mut value: Value = serde_json::from_slice(json).unwrap();
    for step in value["timings"].as_array_mut().unwrap() {
        step["ms"] = Value::Null;
    }
    value
}

#[test]
fn the_library_answers_as_the_command_line_does() {
    let models = Models::open(store(), ModelSettings::default());
    let collection = Collection::open(sample().join(".trommel"), &models).unwrap();
    for query in ["error PE-1307", "how long may I be away", "spider that lives behind a door"] {
        for stage in ["bm25", "dense", "fused", "reranked"] {
            let output = run(sample(), &["search", "--format", "json", "--stage", stage, query]);
            assert_eq!(code(&output), 0, "{}", words(&output));
            let answer = collection.search(query).stage(stage.parse().unwrap()).run().unwrap();
            let mut own = Vec::new();
            json::alone(&mut own, Asked { id: None, answer: &answer, cached: None }).unwrap();
            assert_eq!(timeless(&own), timeless(&output.stdout), "{stage}: {query}");
        }
    }
}

#[test]
fn the_library_s_kinds_of_error_are_the_command_line_s_exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    let settings = |encoder: &str, reranker: &str| ModelSettings {
        encoder: Some(encoder.to_owned()),
        rerankers: reranker.parse::<Cascade>().unwrap(),
        ..ModelSettings::default()
    };
    let kind = |folder: std::path::PathBuf, encoder: &str, reranker: &str| {
        let models = Models::open(store(), settings(encoder, reranker));
        let answer = Collection::open(folder, &models)
            .and_then(|it| it.search("x").stage(Stage::Reranked).run().map(|_| ()));
        answer.unwrap_err().kind()
    };
    let exit = |args: &[&str]| code(&run(sample(), args));
    let (encoder, collection) = ("bge-small-en-v1.5", sample().join(".trommel"));

    // No collection, no such model, a model that is not in the store, a server without an address.
    assert_eq!(kind(folder.path().join("c"), encoder, "llm"), ErrorKind::NotFound);
    let absent = folder.path().join("c").to_string_lossy().into_owned();
    assert_eq!(exit(&["-c", &absent, "search", "x"]), 2);
    assert_eq!(kind(collection.clone(), encoder, "no-such-model"), ErrorKind::NotFound);
    assert_eq!(exit(&["search", "--reranker", "no-such-model", "x"]), 2);
    assert_eq!(kind(collection.clone(), encoder, "http"), ErrorKind::Invalid);
    assert_eq!(exit(&["search", "--reranker", "http", "x"]), 2);
    assert_eq!(kind(collection, "no-such-model", "http"), ErrorKind::NotFound);
    assert_eq!(exit(&["search", "--encoder", "no-such-model", "x"]), 2);
}
