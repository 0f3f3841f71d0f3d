//! Fears that the help changes without anybody reading it, or that a flag stops to work.

use std::process::Output;

use assert_cmd::Command;

/// Every flag that there was before the table of settings; see the file.
const FLAGS: &str = include_str!("fixtures/flags.txt");
/// The most options that the help of a search shows.
const MOST: usize = 14;

fn run(args: &[&str]) -> Output {
    let mut command = Command::cargo_bin("trommel").unwrap();
    command.args(args).env("COLUMNS", "100").output().unwrap()
}

fn help(args: &[&str], flag: &str) -> String {
    let output = run(&[args, &[flag]].concat());
    assert!(output.status.success(), "{args:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Returns the commands that a page of help lists, but for `help` itself.
fn listed(page: &str) -> Vec<String> {
    let commands = page.split("\nCommands:\n").nth(1).unwrap_or_default();
    let lines = commands.lines().take_while(|line| line.starts_with("  "));
    // A line that goes on is indented further.
    let first = lines.filter(|line| !line.starts_with("   "));
    let names = first.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(ToOwned::to_owned).collect()
}

/// Returns every command that can be reached from here, as its words.
fn tree(from: Vec<String>) -> Vec<Vec<String>> {
    let words: Vec<&str> = from.iter().map(String::as_str).collect();
    let below = listed(&help(&words, "--help"));
    let below = below.into_iter().flat_map(|name| tree([from.clone(), vec![name]].concat()));
    let below: Vec<Vec<String>> = below.collect();
    [vec![from], below].concat()
}

/// Returns the options that a page of help shows.
fn options(page: &str) -> Vec<&str> {
    // Prose may begin a line with an option too: it is not indented, or further than options are.
    let indented = |line: &&str| (2..=6).contains(&(line.len() - line.trim_start().len()));
    let outer = page.lines().filter(indented);
    outer.map(str::trim_start).filter(|line| line.starts_with('-')).collect()
}

#[test]
fn the_help_of_every_command_is_as_it_was_read() {
    let mut pages = Vec::new();
    for words in tree(Vec::new()) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let page = help(&words, "--help");
        pages.push(format!("$ trommel {}\n{page}", [&words[..], &["--help"]].concat().join(" ")));
    }
    assert_eq!(pages.len(), 33, "commands with those that hold others");
    insta::assert_snapshot!(pages.join("\n\n"));
}

#[test]
fn the_help_of_everything_is_as_it_was_read() {
    let pages = ["search", "index", "eval"].map(|command| {
        format!("$ trommel {command} --help-all\n{}", help(&[command], "--help-all"))
    });
    insta::assert_snapshot!(pages.join("\n\n"));
}

#[test]
fn the_help_of_a_search_is_short() {
    for flag in ["-h", "--help"] {
        let page = help(&["search"], flag);
        let shown = options(&page);
        assert!(shown.len() <= MOST, "{} options:\n{}", shown.len(), shown.join("\n"));
        for name in ["cohere", "voyage", "jina", "llm", "--help-all", "--set"] {
            assert!(page.contains(name), "{name} is not in {flag}");
        }
    }
    for command in ["index", "eval", "why", "judge", "rerank"] {
        let page = help(&[command], "--help");
        assert!(options(&page).len() <= MOST, "{command}: {}", options(&page).join("\n"));
    }
    // Everything: the flags of the fixture, and what came since.
    let whole = help(&["search"], "--help-all");
    let flags = FLAGS.lines().filter_map(|line| line.strip_prefix("search "));
    for flag in flags.filter_map(|line| line.split(' ').next()) {
        assert!(options(&whole).iter().any(|line| line.contains(flag)), "--help-all lacks {flag}");
    }
}

#[test]
fn every_flag_that_there_ever_was_is_read() {
    let lines = FLAGS.lines().filter(|line| !line.starts_with('#'));
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        // Help ends a command before it does anything, but not before its flags are read.
        let output = run(&[&words[..], &["--help"]].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "trommel {line}: {said}");
    }
    assert_eq!(run(&["search", "--never-there", "1", "--help"]).status.code(), Some(2));
    assert_eq!(run(&["search", "--stage", "bm26", "--help"]).status.code(), Some(2));
}

#[test]
fn completions_name_every_verb_and_every_flag() {
    let verbs = listed(&help(&[], "--help"));
    assert!(verbs.len() > 15, "{verbs:?}");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = String::from_utf8(run(&["completions", shell]).stdout).unwrap();
        for word in verbs.iter().map(String::as_str).chain(["rerank-depth", "isa", "no-cache"]) {
            assert!(script.contains(word), "{shell} lacks {word}");
        }
    }
}

#[test]
fn the_help_says_what_goes_to_the_network() {
    let page = help(&[], "--help");
    let about = page.split("Usage:").next().unwrap();
    let about = about.split_whitespace().collect::<Vec<_>>().join(" ");
    for what in ["models fetch", "cohere", "--encoder http", "every passage that is indexed"] {
        assert!(about.contains(what), "{about}");
    }
}
