//! Fears for documents that are no plain text: a page that is not the right one, an attachment that is
//! lost, a file that ends more than itself.

mod common;

use std::fs;
use std::path::Path;

use common::files::{pdf, zipped};
use common::{code, data, json, run, trommel, words};

const MAIL: &str = "From: Ada <ada@example.org>\r\nTo: Ben <ben@example.org>\r\n\
    Subject: Minutes of the harbour meeting\r\nDate: Mon, 2 Nov 2026 09:30:00 +0000\r\n\
    MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
    --b\r\nContent-Type: text/plain\r\n\r\nThe dredger is hired until spring.\r\n\
    --b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=\"costs.csv\"\r\n\r\n\
    item,price\r\nbuoys,1200\r\nlanterns,340\r\n--b--\r\n";

fn index(folder: &Path) -> serde_json::Value {
    json(folder, &["-c", "collection", "index", "--json", "papers"])
}

fn best(folder: &Path, query: &str) -> serde_json::Value {
    let search = ["-c", "collection", "search", "--stage", "bm25", "--format", "jsonl", query];
    let found = data(&run(folder, &search));
    serde_json::from_str(found.lines().next().unwrap_or("null")).unwrap()
}

fn papers() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("papers")).unwrap();
    folder
}

#[test]
fn a_hit_in_a_pdf_says_its_page_and_get_prints_it() {
    let folder = papers();
    let pages =
        ["The heron nests in April.", "The otter dives at dusk.", "The lynx sleeps by day."];
    fs::write(folder.path().join("papers/birds.pdf"), pdf(&pages)).unwrap();
    index(folder.path());
    let hit = best(folder.path(), "otter");
    assert_eq!(hit["id"], "birds.pdf");
    // Three short pages are one passage.
    assert_eq!(hit["passage"]["location"]["text"], "pp. 1-3", "{hit}");
    let link = hit["passage"]["location"]["link"].as_str().unwrap();
    assert!(link.ends_with("/papers/birds.pdf#page=1"), "{link}");
    let get = |name: &str| data(&run(folder.path(), &["-c", "collection", "get", name]));
    assert_eq!(get("birds.pdf#2"), "The otter dives at dusk.\n");
    assert_eq!(get("papers/birds.pdf#page=3"), "The lynx sleeps by day.\n");
    let output = run(folder.path(), &["-c", "collection", "get", "birds.pdf#9"]);
    assert_eq!(code(&output), 2);
    assert!(words(&output).contains("p. 1 to p. 3"), "{}", words(&output));
}

#[test]
fn an_attachment_is_a_document_of_its_own() {
    let folder = papers();
    fs::write(folder.path().join("papers/minutes.eml"), MAIL).unwrap();
    let report = index(folder.path());
    assert_eq!(report["added"], 2, "{report}");
    let mail = best(folder.path(), "dredger");
    assert_eq!(mail["title"], "Minutes of the harbour meeting");
    assert!(mail["metadata"]["from"].as_str().unwrap().contains("ada@example.org"));
    let costs = best(folder.path(), "lanterns");
    assert_eq!(
        (&costs["id"], &costs["source"]["member"]),
        (&"minutes.eml!costs.csv".into(), &"costs.csv".into())
    );
    assert_eq!(costs["freshness"], "current");
    assert_eq!(costs["passage"]["location"]["text"], "costs!A1:B3", "{costs}");
    // What is there is there once more, and what is gone goes with its file.
    let again = index(folder.path());
    assert_eq!((&again["unchanged"], &again["added"]), (&2.into(), &0.into()));
    fs::write(folder.path().join("papers/minutes.eml"), MAIL.replace("costs.csv", "sums.csv"))
        .unwrap();
    let changed = index(folder.path());
    assert_eq!((&changed["added"], &changed["removed"]), (&1.into(), &1.into()), "{changed}");
}

#[test]
fn a_file_that_cannot_be_read_is_skipped_with_its_reason_and_why_says_it() {
    let folder = papers();
    let file = |name: &str, bytes: &[u8]| {
        fs::write(folder.path().join("papers").join(name), bytes).unwrap()
    };
    file("note.txt", b"The heron nests in April.");
    // The beginning of the first member of a zip file: 26 bytes of header, then its name.
    file(
        "broken.docx",
        &[b"PK\x03\x04".as_slice(), &[0; 22], &[19, 0, 0, 0], b"[Content_Types].xml"].concat(),
    );
    file("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and nothing more");
    file(".hidden.txt", b"secret");
    let report = index(folder.path());
    assert_eq!(report["added"], 1);
    let skipped = &report["skipped"];
    assert_eq!(
        (&skipped["damaged"], &skipped["unsupported-format"]),
        (&1.into(), &1.into()),
        "{report}"
    );
    let why = |name: &str| words(&run(folder.path(), &["-c", "collection", "why", name, "heron"]));
    assert!(
        why("papers/broken.docx").contains("has no document: damaged"),
        "{}",
        why("papers/broken.docx")
    );
    assert!(
        why("papers/.hidden.txt").contains("has no document: hidden"),
        "{}",
        why("papers/.hidden.txt")
    );
    assert!(why("nobody.txt").contains("no document \"nobody.txt\""));
}

/// A collection of two files in a folder, searched from the folder above it.
fn birds() -> tempfile::TempDir {
    let folder = papers();
    fs::create_dir(folder.path().join("papers/water")).unwrap();
    fs::write(folder.path().join("papers/heron.md"), "---\nauthor: Ada\n---\nThe bird nests.")
        .unwrap();
    fs::write(folder.path().join("papers/water/gull.md"), "The bird dives.").unwrap();
    index(folder.path());
    folder
}

#[test]
fn a_path_is_accepted_as_it_was_shown_relative_absolute_and_as_a_folder() {
    let folder = birds();
    let at = |path: &str| {
        let search = ["-c", "collection", "search", "--stage", "bm25", "--format", "paths"];
        data(&run(folder.path(), &[&search[..], &["--path", path, "bird"]].concat()))
    };
    let absolute = fs::canonicalize(folder.path()).unwrap().join("papers/water");
    let gull = "papers/water/gull.md\n";
    for path in ["water/gull.md", "water", gull.trim(), "papers/water", absolute.to_str().unwrap()]
    {
        assert_eq!(at(path), gull, "{path}");
    }
    assert_eq!(at("papers").lines().count(), 2);
    let search = ["-c", "collection", "search", "--stage", "bm25", "--path", "nowhere", "bird"];
    let output = run(folder.path(), &search);
    assert_eq!(code(&output), 1);
    assert!(words(&output).contains("no document of the collection fits"), "{}", words(&output));
}

#[test]
fn what_a_note_says_in_front_of_itself_is_metadata_that_filters_know() {
    let folder = birds();
    let search = ["-c", "collection", "search", "--stage", "bm25", "--json", "-n", "1"];
    let found = run(folder.path(), &[&search[..], &["--filter", "author=Ada", "bird"]].concat());
    let answer: serde_json::Value = serde_json::from_str(&data(&found)).unwrap();
    assert_eq!(answer["hits"].as_array().unwrap().len(), 1);
    assert_eq!(answer["hits"][0]["metadata"]["author"], "Ada");
}

#[test]
fn a_file_among_the_words_of_a_query_is_asked_about() {
    let folder = birds();
    let search = ["-c", "collection", "search", "--stage", "bm25", "papers/heron.md", "bird"];
    let said = words(&run(folder.path(), &search));
    assert!(said.contains("search --path papers/heron.md bird"), "{said}");
}

#[test]
fn a_file_that_gave_no_text_is_not_read_again_until_it_changes() {
    let folder = papers();
    let file = folder.path().join("papers/a.pdf");
    fs::write(folder.path().join("papers/note.txt"), "The heron nests.").unwrap();
    fs::write(&file, b"%PDF-1.4 and nothing more").unwrap();
    let damaged = |report: serde_json::Value| report["skipped"]["damaged"] == 1;
    assert!(damaged(index(folder.path())));
    let manifest = fs::read_to_string(folder.path().join("collection/manifest.json")).unwrap();
    assert!(
        manifest.contains("\"unextracted\"") && manifest.contains("/papers/a.pdf"),
        "{manifest}"
    );
    // Other bytes of the same size and time: whoever read it again would find a page.
    let sound = pdf(&["The otter dives."]);
    let time = fs::metadata(&file).unwrap().modified().unwrap();
    fs::write(&file, &sound[..25]).unwrap();
    fs::File::options().write(true).open(&file).unwrap().set_modified(time).unwrap();
    let again = index(folder.path());
    assert_eq!(again["generation"], 1, "nothing new is known: {again}");
    assert!(damaged(again));
    fs::write(&file, &sound).unwrap();
    assert_eq!(index(folder.path())["added"], 1);
    let manifest = fs::read_to_string(folder.path().join("collection/manifest.json")).unwrap();
    assert!(!manifest.contains("\"unextracted\""), "{manifest}");
}

#[test]
fn an_archive_is_read_when_asked_and_asked_again_without_being_told() {
    let folder = papers();
    let parts = [("letters/oak.txt", "The oak by the weir fell.")];
    fs::write(folder.path().join("papers/old.zip"), zipped(&parts)).unwrap();
    let output = run(folder.path(), &["-c", "collection", "index", "--list-skipped", "papers"]);
    assert_eq!(code(&output), 1);
    assert!(words(&output).contains("old.zip: an archive"), "{}", words(&output));
    assert!(words(&output).contains("index --archives"), "{}", words(&output));
    let args = ["-c", "collection", "index", "--json", "--archives", "papers"];
    assert_eq!(json(folder.path(), &args)["added"], 1);
    assert_eq!(best(folder.path(), "weir")["id"], "old.zip!letters/oak.txt");
    let again = json(folder.path(), &["-c", "collection", "index", "--json"]);
    assert_eq!((&again["unchanged"], &again["removed"]), (&1.into(), &0.into()), "{again}");
}

/// Writes over a file and leaves its size and its time as they were.
fn write_unseen(path: &Path, bytes: &[u8]) {
    let before = fs::metadata(path).unwrap();
    assert_eq!(before.len(), bytes.len() as u64);
    fs::write(path, bytes).unwrap();
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(before.modified().unwrap()).unwrap();
}

#[test]
fn a_file_that_takes_long_to_read_is_read_again_only_if_it_was_touched() {
    let folder = papers();
    let path = folder.path().join("papers/birds.pdf");
    fs::write(&path, pdf(&["The heron nests in April."])).unwrap();
    assert_eq!(index(folder.path())["added"], 1);
    write_unseen(&path, &pdf(&["The otter dives at dusk.."]));
    let report = index(folder.path());
    assert_eq!((&report["unchanged"], &report["removed"]), (&1.into(), &0.into()), "{report}");
    assert_eq!(best(folder.path(), "heron")["id"], "birds.pdf");
    // Whoever names the very file has it read.
    let named = ["-c", "collection", "index", "--json", "papers/birds.pdf"];
    assert_eq!(json(folder.path(), &named)["updated"], 1);
    fs::remove_file(&path).unwrap();
    fs::write(folder.path().join("papers/a.txt"), "Something else.").unwrap();
    assert_eq!(index(folder.path())["removed"], 1);
}

#[cfg(unix)]
#[test]
fn a_program_of_the_users_reads_what_it_was_named_for() {
    let folder = papers();
    let (papers, home) = (folder.path().join("papers"), folder.path().join("home"));
    fs::write(papers.join("a.weird"), b"\0\x01The moorhen swims.").unwrap();
    fs::write(papers.join("bad.weird"), b"\0\x02").unwrap();
    let index = |config: bool, more: &[&str]| {
        let mut command = trommel(folder.path());
        command
            .env("XDG_CONFIG_HOME", if config { home.join("with") } else { home.join("without") });
        command.args(["-c", "collection", "index", "--list-skipped"]).args(more).arg("papers");
        command.output().unwrap()
    };
    let line = "\"*.weird\" = \"sh -c 'grep -a -o The.* \\\"$0\\\" || { echo unknown >&2; exit 4; }' {}\"\n";
    fs::create_dir_all(home.join("with/trommel")).unwrap();
    fs::write(home.join("with/trommel/extractors.toml"), line).unwrap();
    let output = index(true, &[]);
    assert_eq!(code(&output), 0, "{}", words(&output));
    assert!(words(&output).contains("bad.weird: unreadable"), "{}", words(&output));
    assert!(words(&output).contains("unknown"), "{}", words(&output));
    assert_eq!(best(folder.path(), "moorhen")["id"], "a.weird");
    // What is typed counts more, and may print an object.
    let object = "*.weird=printf '{\"title\":\"Weird\",\"text\":\"A coot.\",\"year\":1999}'";
    let output = index(true, &["--extract-with", object]);
    assert_eq!(code(&output), 0, "{}", words(&output));
    let hit = best(folder.path(), "coot");
    assert_eq!((&hit["title"], &hit["metadata"]["year"]), (&"Weird".into(), &"1999".into()));
    let output = index(true, &["--extract-with", "*.weird"]);
    assert_eq!(code(&output), 2);
    assert!(words(&output).contains("expected GLOB=COMMAND"), "{}", words(&output));
    // A collection's own file is somebody else's word.
    fs::write(folder.path().join("collection/extractors.toml"), line).unwrap();
    let output = index(false, &["--allow-empty"]);
    assert!(words(&output).contains("a.weird: binary"), "{}", words(&output));
}
