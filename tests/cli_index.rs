//! Fears for the collection: work done twice, documents that stay or go against the user's wish,
//! exit codes that scripts cannot trust.

mod common;

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use common::{code, copy_of_sample, data, json, run, sample, trommel, words};

#[test]
fn unchanged_documents_are_not_encoded_again_and_vanished_ones_go() {
    let copy = copy_of_sample();
    let documents = copy.path().join("documents");
    let index = || json(copy.path(), &["index", "--json", "documents"]);
    // The copy lies elsewhere, so its first run brings documents of a new root.
    index();
    let again = index();
    assert_eq!((&again["passages"], &again["added"]), (&0.into(), &0.into()));
    fs::remove_file(documents.join("lost-receipts.txt")).unwrap();
    fs::write(documents.join("new.txt"), "A note on the caretaker of the lighthouse.").unwrap();
    let changed = index();
    assert_eq!((&changed["added"], &changed["removed"]), (&1.into(), &1.into()), "{changed}");
    let found = run(copy.path(), &["search", "lighthouse", "--stage", "bm25", "--format", "paths"]);
    assert_eq!(data(&found), "documents/new.txt\n");
    let status = json(copy.path(), &["status", "--json"]);
    assert_eq!(status["passages"], status["vectors"]);
    assert_eq!(status["documents"], changed["documents"]);
    assert_eq!(code(&run(copy.path(), &["check"])), 0);
}

#[test]
fn what_is_removed_is_not_found_and_removing_nothing_is_1() {
    let copy = copy_of_sample();
    let search = ["search", "PE-1307", "--stage", "bm25", "--path", "*1307*"];
    assert_eq!(code(&run(copy.path(), &search)), 0);
    assert_eq!(code(&run(copy.path(), &["remove", "error-pe-1307.html", "nobody"])), 0);
    assert_eq!(code(&run(copy.path(), &search)), 1);
    let output = run(copy.path(), &["remove", "nobody"]);
    assert_eq!(code(&output), 1);
    assert_eq!(words(&output), "note: no document has the id \"nobody\"\n");
}

#[test]
fn skipped_files_are_listed_and_strict_is_5() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.txt"), "One good document.").unwrap();
    fs::write(folder.path().join("b.bin"), b"\x00\x01\x02").unwrap();
    let args = ["-c", "collection", "index", "--strict", "--list-skipped", "."];
    let output = run(folder.path(), &args);
    assert_eq!(code(&output), 5, "{}", words(&output));
    assert!(words(&output).contains("b.bin: binary"), "{}", words(&output));
    assert!(data(&output).contains("1 added"), "{}", data(&output));
}

#[test]
fn an_empty_folder_is_1_and_a_bad_line_is_2_unless_it_is_to_be_skipped() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    assert_eq!(code(&run(folder.path(), &["index", "empty"])), 1);
    fs::write(folder.path().join("a.jsonl"), "{\"_id\":\"1\",\"text\":\"fine\"}\n{oops\n").unwrap();
    let output = run(folder.path(), &["index", "a.jsonl"]);
    assert_eq!(code(&output), 2);
    assert!(words(&output).contains("a.jsonl:2:2: "), "{}", words(&output));
    assert!(words(&output).contains("hint: trommel index --skip-invalid"), "{}", words(&output));
    let report = json(folder.path(), &["index", "--json", "--skip-invalid", "a.jsonl"]);
    assert_eq!((&report["added"], &report["skipped"]["invalid-json"]), (&1.into(), &1.into()));
}

#[test]
fn a_stream_has_a_name_by_its_content_or_by_id() {
    let folder = tempfile::tempdir().unwrap();
    let index = |arguments: &[&str], text: &str| {
        let mut command = trommel(folder.path());
        command.args(["-c", "collection", "index", "-"]).args(arguments);
        let output = command.write_stdin(text).output().unwrap();
        assert_eq!(code(&output), 0, "{}", words(&output));
    };
    index(&[], "The heron nests in April.");
    index(&[], "The lynx sleeps by day.");
    index(&["--id", "memo"], "The otter dives at dusk.");
    index(&["--id", "memo"], "The otter dives at dawn.");
    let found = |query: &str| {
        let search = ["-c", "collection", "search", "--stage", "bm25", "--format", "jsonl", query];
        data(&run(folder.path(), &search))
    };
    assert!(found("heron").contains("\"id\":\"-:"));
    assert!(found("lynx").contains("\"id\":\"-:"));
    assert!(found("dawn").contains("\"id\":\"memo\""));
    assert_eq!(found("dusk"), "");
}

#[test]
fn a_language_is_set_and_a_collection_is_read_anew() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.txt"), "Rosen").unwrap();
    let here = folder.path();
    let found = || data(&run(here, &["search", "--stage", "bm25", "--format", "jsonl", "Rose"]));
    assert_eq!(json(here, &["index", "--json", "a.txt"])["added"], 1);
    assert_eq!(found(), "");
    assert_eq!(json(here, &["index", "--json", "--language", "de", "a.txt"])["unchanged"], 1);
    assert!(found().contains("\"id\":\"a.txt\""), "{}", found());
    assert_eq!(json(here, &["status", "--json"])["languages"]["deu"], 1);

    let done = json(here, &["index", "--reanalyse", "--json"]);
    let (before, after) = (&done["before"], &done["analyzer"]);
    assert_eq!((&done["schema"], before), (&"trommel.reanalyse.v1".into(), after));
    assert_eq!((&done["documents"], &done["generation"]), (&1.into(), &3.into()));
    assert!(found().contains("\"id\":\"a.txt\""), "{}", found());

    let output = run(here, &["index", "--language", "klingon", "a.txt"]);
    assert_eq!(code(&output), 2);
    let expected = "--language: expected a language such as de or pt-BR, got klingon";
    assert!(words(&output).contains(expected), "{}", words(&output));
    assert_eq!(code(&run(here, &["index", "--reanalyse", "a.txt"])), 2);
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(code(&run(empty.path(), &["index", "--reanalyse"])), 2);
}

#[test]
fn a_second_writer_is_4() {
    let copy = copy_of_sample();
    let lock = File::options().write(true).open(copy.path().join(".trommel/writer.lock")).unwrap();
    lock.lock().unwrap();
    let output = run(copy.path(), &["remove", "anything"]);
    assert_eq!(code(&output), 4, "{}", words(&output));
    assert_eq!(code(&run(copy.path(), &["search", "laptop", "--stage", "bm25"])), 0);
}

#[test]
fn a_changed_byte_is_3_and_named() {
    let copy = copy_of_sample();
    let collection = copy.path().join(".trommel");
    let file = |folder: &str| {
        let mut files: Vec<_> = fs::read_dir(collection.join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        files.remove(0)
    };
    for path in
        [file("documents"), file("lexical"), file("vectors"), collection.join("manifest.json")]
    {
        let whole = fs::read(&path).unwrap();
        let mut damaged = whole.clone();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 0x20;
        fs::write(&path, damaged).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let check = run(copy.path(), &["check"]);
        assert_eq!(code(&check), 3, "{name}");
        assert!(data(&check).contains(name), "{}", data(&check));
        let search = run(copy.path(), &["search", "laptop", "--stage", "fused"]);
        assert_eq!(code(&search), 3, "{name}: {}", words(&search));
        assert!(words(&search).contains(name), "{}", words(&search));
        fs::write(&path, whole).unwrap();
    }
    assert_eq!(code(&run(copy.path(), &["check"])), 0);
}

#[cfg(unix)]
#[test]
fn signals_end_indexing_with_130_and_143_and_leave_a_sound_collection() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample/corpus");
    for (signal, expected) in [("-INT", 130), ("-TERM", 143)] {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(assert_cmd::cargo::cargo_bin!("trommel"))
            .arg("index")
            .arg(&corpus)
            .current_dir(folder.path())
            .env("TROMMEL_HOME", common::store())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(700));
        let pid = child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(expected));
        // Nothing or the last commit, never something in between.
        assert!([0, 2].contains(&code(&run(folder.path(), &["check"]))));
    }
}

#[test]
fn mistakes_are_2_with_what_was_expected_and_a_command_that_helps() {
    let cases: [(&[&str], &str, &str); 14] = [
        (&["search", "-k", "0", "x"], "k is 0, expected 1 to 100", "trommel search -k 10 QUERY"),
        (
            &["search", "-k", "101", "x"],
            "k is 101, expected 1 to 100",
            "trommel search -k 200 --candidates 200 QUERY",
        ),
        (
            &["search", "--candidates", "49", "x"],
            "candidates is 49, expected 50 to 200",
            "trommel search --candidates 200 QUERY",
        ),
        (&["search", " "], "the query is empty", "trommel search 'some words'"),
        (&["search", "--blend", "1.5", "x"], "blend is 1.5, expected 0 to 1", "--help"),
        (&["search", "--dense-weight", "-1", "x"], "dense-weight is -1, expected 0 to 1", "--help"),
        (&["search", "--filter", "x", "y"], "expected key=value, got \"x\"", "--filter lang=en"),
        (&["search", "--path", "[", "y"], "path is \"[\", expected a glob", "--help"),
        (&["search", "--stage", "bm26", "y"], "invalid value 'bm26'", "trommel search --help"),
        (
            &["search", "--encoder", "bge-smal-en-v1.5", "y"],
            "no model is called",
            "bge-small-en-v1.5",
        ),
        (&["search", "--queries", "nowhere", "-k", "1"], "cannot read nowhere", "ls -l ."),
        (&["-c", "nowhere", "search", "y"], "no collection at", "nowhere index PATH"),
        (&["-c", "nowhere", "check"], "no collection at", "nowhere index PATH"),
        (&["index", "nowhere"], "no such file or folder: nowhere", "ls -l ."),
    ];
    for (args, message, hint) in cases {
        let output = run(sample(), args);
        let said = words(&output);
        assert_eq!((code(&output), data(&output).as_str()), (2, ""), "{args:?}: {said}");
        assert!(said.starts_with("error: ") && said.contains(message), "{args:?}: {said}");
        let hints = said.split("\n\nhint: ").nth(1);
        assert!(hints.is_some_and(|hints| hints.contains(hint)), "{args:?}: {said}");
    }
}

#[test]
fn a_missing_model_is_2_with_the_command_that_fetches_it() {
    let mut command = common::trommel(sample());
    command.args(["search", "laptop"]).env("TROMMEL_HOME", sample().join("no-models"));
    let output = command.output().unwrap();
    assert_eq!(code(&output), 2);
    assert_eq!(
        words(&output),
        "error: model bge-small-en-v1.5 is not in the store\n\n\
         hint: trommel models fetch bge-small-en-v1.5\n\
         hint: trommel models fetch   # both default models\n"
    );
}
