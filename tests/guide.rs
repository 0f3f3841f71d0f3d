//! The fear that the guide tells a story which is no longer true: every command of it is run.
//!
//! With `UPDATE_DOCS=1` the page gets the output of today instead.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::store;

/// Where the story takes place, in the page.
const HOME: &str = "/home/ada/society";
/// How far a score may be from the page: other processors round otherwise.
const TOLERANCE: f64 = 0.03;

/// A line with a command, with its continuations, and what the page shows of its output.
struct Step {
    command: String,
    /// The lines of the page that hold the command.
    typed: Vec<String>,
    shown: Vec<String>,
}

/// Parts the page at its console blocks: text, steps, text, …
fn parts(page: &str) -> Vec<(String, Vec<Step>)> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        text += line;
        text += "\n";
        if line != "```console" {
            continue;
        }
        let mut steps: Vec<Step> = Vec::new();
        for line in lines.by_ref().take_while(|line| *line != "```") {
            match (line.strip_prefix("$ "), line.strip_prefix('>'), steps.last_mut()) {
                (Some(command), ..) => steps.push(Step {
                    command: command.to_owned(),
                    typed: vec![line.to_owned()],
                    shown: Vec::new(),
                }),
                (None, Some(more), Some(step)) if step.shown.is_empty() => {
                    step.command += "\n";
                    step.command += more.strip_prefix(' ').unwrap_or(more);
                    step.typed.push(line.to_owned());
                }
                (_, _, Some(step)) => step.shown.push(line.to_owned()),
                (_, _, None) => panic!("a block begins with output: {line}"),
            }
        }
        parts.push((std::mem::take(&mut text), steps));
        text = "```\n".to_owned();
    }
    parts.push((text, Vec::new()));
    parts
}

/// Runs a command as a shell does, with both of its outputs in one.
fn run(command: &str, folder: &Path) -> String {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_trommel"));
    let path = std::env::var("PATH").unwrap();
    let output = Command::new("sh")
        .arg("-c")
        .arg(format!("exec 2>&1\n{command}"))
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", program.parent().unwrap().display()))
        .env("TROMMEL_HOME", store())
        .env("TROMMEL_CACHE", "false")
        .env("XDG_CONFIG_HOME", folder.join("no-config"))
        .env("COLUMNS", "100")
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let folder = fs::canonicalize(folder).unwrap();
    String::from_utf8(output.stdout).unwrap().replace(&*folder.to_string_lossy(), HOME)
}

/// Parts a line into its numbers with a point and everything else, white space counting once: a
/// column is as wide as its numbers.
fn masked(line: &str) -> (String, Vec<f64>) {
    let mut numbers = Vec::new();
    let words = line.split_whitespace().map(|word| {
        let inner = word.trim_matches(|c: char| !c.is_ascii_digit() && c != '.');
        match inner.parse::<f64>() {
            // A single digit behind the point is a time, or a setting.
            Ok(number) if inner.contains('.') => {
                let digits = inner.len() - inner.find('.').unwrap_or(0) - 1;
                numbers.extend((digits > 1).then_some(number));
                word.replace(inner, "#")
            }
            _ => word.to_owned(),
        }
    });
    (words.collect::<Vec<_>>().join(" "), numbers)
}

/// Says whether a line is as the page has it, but for times.
fn same(shown: &str, said: &str) -> bool {
    let ((shown_text, shown), (said_text, said)) = (masked(shown), masked(said));
    let near = |(a, b): (&f64, &f64)| (a - b).abs() <= TOLERANCE || *a > 1.0;
    shown_text == said_text && shown.len() == said.len() && shown.iter().zip(&said).all(near)
}

#[test]
fn the_story_of_the_guide_is_true() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide.md");
    let page = fs::read_to_string(&file).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let update = std::env::var_os("UPDATE_DOCS").is_some();
    let mut new = String::new();
    let mut commands = 0;
    for (text, steps) in parts(&page) {
        new += &text;
        for Step { command, typed, shown } in steps {
            commands += 1;
            let said = run(&command, folder.path());
            let said: Vec<&str> = said.trim_end().lines().map(str::trim_end).collect();
            new += &typed.join("\n");
            new += "\n";
            said.iter().for_each(|line| new += &format!("{line}\n"));
            let true_still =
                shown.len() == said.len() && shown.iter().zip(&said).all(|(a, b)| same(a, b));
            assert!(
                update || true_still,
                "{command}\nthe guide shows:\n{}\nit is:\n{}",
                shown.join("\n"),
                said.join("\n")
            );
        }
    }
    assert!(commands >= 15, "the guide has {commands} commands");
    if update {
        fs::write(&file, new).unwrap();
    }
}
