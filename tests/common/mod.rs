//! The program, and one small collection that the tests of a file share.

#![allow(dead_code)] // each test file uses its part

pub(crate) mod files;
pub(crate) mod server;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::OnceLock;

use assert_cmd::Command;

/// A document with an escape sequence and an override of the direction of writing.
pub(crate) const HOSTILE: &str =
    "A trapdoor \u{1b}[31mspider\u{1b}[0m \u{202e}sesolc\u{202c} its lid.\n";

/// Returns the program in an environment that holds nothing but the store of real models.
pub(crate) fn trommel(folder: &Path) -> Command {
    Command::from_std(program(folder))
}

/// Returns the program as it runs in a folder, for tests that talk with it.
pub(crate) fn program(folder: &Path) -> std::process::Command {
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("trommel"));
    for (variable, _) in std::env::vars_os() {
        if variable.to_string_lossy().starts_with("TROMMEL_") {
            command.env_remove(variable);
        }
    }
    command
        .current_dir(folder)
        .env("TROMMEL_HOME", store())
        // Scores of collections that are gone with their test would stay in the store.
        .env("TROMMEL_CACHE", "false")
        .env("XDG_CONFIG_HOME", folder.join("no-config"))
        .env("COLUMNS", "100")
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE");
    command
}

/// Returns the home of the real models, fetched if they are not there.
pub(crate) fn store() -> &'static Path {
    static HOME: OnceLock<PathBuf> = OnceLock::new();
    HOME.get_or_init(|| trommel_testkit::store().home().to_owned())
}

/// Returns a folder with a few documents of the sample corpus and a collection of them.
pub(crate) fn sample() -> &'static Path {
    static SAMPLE: OnceLock<tempfile::TempDir> = OnceLock::new();
    SAMPLE.get_or_init(make_sample).path()
}

fn make_sample() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let documents = folder.path().join("documents");
    fs::create_dir(&documents).unwrap();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample/corpus");
    for name in [
        "api-reference/error-pe-1307.html",
        "api-reference/rate-limits.html",
        "garden/garden.jsonl",
        "handbook/annual-leave-ireland-2025.txt",
        "handbook/lost-or-stolen-laptop.txt",
        "handbook/lost-receipts.txt",
    ] {
        let to = documents.join(Path::new(name).file_name().unwrap());
        fs::copy(corpus.join(name), to).unwrap();
    }
    fs::write(documents.join("hostile.txt"), HOSTILE).unwrap();
    let output = trommel(folder.path()).args(["index", "documents"]).output().unwrap();
    assert_eq!(code(&output), 0, "{}", words(&output));
    folder
}

/// Copies the sample with its collection, for tests that change it.
pub(crate) fn copy_of_sample() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(sample(), folder.path());
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).unwrap();
        }
    }
}

/// Runs the program.
pub(crate) fn run(folder: &Path, args: &[&str]) -> Output {
    trommel(folder).args(args).output().unwrap()
}

/// Returns the exit code; a signal is -1.
pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

/// Returns what was written to standard output.
pub(crate) fn data(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Returns what was written to standard error.
pub(crate) fn words(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Runs the program, which must end well, and reads its JSON.
pub(crate) fn json(folder: &Path, args: &[&str]) -> serde_json::Value {
    let output = run(folder, args);
    assert_eq!(code(&output), 0, "{args:?}: {}", words(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}
