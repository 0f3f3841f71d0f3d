//! Fear: text that is written from right to left turns what stands beside it on a terminal, or marks against
//! that reach a program.

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{code, data, program, run, words};

/// Returns a folder with a document whose name, title and text are in Hebrew, and a collection of it.
fn hebrew() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = "# מדריך (API)\n\nהמשאבה (pump) דולפת. צריך להחליף את האטם.\n";
    fs::write(folder.path().join("מדריך.md"), text).unwrap();
    let output = run(folder.path(), &["index", "--encoder", "bge-small-en-v1.5", "מדריך.md"]);
    assert_eq!(code(&output), 0, "{}", words(&output));
    folder
}

/// Runs the program on a terminal and returns what that is given; nothing where there is none to be had.
fn on_a_terminal(folder: &Path, args: &[&str]) -> Option<String> {
    Command::new("script").arg("--version").output().ok().filter(|it| it.status.success())?;
    let program = program(folder);
    let quoted: Vec<String> = args.iter().map(|arg| format!("'{arg}'")).collect();
    let line = format!("'{}' {}", program.get_program().to_str().unwrap(), quoted.join(" "));
    let mut script = Command::new("script");
    script.args(["-qec", &line, "/dev/null"]).current_dir(folder).stdin(Stdio::null());
    for (variable, value) in program.get_envs() {
        match value {
            Some(value) => script.env(variable, value),
            None => script.env_remove(variable),
        };
    }
    let output = script.env("NO_COLOR", "1").output().unwrap();
    assert!(output.status.success(), "{}", data(&output));
    Some(data(&output))
}

const ASKED: [&str; 5] = ["search", "--explain", "--stage", "bm25", "pump"];

#[test]
fn hits_are_isolated_on_a_terminal() {
    let folder = hebrew();
    let Some(shown) = on_a_terminal(folder.path(), &ASKED) else { return };
    let isolated = [
        "  \u{2067}מדריך (API)\u{2069}\r\n",
        "    \u{2066}מדריך.md:1-3\u{2069}\r\n",
        "    \u{2067}המשאבה (pump) דולפת.\u{2069}\r\n",
        "  \u{2066}מדריך.md\u{2069}\r\n",
    ];
    for text in isolated {
        assert!(shown.contains(text), "{text:?} is not in {shown:?}");
    }
    for line in shown.lines() {
        let count = |mark: &[char]| line.matches(mark).count();
        assert_eq!(count(&['\u{2066}', '\u{2067}']), count(&['\u{2069}']), "{line:?}");
    }
}

#[test]
fn programs_are_given_no_marks() {
    let folder = hebrew();
    let marks = ['\u{2066}', '\u{2067}', '\u{2069}'];
    for format in ["text", "json", "markdown", "paths", "trec"] {
        let output = run(folder.path(), &[&ASKED[..], &["--format", format]].concat());
        assert!(data(&output).contains("מדריך"), "{format}: {}", words(&output));
        assert!(!data(&output).contains(marks), "{format}");
    }
    if let Some(paths) = on_a_terminal(folder.path(), &["search", "--format", "paths", "pump"]) {
        assert_eq!(paths, "מדריך.md\r\n");
    }
}
