//! Fears about prompts: that nobody can see what a model is told, that one's own is not what it gets,
//! that one without its places is used all the same.

mod common;

use std::fs;
use std::process::Output;

use common::{code, data, run, sample, trommel, words};
use trommel_testkit::loopback::Loopback;
use trommel_testkit::{chat_answer, counting};

const OWN: &str = "Speak as an archivist.\n---\n{query}\n{passages}\nOrder all {count}.\n";

/// A user's folder of settings with a prompt beside them.
fn settings(prompt: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("trommel")).unwrap();
    let file = |name: &str, text: &str| fs::write(folder.path().join("trommel").join(name), text);
    file("config.toml", "prompt-listwise = \"own.txt\"\n").unwrap();
    file("own.txt", prompt).unwrap();
    folder
}

/// Runs the program with a user's settings.
fn with(settings: &tempfile::TempDir, args: &[&str]) -> Output {
    trommel(sample()).env("XDG_CONFIG_HOME", settings.path()).args(args).output().unwrap()
}

#[test]
fn prompts_are_listed_and_shown_as_they_are() {
    insta::assert_snapshot!(data(&run(sample(), &["config", "prompts"])), @r"
    pointwise  {query} {passage}   built-in
    grade      {query} {passage}   built-in
    listwise   {query} {passages}  built-in
    pairwise   {query} {passages}  built-in
    ");
    let shown = data(&run(sample(), &["config", "prompts", "listwise"]));
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/inference/prompts/listwise.txt");
    assert_eq!(shown, fs::read_to_string(file).unwrap());
    let unknown = run(sample(), &["config", "prompts", "setwise"]);
    assert_eq!(code(&unknown), 2);
    assert!(
        words(&unknown).contains("pointwise, grade, listwise, pairwise"),
        "{}",
        words(&unknown)
    );
}

#[test]
fn ones_own_prompt_is_shown_and_is_what_the_model_gets() {
    let settings = settings(OWN);
    let listed = data(&with(&settings, &["config", "prompts"]));
    let own = settings.path().join("trommel/own.txt");
    assert!(listed.contains(&format!("listwise   {{query}} {{passages}}  {}", own.display())));
    assert_eq!(data(&with(&settings, &["config", "prompts", "listwise"])), OWN);

    let server = Loopback::start(|request| chat_answer(request, None, counting));
    let url = server.url();
    let llm = ["search", "--reranker", "llm", "--api-base", &url, "--api-model", "any", "--strict"];
    let output = with(&settings, &[&llm[..], &["annual leave"]].concat());
    assert_eq!(code(&output), 0, "{}", words(&output));
    let messages = server.requests()[0].json()["messages"].clone();
    assert_eq!(messages[0]["content"], "Speak as an archivist.");
    let asked = messages[1]["content"].as_str().unwrap();
    assert!(asked.starts_with("annual leave\n[1]\n<passage>\n"), "{asked}");
}

#[test]
fn a_prompt_without_its_places_is_refused_with_all_that_it_lacks() {
    let settings = settings("Order these, please. {count}");
    let own = settings.path().join("trommel/own.txt").display().to_string();
    let llm = ["--reranker", "llm", "--api-base", "http://127.0.0.1:1", "--api-model", "any"];
    for args in [&["config", "prompts"][..], &[&["search"], &llm[..], &["leave"]].concat()] {
        let output = with(&settings, args);
        let said = words(&output);
        assert_eq!((code(&output), data(&output).contains("listwise")), (2, false), "{said}");
        let lacks = format!("{own}: the listwise prompt has no {{query}} and no {{passages}}");
        assert!(said.contains(&lacks), "{said}");
        let hint = "hint: TROMMEL_PROMPT_LISTWISE=built-in trommel config prompts listwise";
        assert!(said.contains(hint), "{said}");
    }
    // Who asks no language model is not bothered.
    assert_eq!(code(&with(&settings, &["search", "--stage", "fused", "leave"])), 0);
    fs::remove_file(settings.path().join("trommel/own.txt")).unwrap();
    let missing = with(&settings, &["config", "prompts", "listwise"]);
    assert_eq!(code(&missing), 2);
    assert!(words(&missing).contains("cannot read the listwise prompt"), "{}", words(&missing));
}
