//! Fear: a document, a file name or a folder ends the run, hangs it, fills the memory, or leads out
//! of the root.

#[path = "common/effort.rs"]
mod effort;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use effort::{alone, effort_of, quick_folder};
use trommel_engine::{CollectionSettings, IndexRequest, Report, Splitting, index};
use trommel_ingest::{IngestOptions, Input, Item, Limits, SkipReason, Skipped, read};
use trommel_testkit::{Dice, FakeEncoder, LongRun, mutated};
use trommel_vector::VectorSettings;

fn put(root: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

fn pipe(path: &Path) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Returns what is read and what is skipped; a bad line is a failure of the test.
fn items(root: &Path, options: &IngestOptions) -> Vec<Item> {
    read(Input::Path(root.to_owned()), options).unwrap().map(Result::unwrap).collect()
}

/// Returns the names of what was read, and the name and reason of what was skipped.
fn listing(root: &Path) -> Vec<String> {
    let name =
        |path: &str| Path::new(path).strip_prefix(root).unwrap().to_string_lossy().into_owned();
    let lines = items(root, &IngestOptions::default()).into_iter().map(|item| match item {
        Item::Document(document) => document.id,
        Item::Skipped(Skipped { path, reason, .. }) => {
            format!("{}: {}", name(&path), reason.name())
        }
        Item::Unchanged(path) => panic!("{path} was never read"),
    });
    lines.collect()
}

/// Indexes a folder with a fake encoder.
fn indexed(collection: &Path, root: &Path, ingest: IngestOptions) -> Report {
    let encoder = FakeEncoder::new(16);
    let settings = CollectionSettings {
        splitting: Splitting { max_tokens: 64, overlap_tokens: 0 },
        insist: false,
        vectors: VectorSettings::default(),
    };
    let inputs = vec![Input::Path(root.to_owned())];
    let request = IndexRequest {
        inputs,
        ingest,
        keep_missing: false,
        allow_empty: false,
        as_before: false,
        commit_every: usize::MAX,
        depth: None,
        refine: true,
        late: None,
    };
    let cancel = AtomicBool::new(false);
    index(collection, request, &settings, &encoder, &encoder, &mut |_| {}, &cancel).unwrap()
}

/// Does something that must end by itself.
fn in_time<T: Send + 'static>(what: &str, work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, wait) = mpsc::channel();
    thread::spawn(move || done.send(work()).ok());
    wait.recv_timeout(Duration::from_secs(300)).unwrap_or_else(|_| panic!("{what} does not end"))
}

#[cfg(unix)]
#[test]
fn a_folder_of_everything_is_read_or_skipped_and_counted() {
    let _alone = alone();
    use std::ffi::OsStr;
    use std::os::unix::{ffi::OsStrExt, fs::symlink};
    let (root, outside, collection) = (quick_folder(), quick_folder(), quick_folder());
    let root = root.path();
    put(outside.path(), "secret.txt", "outsideword");
    put(root, "plain.txt", "A sentence.");
    put(root, "binary.bin", [0x7f, b'E', b'L', b'F', 0, 1, 2]);
    put(root, "utf16.txt", b"\xFF\xFEh\0\xE9\0\n\0".as_slice());
    put(root, "broken.txt", b"Gr\xC3\xB6\xC3\x9Fe und Ma\xC3\x9F und \xC3\xB6l \xFF.".as_slice());
    put(root, "zero.txt", "");
    put(root, "deep.html", "<div><p>".repeat(200_000) + "bottom");
    put(
        root,
        "deep.jsonl",
        format!("{{\"_id\":\"d\",\"text\":\"t\",\"x\":{}\n", "[".repeat(200_000)),
    );
    put(root, "\u{1b}[31m\u{202e}.txt", "A name to be afraid of.");
    fs::write(root.join(OsStr::from_bytes(b"no\xFFname.txt")), "text").unwrap();
    symlink(root, root.join("loop")).unwrap();
    symlink(outside.path(), root.join("escape")).unwrap();
    symlink(outside.path().join("secret.txt"), root.join("escape.txt")).unwrap();
    symlink("nowhere", root.join("dangling")).unwrap();
    pipe(&root.join("pipe.txt"));

    let options = IngestOptions { skip_invalid: true, ..IngestOptions::default() };
    let (from, to) = (root.to_owned(), collection.path().to_owned());
    let report = in_time("indexing", move || indexed(&to, &from, options));
    let skipped: Vec<_> = report.skipped_by_reason().into_iter().collect();
    assert_eq!(
        skipped,
        [("binary", 1), ("empty", 1), ("invalid-json", 1), ("not-a-file", 1), ("symlink", 4),]
    );
    assert_eq!(report.documents, 6, "plain, utf16, broken, deep.html and the two names");
    let texts = items(root, &IngestOptions { skip_invalid: true, ..IngestOptions::default() });
    let outside = texts.iter().filter(
        |item| matches!(item, Item::Document(document) if document.text.contains("outsideword")),
    );
    assert_eq!(outside.count(), 0);
}

#[cfg(unix)]
#[test]
fn a_file_of_rules_that_is_a_link_is_not_followed_out_of_the_root() {
    let _alone = alone();
    use std::os::unix::fs::symlink;
    for name in [".gitignore", ".ignore", ".trommelignore"] {
        let (root, outside) = (quick_folder(), quick_folder());
        let rules = put(outside.path(), "rules", "*.txt\n");
        put(root.path(), "a.txt", "Text");
        put(root.path(), "sub/b.txt", "Text");
        symlink(&rules, root.path().join(name)).unwrap();
        symlink("/dev/zero", root.path().join("sub").join(name)).unwrap();
        let path = root.path().to_owned();
        let listed = in_time(name, move || listing(&path));
        let refused = [format!("{name}: symlink"), format!("sub/{name}: symlink")];
        assert_eq!(listed, [&*refused[0], "a.txt", &*refused[1], "sub/b.txt"]);
    }
}

#[cfg(unix)]
#[test]
fn a_file_of_rules_that_is_a_pipe_is_not_waited_for() {
    let _alone = alone();
    let root = quick_folder();
    put(root.path(), "a.txt", "Text");
    for name in [".gitignore", ".ignore", ".trommelignore"] {
        pipe(&root.path().join(name));
    }
    let path = root.path().to_owned();
    let listed = in_time("reading rules", move || listing(&path));
    let told =
        [".gitignore", ".ignore", ".trommelignore"].map(|name| format!("{name}: not-a-file"));
    assert_eq!(listed[..3], told);
    assert_eq!(listed[3..], ["a.txt"]);
}

#[test]
fn a_git_file_that_points_out_of_the_root_is_not_followed() {
    let _alone = alone();
    let (root, outside) = (quick_folder(), quick_folder());
    put(outside.path(), "git/info/exclude", "*.txt\n");
    put(outside.path(), "git/commondir", ".\n");
    put(root.path(), ".git", format!("gitdir: {}/git\n", outside.path().display()));
    put(root.path(), "a.txt", "Text");
    assert_eq!(listing(root.path()), [".git: hidden", "a.txt"]);
}

#[test]
fn rules_hold_below_their_folder_and_the_nearest_and_strongest_wins() {
    let _alone = alone();
    let root = quick_folder();
    let root = root.path();
    put(root, ".gitignore", "\u{feff}*.log\n/top\n[\n!keep.log\n");
    put(root, "sub/.gitignore", "!x.log\n");
    put(root, "sub/.ignore", "y.md\n");
    put(root, "sub/deep/.trommelignore", "!y.md\n");
    put(root, "repository/.git/config", "");
    put(root, "large/.ignore", "# \n".repeat(500_000) + "*\n");
    for name in [
        "a.log",
        "keep.log",
        "top/a.md",
        "sub/top/a.md",
        "sub/x.log",
        "sub/y.md",
        "sub/deep/y.md",
        "repository/a.log",
        "sub2/x.log",
        "large/a.md",
    ] {
        put(root, name, "Text");
    }
    let listed = listing(root);
    let listed: Vec<_> = listed.iter().filter(|line| !line.ends_with(": hidden")).collect();
    assert_eq!(
        listed,
        [
            "a.log: ignored",
            "keep.log",
            "large/.ignore: too-large",
            "large/a.md",
            "repository/a.log",
            "sub/deep/y.md",
            "sub/top/a.md",
            "sub/x.log",
            "sub/y.md: ignored",
            "sub2/x.log: ignored",
            "top: ignored",
        ]
    );
}

#[test]
fn one_line_of_100_mb_costs_no_more_memory_than_its_cap() {
    let _alone = alone();
    let root = quick_folder();
    for name in ["line.txt", "line.jsonl", "bomb.html"] {
        let mut file = File::create(root.path().join(name)).unwrap();
        file.write_all(b"{\"_id\":\"1\",\"text\":\"").unwrap();
        let part = "a".repeat(1 << 20);
        for _ in 0..100 {
            file.write_all(part.as_bytes()).unwrap();
        }
    }
    let options = IngestOptions { skip_invalid: true, ..IngestOptions::default() };
    let (items, effort) = effort_of(|| items(root.path(), &options));
    let reasons: Vec<_> = items
        .iter()
        .map(|item| match item {
            Item::Skipped(skipped) => skipped.reason.name(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(reasons, ["too-large", "line-too-long", "too-large"]);
    assert!(effort.memory < 100 << 20, "{} MiB", effort.memory >> 20);
}

#[test]
fn every_cap_is_kept_and_told_when_it_is_hit() {
    let _alone = alone();
    let (root, collection) = (quick_folder(), quick_folder());
    let words = "One sentence of some words. ".repeat(400);
    put(root.path(), "long.txt", &words);
    put(root.path(), "short.txt", "One sentence.");
    let lines = format!(
        "{{\"_id\":\"rich\",\"text\":\"t\",\"tag\":\"{}\"}}\n{{\"_id\":\"wide\",\"text\":\"{words}\"}}\n\
         {{\"_id\":\"fine\",\"text\":\"t\",\"tag\":\"x\"}}\n",
        "m".repeat(200)
    );
    put(root.path(), "lines.jsonl", lines);
    put(root.path(), "heavy.md", "# Heavy\n".repeat(5_000));
    let limits = Limits {
        max_file_bytes: 30_000,
        max_line_bytes: 5_000,
        max_metadata_bytes: 100,
        max_passages: 20,
    };
    let options = IngestOptions { limits, skip_invalid: true, ..IngestOptions::default() };
    let report = indexed(collection.path(), root.path(), options);
    let told: Vec<String> = report
        .skipped
        .iter()
        .map(|skipped| {
            let file = Path::new(&skipped.path).file_name().unwrap().to_string_lossy().into_owned();
            let line = skipped.line.map_or_else(String::new, |line| format!(":{line}"));
            format!("{file}{line}: {}", skipped.reason)
        })
        .collect();
    // 400 times 5 words at 64 tokens a passage
    let passages = match &report.skipped[3].reason {
        SkipReason::TooManyPassages { passages, limit: 20 } => *passages,
        other => panic!("{other}"),
    };
    assert!((30..=45).contains(&passages), "{passages}");
    assert_eq!(
        told,
        [
            "heavy.md: too large: at least 40000 bytes, the limit is 30000".to_owned(),
            "lines.jsonl:1: byte 1: expected at most 100 bytes of metadata, got 203".to_owned(),
            "lines.jsonl:2: byte 5001: expected a line of at most 5000 bytes".to_owned(),
            format!("long.txt: too many passages: {passages}, the limit is 20"),
        ]
    );
}

#[test]
fn what_grew_over_the_cap_of_passages_is_no_longer_found() {
    let _alone = alone();
    let (root, collection) = (quick_folder(), quick_folder());
    put(root.path(), "a.txt", "One sentence.");
    let limits = Limits { max_passages: 3, ..Limits::default() };
    let options = IngestOptions { limits, ..IngestOptions::default() };
    assert_eq!(indexed(collection.path(), root.path(), options.clone()).documents, 1);
    put(root.path(), "a.txt", "One sentence of some words. ".repeat(400));
    for removed in [1, 0] {
        let report = indexed(collection.path(), root.path(), options.clone());
        assert_eq!((report.documents, report.removed), (0, removed));
        assert_eq!(report.skipped_by_reason()["too-many-passages"], 1);
    }
}

/// Texts that parsers of quadratic or recursive kind choke on, a quarter of a megabyte each.
#[test]
fn nested_and_repeated_marks_cost_time_in_proportion() {
    let _alone = alone();
    let root = quick_folder();
    let nested = [
        "> ",
        "- ",
        "[",
        "![",
        "`",
        "``` ",
        "*a ",
        "_a_",
        "<!--",
        "<div>",
        "<b><i>",
        "&#",
        "| a ",
        "[a](",
        "\\",
        "# ",
        "1. ",
        "<![CDATA[",
        "<script>",
        "</p>",
        "<table><tr><td>",
        "**a*",
        "a\u{301}",
        "<a href=",
        "$",
        "[^1]: ",
        "~~",
        "---\n",
        "\t",
        "\r",
        "\u{2028}",
        "{{",
    ];
    let mut slowest = (Duration::ZERO, String::new());
    for (place, mark) in nested.iter().enumerate() {
        let text = mark.repeat((256 << 10) / mark.len());
        for ending in ["md", "html", "rst", "txt"] {
            let name = format!("{place}.{ending}");
            let folder = root.path().join(&name);
            put(&folder, &name, format!("Start\n\n{text}\n\nend {place}"));
            let collection = quick_folder();
            let to = collection.path().to_owned();
            let (report, effort) = effort_of(|| {
                in_time(mark, move || indexed(&to, &folder, IngestOptions::default()))
            });
            // Of some marks a part is left out of a document that is read.
            let whole = report.skipped.iter().filter(|it| it.reason.name() != "long-runs");
            assert_eq!(report.documents + whole.count() as u64, 1, "{mark:?} in {name}");
            slowest = slowest.max((effort.time, format!("{mark:?} in {ending}")));
            assert!(effort.memory < 400 << 20, "{mark:?} in {ending}: {effort:?}");
        }
    }
    assert!(slowest.0 < Duration::from_secs(10), "{slowest:?}");
}

/// Returns something that a folder may hold: noise, or a damaged file of a known kind.
fn blob(dice: &mut Dice) -> (&'static str, Vec<u8>) {
    let kinds: [(&str, &str); 6] = [
        ("md", "---\ntitle: x\n---\n# Head\n\nText *of* a [kind](b).\n\n```\ncode\n```\n"),
        ("html", "<html><head><title>T</title></head><body><p>Text &amp; more</p></body></html>"),
        ("jsonl", "{\"_id\":\"7\",\"title\":\"T\",\"text\":\"some text\",\"year\":1999}\n"),
        ("rst", "Title\n=====\n\nText\n"),
        ("txt", "Größe, Maß und Öl.\nZweite Zeile.\n"),
        ("", "fn main() {}\n"),
    ];
    let &(ending, whole) = dice.pick(&kinds);
    let bytes = if dice.below(3) == 0 { dice.noise(2048) } else { mutated(whole.as_bytes(), dice) };
    (ending, bytes)
}

fn random_blobs(run: LongRun) {
    const TOGETHER: usize = 1000;
    let mut cases = run.cases().peekable();
    let (mut documents, mut skipped) = (0, 0);
    while cases.peek().is_some() {
        let (root, collection) = (quick_folder(), quick_folder());
        let mut files = 0;
        for (case, mut dice) in cases.by_ref().take(TOGETHER) {
            let (ending, bytes) = blob(&mut dice);
            // Lines have ids of their own, which may clash: they are counted in a run of their own.
            let ending = if ending == "jsonl" { "json" } else { ending };
            put(root.path(), &format!("{case}.{ending}"), bytes);
            files += 1;
        }
        let (from, to) = (root.path().to_owned(), collection.path().to_owned());
        let report = in_time("indexing", move || indexed(&to, &from, IngestOptions::default()));
        assert_eq!(report.documents + report.skipped.len() as u64, files);
        documents += report.documents;
        skipped += report.skipped.len();
    }
    run.record(&format!("{documents} read, {skipped} skipped"));
}

#[test]
fn metadata_may_have_any_name() {
    let _alone = alone();
    let (root, collection) = (quick_folder(), quick_folder());
    let names =
        ["\\u0000", "a\\u0000b", "\\u0001", ".", "a.b", "", " ", "\\\"", "\\ud83d\\ude00", "title"];
    let lines: String = names
        .iter()
        .map(|name| format!("{{\"_id\":\"{name}#\",\"text\":\"t\",\"{name}\":\"x\"}}\n"))
        .collect();
    put(root.path(), "lines.jsonl", lines);
    let long = format!("{{\"_id\":\"l\",\"text\":\"t\",\"{}\":1}}", "n".repeat(100_000));
    put(root.path(), "long.jsonl", long);
    let report = indexed(collection.path(), root.path(), IngestOptions::default());
    assert_eq!((report.documents, report.skipped.len()), (11, 0));
}

#[test]
fn random_blobs_are_read_or_skipped_and_all_of_them_counted() {
    let _alone = alone();
    random_blobs(LongRun::of("blobs", 10_000));
}

#[test]
#[ignore = "the long run: minutes"]
fn random_blobs_the_long_run() {
    let _alone = alone();
    random_blobs(LongRun::of("blobs", 100_000));
}
