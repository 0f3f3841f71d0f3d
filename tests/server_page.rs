//! The fear that the page about the server tells what is no longer true: its requests are made, its service
//! and its container are looked at.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::server::Server;
use common::{code, data, program, run, words};
use serde_json::Value;

fn source(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Returns a folder with a collection of a runbook of 50 lines.
fn runbook() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let lines: Vec<String> =
        (1..=50).map(|step| format!("- To undo a release, take step {step}.")).collect();
    fs::write(folder.path().join("runbook.md"), lines.join("\n")).unwrap();
    let output = run(folder.path(), &["index", "runbook.md"]);
    assert_eq!(code(&output), 0, "{}", words(&output));
    folder
}

#[test]
fn the_requests_of_the_page_are_answered() {
    // Where there is no curl, nobody would type them.
    if Command::new("curl").arg("--version").output().is_err() {
        return;
    }
    let folder = runbook();
    let server = Server::start(folder.path(), &["serve"]);
    let page = source("docs/server.md");
    let requests: Vec<&str> =
        page.lines().filter_map(|line| line.strip_prefix("$ curl ")).collect();
    assert_eq!(requests.len(), 4, "{requests:?}");
    let answers: Vec<String> = requests
        .iter()
        .map(|request| {
            let request = request.replace("localhost:7700", &server.address.to_string());
            let shell = format!("curl --fail {request}");
            let output = Command::new("sh").args(["-c", &shell]).output().unwrap();
            assert!(output.status.success(), "{shell}: {}", words(&output));
            data(&output)
        })
        .collect();
    let json = |place: usize| serde_json::from_str::<Value>(&answers[place]).unwrap();
    assert_eq!(json(0)["hits"][0]["id"], "runbook.md");
    assert!(answers[1].starts_with("event: fused\n"), "{}", answers[1]);
    assert!(answers[1].contains("\nevent: answer\n"), "{}", answers[1]);
    let text = json(2)["text"].as_str().unwrap().to_owned();
    assert!(text.contains("step 10.") && text.contains("step 40."), "{text}");
    assert!(!text.contains("step 9.") && !text.contains("step 41."), "{text}");
    assert_eq!(json(3)[0]["index"], 1, "Paris is the capital");
}

#[test]
fn a_service_runs_what_was_typed_from_everywhere() {
    let folder = runbook();
    fs::write(folder.path().join("key"), "a key for tests\n").unwrap();
    let typed =
        ["serve", "-c", ".trommel", "-c", "b=.trommel", "--key-file", "key", "--watch", "-k", "3"];
    let unit = run(folder.path(), &[&typed[..], &["--print-service=systemd"]].concat());
    assert_eq!(code(&unit), 0, "{}", words(&unit));
    let unit = data(&unit);
    let line = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    // This folder has no name that needs quotes.
    let mut words_of_it = line.split(' ');
    assert!(Path::new(words_of_it.next().unwrap()).is_absolute());
    let collection = folder.path().canonicalize().unwrap().join(".trommel");
    let rest: Vec<&str> = words_of_it.collect();
    assert_eq!(rest[..2], ["serve", "-c"]);
    assert_eq!(Path::new(rest[2]).canonicalize().unwrap(), collection);
    assert!(rest[4].starts_with("b=/"), "{line}");
    // Run from another folder, it serves.
    let elsewhere = tempfile::tempdir().unwrap();
    let bind = rest.iter().position(|word| *word == "--bind").unwrap();
    let without = [&rest[..bind], &rest[bind + 2..]].concat();
    let server = Server::start(elsewhere.path(), &without);
    assert_eq!(server.get("/health").status, 200);
    assert_eq!(server.get("/v1/status").status, 401, "the key is read");

    let agent = run(folder.path(), &[&typed[..], &["--print-service=launchd"]].concat());
    let agent = data(&agent);
    for word in &rest {
        assert!(agent.contains(&format!("<string>{word}</string>")), "{word}: {agent}");
    }
}

#[test]
fn the_container_is_built_with_the_compiler_of_the_project_and_starts_what_there_is() {
    let file = source("crates/server/Containerfile");
    let manifest = source("Cargo.toml");
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap();
    assert!(file.contains(&format!("FROM rust:{}-slim", version.trim_matches('"'))), "{version}");
    assert!(file.contains("cargo build --release --locked --bin trommel\n"));
    let user = file.find("\nUSER trommel\n").unwrap();
    assert!(user < file.find("\nENTRYPOINT").unwrap());

    let command = file.lines().find_map(|line| line.strip_prefix("CMD ")).unwrap();
    let mut arguments: Vec<String> = serde_json::from_str(command).unwrap();
    let folder = runbook();
    fs::write(folder.path().join("key"), "a key for tests\n").unwrap();
    for argument in &mut arguments {
        match argument.as_str() {
            "/collection/notes" => *argument = ".trommel".to_owned(),
            "/key" => *argument = "key".to_owned(),
            _ => {}
        }
    }
    arguments.push("--print-service".to_owned());
    let output = program(folder.path()).args(&arguments).output().unwrap();
    assert_eq!(code(&output), 0, "{}", words(&output));
}
