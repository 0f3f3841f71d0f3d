//! Fear: text, a title, an id or the name of a file makes a terminal do something, or a reader see
//! what is not there.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::OnceLock;

use common::{code, data, run, trommel, words};

/// What a terminal obeys, or an eye is deceived by; one of each kind.
const ILL: [&str; 30] = [
    "\u{1b}[2J",
    "\u{1b}[31m",
    "\u{1b}]0;title\u{7}",
    "\u{1b}]52;c;cm0=\u{7}",
    "\u{1b}]8;;http://x\u{1b}\\here",
    "\u{1b}P+q\u{1b}\\",
    "\u{1b}c",
    "\u{1b}[6n",
    "\u{9b}2J",
    "\u{9d}0;x\u{9c}",
    "\u{90}q\u{9c}",
    "\u{8}\u{8}\u{8}",
    "\u{7f}",
    "\u{7}",
    "\u{e}",
    "\u{c}",
    "\u{b}",
    "\u{85}",
    "\u{202a}a\u{202c}",
    "\u{202b}a\u{202c}",
    "\u{202d}a\u{202c}",
    "\u{202e}a\u{202c}",
    "\u{2066}a\u{2069}",
    "\u{2067}a\u{2069}",
    "\u{2068}a\u{2069}",
    "\u{200e}\u{200f}\u{61c}",
    "\u{2028}\u{2029}",
    "\u{feff}",
    "\u{fff9}a\u{fffa}b\u{fffb}",
    "\u{e0041}\u{e007f}",
];

/// A folder with one document for each of [`ILL`], in a file of that name and on a line with that
/// id, and a collection of them.
fn collection() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    FOLDER.get_or_init(make).path()
}

fn make() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let documents = folder.path().join("documents");
    fs::create_dir(&documents).unwrap();
    let mut lines = String::new();
    for (n, ill) in ILL.iter().enumerate() {
        lines.push_str(&serde_json::to_string(&line(n)).unwrap());
        lines.push('\n');
        if !ill.contains('/') {
            let text = format!("Trapdoor {ill} spider\n\nA file{n} about {ill} doors.\n");
            fs::write(documents.join(format!("f{n}{ill}.md")), text).unwrap();
        }
    }
    fs::write(documents.join("lines.jsonl"), lines).unwrap();
    fs::write(documents.join(format!("bad{}.bin", ILL.concat().replace('/', ""))), "\0").unwrap();
    let output = run(folder.path(), &["index", "--list-skipped", "documents"]);
    assert_eq!(code(&output), 0, "{}", words(&output));
    assert!(words(&output).contains(".bin: binary"), "{}", words(&output));
    harmless(&output, "index --list-skipped");
    folder
}

fn line(n: usize) -> serde_json::Value {
    let ill = ILL[n];
    serde_json::json!({
        "_id": format!("id{n}{ill}"),
        "title": format!("Title {ill} {n}"),
        "text": format!("A line{n} about {ill} doors."),
        "tag": ill,
    })
}

/// Checks that nothing of [`ILL`] reaches a terminal, on either of its ways.
fn harmless(output: &Output, what: &str) {
    for text in [data(output), words(output)] {
        let ill = text.chars().find(|c| *c != '\n' && trommel_core::is_deceptive(*c));
        assert_eq!(ill, None, "{what}: {}", text.escape_debug());
    }
}

#[test]
fn no_command_hands_them_to_a_terminal() {
    let folder = collection();
    for (n, ill) in ILL.iter().enumerate() {
        let (file, line) = (format!("file{n}"), format!("line{n}"));
        let (id, unknown) = (format!("id{n}{ill}"), format!("none{ill}"));
        let both = format!("{file} {line} {ill}");
        let bm25 = ["--stage", "bm25"];
        let commands: [&[&str]; 10] = [
            &["search", &both],
            &["search", "--explain", &both],
            &["search", "--format", "markdown", &both],
            &["search", "--format", "trec", &both],
            &["search", "--syntax", &both],
            &["search", "--filter", &unknown, &file],
            &["search", "--path", &format!("[{ill}"), &file],
            &["why", &id, &line],
            &["why", &unknown, &line],
            &["search", "-k", &unknown, &file],
        ];
        for args in commands {
            let args = [args, &bm25].concat();
            let output = run(folder, &args);
            harmless(&output, &args.join(" "));
            let found = args[0] == "search" && code(&output) == 0;
            assert!(!found || !output.stdout.is_empty(), "{args:?} {}", words(&output));
        }
    }
}

#[test]
fn nor_do_the_commands_that_look_at_files() {
    let folder = collection();
    let other = tempfile::tempdir().unwrap();
    for ill in ILL.iter().filter(|ill| !ill.contains('/')) {
        let place = |name: &str| {
            let path: PathBuf = other.path().join(format!("{name}{ill}"));
            path.to_str().unwrap().to_owned()
        };
        let (gone, bad) = (place("gone"), place("bad"));
        fs::write(&bad, format!("{{\"_id\":\"x{ill}\",{ill}")).unwrap();
        let commands: [&[&str]; 8] = [
            &["index", &gone],
            &["remove", &gone],
            &["remove", "--root", &gone],
            &["-c", &gone, "status"],
            &["search", "--queries", &bad],
            &["fuse", &bad, &gone],
            &["eval", "--run", &bad, "--qrels", &gone],
            &["models", "path", &gone],
        ];
        for args in commands {
            let output = run(folder, args);
            assert_ne!(code(&output), 0, "{args:?}");
            assert!(!output.stderr.is_empty(), "{args:?} says nothing");
            harmless(&output, &args.join(" "));
        }
    }
    for args in [&["status"][..], &["check"], &["config", "show"]] {
        harmless(&run(folder, args), &args.join(" "));
    }
}

#[test]
fn nor_does_the_judge() {
    let folder = collection();
    let out = tempfile::tempdir().unwrap();
    let out = out.path().to_str().unwrap();
    for (n, ill) in ILL.iter().enumerate().step_by(5) {
        let query = format!("line{n} file{n} {ill}");
        let args = ["judge", "--stage", "bm25", "--pool", "3", "--out", out, &query];
        let output = trommel(folder).args(args).write_stdin("1v2q").output().unwrap();
        assert!(data(&output).contains(&format!("{n}")), "{}", words(&output));
        harmless(&output, &args.join(" "));
    }
}

#[test]
fn json_holds_every_text_as_it_is() {
    let folder = collection();
    for (n, ill) in ILL.iter().enumerate() {
        let query = format!("line{n} {ill}");
        let args = ["search", "--stage", "bm25", "--format", "json", "-k", "1", &query];
        let answer = common::json(folder, &args);
        assert_eq!(answer["query"], query.as_str());
        let (hit, line) = (&answer["hits"][0], line(n));
        assert_eq!((&hit["id"], &hit["title"]), (&line["_id"], &line["title"]), "{answer}");
    }
}
