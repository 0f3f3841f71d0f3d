//! Fears about languages: that texts are made vectors of by a model that does not know them, unseen; that
//! somebody who named an encoder gets another; that what cannot be made leaves half a collection.

mod common;

use std::fs;
use std::path::Path;
use std::process::Output;

use common::{code, json, run, trommel, words};

const GERMAN: &str = "Das Museum ist montags und an Feiertagen geschlossen. Wer den Garten sehen will, geht \
    durch das kleine Tor an der Straße und fragt nach dem Schlüssel, der dort hängt. Kinder zahlen nichts.";
const ENGLISH: &str = "She planted tomatoes along the south wall, where the sun is strongest, and carried \
    water to them every evening until the first rain of the autumn came down on the garden.";

/// Returns a folder with notes of these texts.
fn notes(texts: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), texts);
    folder
}

fn write(folder: &Path, texts: &[&str]) {
    fs::create_dir_all(folder.join("notes")).unwrap();
    for (number, text) in texts.iter().enumerate() {
        fs::write(folder.join(format!("notes/{}-{number}.txt", texts.len())), text).unwrap();
    }
}

/// Runs the program with a store in which there is nothing.
fn without_models(folder: &Path, args: &[&str], stdin: &str) -> Output {
    let empty = folder.join("no-models");
    let mut command = trommel(folder);
    command.env("TROMMEL_HOME", empty).args(args).write_stdin(stdin).output().unwrap()
}

#[test]
fn german_texts_need_the_encoder_of_many_languages_and_leave_nothing_without_it() {
    let folder = notes(&[GERMAN, GERMAN]);
    let output = without_models(folder.path(), &["index", "notes"], "");
    assert_eq!(code(&output), 2, "{}", words(&output));
    let said = words(&output);
    assert!(
        said.contains(
            "note: the texts are in German: the encoder is multilingual-e5-small, unless --encoder \
             names another"
        ),
        "{said}"
    );
    assert!(said.contains("model multilingual-e5-small is not in the store"), "{said}");
    assert!(said.contains("trommel models fetch multilingual-e5-small"), "{said}");
    assert!(said.contains("trommel index --encoder bge-small-en-v1.5 notes"), "{said}");
    let status = run(folder.path(), &["status"]);
    assert_ne!(code(&status), 0, "there is a collection");
}

#[test]
fn a_stream_tells_its_language_too() {
    let folder = tempfile::tempdir().unwrap();
    let output = without_models(folder.path(), &["index", "-"], &GERMAN.repeat(2));
    assert_eq!(code(&output), 2, "{}", words(&output));
    assert!(words(&output).contains("multilingual-e5-small is not in the store"));
}

#[test]
fn english_texts_get_the_usual_encoder_without_a_word() {
    let folder = notes(&[ENGLISH, ENGLISH]);
    let output = without_models(folder.path(), &["index", "notes"], "");
    assert_eq!(code(&output), 2, "{}", words(&output));
    assert!(words(&output).contains("model bge-small-en-v1.5 is not in the store"));
    assert!(!words(&output).contains("the encoder is"), "{}", words(&output));
}

#[test]
fn a_named_encoder_is_used_whatever_the_language() {
    let folder = notes(&[GERMAN, GERMAN]);
    let output = run(folder.path(), &["index", "--encoder", "bge-small-en-v1.5", "notes"]);
    assert_eq!(
        (code(&output), words(&output).contains("German")),
        (0, false),
        "{}",
        words(&output)
    );
    let status = json(folder.path(), &["status", "--json"]);
    assert_eq!(status["encoder"]["model"], "bge-small-en-v1.5");
}

#[test]
fn a_collection_that_changes_its_language_is_told_of_and_keeps_its_encoder() {
    let folder = notes(&[ENGLISH]);
    let output = run(folder.path(), &["index", "notes"]);
    assert_eq!(
        (code(&output), words(&output).contains("note: ")),
        (0, false),
        "{}",
        words(&output)
    );

    write(folder.path(), &[GERMAN, GERMAN, GERMAN]);
    let output = run(folder.path(), &["index"]);
    assert_eq!(code(&output), 0, "{}", words(&output));
    let said = words(&output);
    assert!(said.contains("is in German, which bge-small-en-v1.5 was not trained for"), "{said}");
    assert!(said.contains("index --encoder multilingual-e5-small"), "{said}");
    let status = json(folder.path(), &["status", "--json"]);
    assert_eq!(status["encoder"]["model"], "bge-small-en-v1.5");

    let again = run(folder.path(), &["index"]);
    assert!(!words(&again).contains("German"), "nothing is new: {}", words(&again));
}

#[test]
fn a_listed_model_names_its_languages() {
    let folder = tempfile::tempdir().unwrap();
    let listed = json(folder.path(), &["models", "list", "--json"]);
    let models = listed["models"].as_array().unwrap();
    let languages = |id: &str| {
        let model = models.iter().find(|model| model["id"] == id).unwrap();
        model["languages"].as_array().unwrap().len()
    };
    assert_eq!(languages("bge-small-en-v1.5"), 1);
    assert_eq!(languages("mmarco-mMiniLMv2-L12-H384-v1"), 14);
    assert!(languages("multilingual-e5-small") > 90);
}

#[test]
fn german_notes_are_found_by_an_english_question() {
    if trommel_testkit::in_store("multilingual-e5-small").is_none() {
        return;
    }
    let folder = notes(&[
        GERMAN,
        "Der Motor bleibt stehen, sobald der Öldruck unter die Grenze fällt. Dann ist Öl nachzufüllen und \
         der Zähler zurückzustellen, bevor jemand ihn wieder anlässt und weiter mit ihm fährt als zuvor.",
        "Wasser aus dem Bach muss zehn Minuten kochen, bevor man es trinkt. Wer das vergisst, dem wird \
         schlecht, und der Weg zum nächsten Arzt ist weit: Er führt über den Pass und durch zwei Täler.",
    ]);
    let output = run(folder.path(), &["index", "notes"]);
    assert_eq!(code(&output), 0, "{}", words(&output));
    let status = json(folder.path(), &["status", "--json"]);
    assert_eq!(status["encoder"]["model"], "multilingual-e5-small");
    let question = "when does the engine stop";
    let found = json(folder.path(), &["search", "--stage", "dense", "--format", "json", question]);
    assert_eq!(found["hits"][0]["id"], "3-1.txt", "{found}");
}

#[test]
fn a_reranker_leaves_unread_what_it_cannot_read_and_says_so() {
    let folder = notes(&[GERMAN, ENGLISH]);
    let output = run(folder.path(), &["index", "--encoder", "bge-small-en-v1.5", "notes"]);
    assert_eq!(code(&output), 0, "{}", words(&output));

    let query = ["search", "garden"];
    let answer = json(folder.path(), &[&query[..], &["--format", "json"]].concat());
    let pass = &answer["passes"][0];
    assert_eq!((&answer["reranked"], &pass["of"]), (&true.into(), &1.into()), "{answer}");
    let unread = serde_json::json!({ "query": false, "passages": 1, "languages": ["deu"] });
    assert_eq!(pass["unknown_languages"], unread);
    for hit in answer["hits"].as_array().unwrap() {
        let text = hit["passage"]["text"].as_str().unwrap();
        assert_eq!(hit["stages"]["reranked"].is_null(), text == GERMAN, "{hit}");
    }
    let explained = run(folder.path(), &[&query[..], &["--explain"]].concat());
    let said = "reranker: 1 passages in languages not known to it: German";
    assert!(common::data(&explained).contains(said), "{}", common::data(&explained));

    let all = [&query[..], &["--format", "json", "--reranker-reads", "all"]].concat();
    let answer = json(folder.path(), &all);
    assert_eq!(answer["passes"][0]["of"], 2);
    assert!(answer["passes"][0].get("unknown_languages").is_none());
}
