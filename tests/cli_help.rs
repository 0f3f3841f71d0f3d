//! Fears that the help changes without anybody reading it.

use std::process::Output;

use assert_cmd::Command;

fn help(args: &[&str]) -> String {
    let mut command = Command::cargo_bin("trommel").unwrap();
    let output: Output = command.args(args).arg("--help").env("COLUMNS", "100").output().unwrap();
    assert!(output.status.success(), "{args:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_help_of_every_command_is_as_it_was_read() {
    let verbs: [&[&str]; 23] = [
        &[],
        &["index"],
        &["search"],
        &["fuse"],
        &["rerank"],
        &["remove"],
        &["status"],
        &["check"],
        &["models"],
        &["models", "list"],
        &["models", "fetch"],
        &["models", "verify"],
        &["models", "path"],
        &["models", "add"],
        &["cache"],
        &["cache", "info"],
        &["cache", "clear"],
        &["config"],
        &["config", "show"],
        &["config", "prompts"],
        &["demo"],
        &["completions"],
        &["man"],
    ];
    let pages: Vec<String> = verbs
        .iter()
        .map(|verb| {
            format!("$ trommel {}\n{}", [verb, &["--help"][..]].concat().join(" "), help(verb))
        })
        .collect();
    insta::assert_snapshot!(pages.join("\n\n"));
}

#[test]
fn completions_name_every_verb() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let mut command = Command::cargo_bin("trommel").unwrap();
        let output = command.args(["completions", shell]).output().unwrap();
        let script = String::from_utf8(output.stdout).unwrap();
        for verb in
            ["index", "search", "remove", "status", "check", "models", "cache", "config", "demo"]
        {
            assert!(script.contains(verb), "{shell} lacks {verb}");
        }
    }
}
