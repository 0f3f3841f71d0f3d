//! Whatever lies in a folder, reading must go on, stay inside, and say what it left out.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use trommel_core::{Document, Markup};
use trommel_ingest::{IngestError, IngestOptions, Input, Item, Limits, SkipReason, read};

fn put(root: &TempDir, path: &str, content: impl AsRef<[u8]>) {
    let path = root.path().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn items(path: &Path, options: &IngestOptions) -> Vec<Item> {
    read(Input::Path(path.into()), options).unwrap().map(Result::unwrap).collect()
}

/// What was read, as ids, and what was skipped, as relative paths with the reason's name.
fn listing(root: &TempDir, options: &IngestOptions) -> Vec<String> {
    let base = fs::canonicalize(root.path()).unwrap();
    let within = |path: &str| Path::new(path).strip_prefix(&base).unwrap().display().to_string();
    items(root.path(), options)
        .into_iter()
        .map(|item| match item {
            Item::Document(document) => document.id,
            Item::Skipped(skipped) => {
                format!("{}: {}", within(&skipped.path), skipped.reason.name())
            }
            Item::Unchanged(path) => format!("{}: unchanged", within(&path)),
        })
        .collect()
}

fn only_document(path: &Path) -> Document {
    match items(path, &IngestOptions::default()).as_slice() {
        [Item::Document(document)] => document.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_folder_is_read_in_order_and_all_that_is_left_out_is_told() {
    let root = TempDir::new().unwrap();
    put(&root, "b.txt", "Text");
    put(&root, "a/z.md", "# Z");
    put(&root, "a.txt", "Text");
    put(&root, "a/empty.txt", "");
    put(&root, "a/blank.txt", " \n\t\n");
    put(&root, "image.png", b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR");
    put(&root, "large.txt", "0123456789".repeat(20));
    put(&root, ".secret", "hidden");
    put(&root, ".git/config", "hidden");
    put(&root, ".trommel/manifest", "the collection's own");
    put(
        &root,
        "lines.jsonl",
        "{\"_id\":\"x 1\",\"text\":\"one\"}\n{\"_id\":\"x 2\",\"text\":\"two\"}\n",
    );
    put(&root, "none.jsonl", "\n\n");
    let limits = Limits { max_file_bytes: 100, ..Limits::default() };
    let options = IngestOptions { limits, ..IngestOptions::default() };
    assert_eq!(
        listing(&root, &options),
        [
            ".git: hidden",
            ".secret: hidden",
            "a/blank.txt: empty",
            "a/empty.txt: empty",
            "a/z.md",
            "a.txt",
            "b.txt",
            "image.png: binary",
            "large.txt: too-large",
            "x 1",
            "x 2",
            "none.jsonl: empty",
        ]
    );
}

#[test]
fn ignore_files_are_honoured_outside_a_git_repository_too() {
    let root = TempDir::new().unwrap();
    put(&root, ".gitignore", "target/\n*.log\n!keep.log\n");
    put(&root, ".ignore", "drafts\n");
    put(&root, "sub/.trommelignore", "private.md\n");
    for path in ["target/a.txt", "x.log", "keep.log", "drafts/d.md", "sub/private.md", "sub/ok.md"]
    {
        put(&root, path, "# Text");
    }
    let seen = |ignore_rules| {
        let mut seen = listing(&root, &IngestOptions { ignore_rules, ..IngestOptions::default() });
        seen.retain(|line| !line.ends_with(": hidden"));
        seen
    };
    assert_eq!(
        seen(true),
        [
            "drafts: ignored",
            "keep.log",
            "sub/ok.md",
            "sub/private.md: ignored",
            "target: ignored",
            "x.log: ignored",
        ]
    );
    let all = ["drafts/d.md", "keep.log", "sub/ok.md", "sub/private.md", "target/a.txt", "x.log"];
    assert_eq!(seen(false), all);
    let told =
        items(root.path(), &IngestOptions::default()).into_iter().find_map(|item| match item {
            Item::Skipped(skipped) if skipped.path.ends_with("/x.log") => {
                Some(skipped.reason.to_string())
            }
            _ => None,
        });
    let file = fs::canonicalize(root.path()).unwrap().join(".gitignore");
    assert_eq!(told.unwrap(), format!("ignored by *.log in {}", file.display()));
}

/// As git and ripgrep do: `.gitignore` counts up to the repository's folder, `.ignore` from anywhere.
#[test]
fn rules_of_folders_above_the_root_are_heard() {
    let top = TempDir::new().unwrap();
    put(&top, ".gitignore", "*.outside\n");
    put(&top, ".ignore", "*.tmp\n");
    put(&top, "repo/.git/HEAD", "");
    put(&top, "repo/.gitignore", "node_modules\n*.log\n");
    put(&top, "repo/packages/.gitignore", "!keep.log\n");
    for path in ["node_modules/x.md", "a.md", "a.log", "keep.log", "a.tmp", "a.outside"] {
        put(&top, &format!("repo/packages/app/{path}"), "# Text");
    }
    let read = |folder: &str| -> Vec<String> {
        let options = IngestOptions::default();
        items(&top.path().join(folder), &options)
            .into_iter()
            .filter_map(|item| match item {
                Item::Document(document) => Some(document.id),
                Item::Skipped(_) | Item::Unchanged(_) => None,
            })
            .collect()
    };
    assert_eq!(read("repo/packages/app"), ["a.md", "a.outside", "keep.log"]);
    fs::remove_dir_all(top.path().join("repo/.git")).unwrap();
    let without_repository = ["a.log", "a.md", "a.outside", "keep.log", "node_modules/x.md"];
    assert_eq!(read("repo/packages/app"), without_repository);
}

#[test]
fn an_excluded_folder_is_not_entered() {
    let root = TempDir::new().unwrap();
    put(&root, "index/segment", "not a document");
    put(&root, "a.txt", "Text");
    let options =
        IngestOptions { exclude: vec![root.path().join("./index")], ..IngestOptions::default() };
    assert_eq!(listing(&root, &options), ["a.txt"]);
}

#[cfg(unix)]
#[test]
fn links_pipes_and_sockets_are_told_and_never_opened() {
    use std::os::unix::{fs::symlink, net::UnixListener};
    let (root, outside) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    put(&outside, "secret.txt", "outside");
    put(&root, "real.txt", "Text");
    symlink(outside.path(), root.path().join("folder-link")).unwrap();
    symlink(outside.path().join("secret.txt"), root.path().join("file-link")).unwrap();
    symlink(root.path(), root.path().join("loop")).unwrap();
    symlink("nowhere", root.path().join("dangling")).unwrap();
    let pipe = root.path().join("pipe.txt");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let _socket = UnixListener::bind(root.path().join("socket")).unwrap();
    assert_eq!(
        listing(&root, &IngestOptions::default()),
        [
            "dangling: symlink",
            "file-link: symlink",
            "folder-link: symlink",
            "loop: symlink",
            "pipe.txt: not-a-file",
            "real.txt",
            "socket: not-a-file",
        ]
    );
    let named = items(&pipe, &IngestOptions::default());
    assert!(matches!(&named[..], [Item::Skipped(s)] if s.reason == SkipReason::NotAFile));
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_utf8_is_read_and_written_with_escapes() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let root = TempDir::new().unwrap();
    fs::write(root.path().join(OsStr::from_bytes(b"caf\xE9.txt")), "Text").unwrap();
    assert_eq!(listing(&root, &IngestOptions::default()), ["caf\\xE9.txt"]);
    let path = root.path().join(OsStr::from_bytes(b"caf\xE9.txt"));
    let [Item::Document(named)] = &items(&path, &IngestOptions::default())[..] else { panic!() };
    assert_eq!((named.id.as_str(), named.text.as_str()), ("caf\\xE9.txt", "Text"));
}

#[test]
fn a_missing_path_is_an_error_that_names_it() {
    let root = TempDir::new().unwrap();
    let path = root.path().join("no/such");
    let error = read(Input::Path(path.clone()), &IngestOptions::default()).unwrap_err();
    assert!(matches!(error, IngestError::NotFound { .. }));
    assert_eq!(error.to_string(), format!("no such file or folder: {}", path.display()));
}

#[test]
fn a_bad_line_is_an_error_only_in_a_file_that_was_named() {
    let root = TempDir::new().unwrap();
    put(
        &root,
        "a.jsonl",
        "{\"_id\":\"1\",\"text\":\"t\"}\nnonsense\n{\"_id\":\"2\",\"text\":\"t\"}\n",
    );
    let named = root.path().join("a.jsonl");
    let mut reader = read(Input::Path(named), &IngestOptions::default()).unwrap();
    assert!(matches!(reader.next(), Some(Ok(Item::Document(_)))));
    let error = reader.next().unwrap().unwrap_err().to_string();
    assert!(
        error.ends_with("/a.jsonl:2:2: expected one JSON object a line: expected ident"),
        "{error}"
    );
    assert!(matches!(reader.next(), Some(Ok(Item::Document(d))) if d.id == "2"));
    assert!(reader.next().is_none());
    assert_eq!(
        listing(&root, &IngestOptions::default()),
        ["1", "a.jsonl: invalid-json", "2"],
        "met on a walk"
    );
}

#[test]
fn a_jsonl_file_of_another_program_is_left_out_as_a_whole() {
    let root = TempDir::new().unwrap();
    let line = |id| format!("{{\"id\":\"{id}\",\"contents\":\"text\"}}\n");
    put(&root, "log.jsonl", line("1") + &line("2"));
    put(&root, "note.md", "# A note");
    assert_eq!(listing(&root, &IngestOptions::default()), ["log.jsonl: missing-field", "note.md"]);
    let skipped = items(root.path(), &IngestOptions::default()).remove(0);
    let Item::Skipped(skipped) = skipped else { panic!("{skipped:?}") };
    assert_eq!(skipped.line, None);
    let SkipReason::NoDocuments { problem } = skipped.reason else { panic!("{skipped:?}") };
    assert_eq!(problem.likely_fields(), Some(("id", "contents")));
    let fields = IngestOptions {
        id_field: "id".into(),
        text_field: "contents".into(),
        ..IngestOptions::default()
    };
    assert_eq!(listing(&root, &fields), ["1", "2", "note.md"]);
    let lenient = IngestOptions { skip_invalid: true, ..IngestOptions::default() };
    let each = ["log.jsonl: missing-field", "log.jsonl: missing-field", "note.md"];
    assert_eq!(listing(&root, &lenient), each);
}

#[test]
fn a_root_that_is_a_file_gives_its_name_as_id() {
    let root = TempDir::new().unwrap();
    put(&root, "sub/notes.rs", "fn main() {}\n");
    let document = only_document(&root.path().join("sub/notes.rs"));
    assert_eq!((&*document.id, &*document.title), ("notes.rs", "notes.rs"));
    let file = fs::canonicalize(root.path().join("sub/notes.rs")).unwrap();
    assert_eq!(document.origin.file(), file.to_str().unwrap());
    assert_eq!((&*document.origin.path, document.origin.line), ("", None));
}

#[test]
fn standard_input_is_text_or_jsonl() {
    let from = |text: &'static str| -> Vec<Item> {
        let input = Input::Stdin(Box::new(text.as_bytes()));
        read(input, &IngestOptions::default()).unwrap().map(Result::unwrap).collect()
    };
    let one = from("Shopping\n\nmilk, eggs\n");
    let [Item::Document(shopping)] = &one[..] else { panic!("{one:?}") };
    assert_eq!((&*shopping.title, &*shopping.origin.file()), ("Shopping", "-"));
    assert_eq!(shopping.id, format!("-:{}", &shopping.hash.to_string()[..16]));
    assert_eq!(from("Shopping\n\nmilk, eggs\n"), one);
    let other = from("Shopping\n\nbread\n");
    assert!(matches!(&other[..], [Item::Document(d)] if d.id != shopping.id));
    let lines = from("{\"_id\":\"a\",\"text\":\"x\"}\n{\"_id\":\"b\",\"text\":\"y\"}\n");
    assert!(matches!(&lines[..], [Item::Document(a), Item::Document(b)]
        if a.id == "a" && b.id == "b" && b.origin.line == Some(2)));
    assert!(matches!(&from("")[..], [Item::Skipped(s)] if s.reason == SkipReason::Empty));
}

#[test]
fn a_text_from_a_stream_can_be_given_a_name_which_says_its_format() {
    let input = Input::Stdin(Box::new("words\n\n# A heading".as_bytes()));
    let options =
        IngestOptions { stream_id: Some("notes/today.md".into()), ..IngestOptions::default() };
    let items: Vec<Item> = read(input, &options).unwrap().map(Result::unwrap).collect();
    assert!(matches!(&items[..], [Item::Document(d)]
        if d.id == "notes/today.md" && d.title == "A heading" && d.markup == Markup::Markdown));
}

#[test]
fn a_reader_can_move_to_another_thread() {
    fn assert_send<T: Send>(_: &T) {}
    let input = Input::Stdin(Box::new(std::io::empty()));
    assert_send(&read(input, &IngestOptions::default()).unwrap());
}

fn fixture(name: &str) -> Document {
    only_document(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name))
}

#[test]
fn fixtures_in_odd_encodings_read_as_they_were_written() {
    let text = "Zwölf Äpfel für Jürgen\n\nEr aß sie größtenteils über Nacht, schön gekühlt.\n";
    for name in
        ["umlauts-utf8-bom.txt", "umlauts-utf16le.txt", "umlauts-utf16be.txt", "umlauts-latin1.txt"]
    {
        let document = fixture(name);
        assert_eq!(document.text, text, "{name}");
        assert_eq!(document.title, "Zwölf Äpfel für Jürgen", "{name}");
    }
    let text = "Как заваривать чай\n\nНагрейте чайник, положите заварку и подождите пять минут.\n";
    for name in ["tea-windows-1251.txt", "tea-koi8-r.txt"] {
        assert_eq!(fixture(name).text, text, "{name}");
    }
    assert_eq!(fixture("tea-shift-jis.html").text, "# お茶の入れ方\n\nお湯を沸かします。");
}

#[test]
fn fixtures_give_the_golden_titles_and_texts() {
    let page = fixture("page.html");
    assert_eq!((&*page.title, page.markup), ("Descaling the kettle", Markup::Markdown));
    let golden = include_str!("fixtures/page.golden.md");
    assert_eq!(page.text, golden.trim_end());
    let manual = fixture("manual.rst");
    assert_eq!((&*manual.title, manual.markup), ("Night watch", Markup::Plain));
    let notes = fixture("notes.md");
    assert_eq!((&*notes.title, notes.markup), ("Bread, week by week", Markup::Markdown));
    assert!(notes.text.starts_with("---\ntitle:"));
}

#[test]
fn equal_files_have_equal_hashes_wherever_they_lie() {
    let root = TempDir::new().unwrap();
    put(&root, "a/x.md", "# Same\n");
    put(&root, "b/x.md", "# Same\n");
    put(&root, "b/y.md", "# Other\n");
    let hashes: Vec<_> = items(root.path(), &IngestOptions::default())
        .into_iter()
        .map(|item| match item {
            Item::Document(document) => document.hash,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(hashes[0], hashes[1]);
    assert_ne!(hashes[1], hashes[2]);
}

#[test]
fn the_bytes_of_what_was_read_are_those_of_the_files_that_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    std::fs::create_dir(root.join("sub")).unwrap();
    for (name, bytes) in [
        ("a.md", "# Title\n\ntext"),
        ("empty.txt", ""),
        ("large.txt", "longer than one document may be"),
        ("binary.bin", "\0\0\0\0"),
        (".hidden", "not looked at"),
        (
            "sub/b.jsonl",
            "{\"_id\":\"1\",\"text\":\"x\"}\n\n{\"_id\":\"2\",\"text\":\"y\"}\nbad\n\n",
        ),
        ("sub/c.txt", "last"),
    ] {
        std::fs::write(root.join(name), bytes).unwrap();
    }
    let limits = Limits { max_file_bytes: 20, ..Limits::default() };
    let options = IngestOptions { limits, skip_invalid: true, ..IngestOptions::default() };
    let total: u64 = trommel_ingest::file_sizes(root, &options).unwrap().sum();
    // 13 + 0 + 31 + 4 + 52 + 4 bytes, by hand.
    assert_eq!(total, 104);
    let mut reader = read(Input::Path(root.to_owned()), &options).unwrap();
    let mut before = 0;
    while reader.next().is_some() {
        assert!(reader.bytes_read() >= before);
        before = reader.bytes_read();
    }
    assert_eq!(before, total);
    let file = root.join("sub/c.txt");
    let one = trommel_ingest::file_sizes(&file, &options).unwrap();
    assert_eq!(one.collect::<Vec<_>>(), [4]);
}

#[test]
fn what_lies_within_a_root_is_named_from_there() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    std::fs::create_dir(root.join("sub")).unwrap();
    std::fs::write(root.join("sub/a.txt"), "text").unwrap();
    std::fs::write(root.join("sub/b.jsonl"), "{\"_id\":\"1\",\"text\":\"x\"}\n").unwrap();
    let named = |path: &str| -> Vec<(String, String)> {
        let reader = read(Input::Path(root.join(path)), &IngestOptions::default()).unwrap();
        let items = reader.under(root.to_str().unwrap());
        let name = |item| match item {
            Ok(Item::Document(document)) => {
                assert_eq!(document.origin.root, root.to_str().unwrap());
                (document.id, document.origin.path)
            }
            other => panic!("expected a document, got {other:?}"),
        };
        items.map(name).collect()
    };
    let pair = |id: &str, path: &str| (id.to_owned(), path.to_owned());
    let both = [pair("sub/a.txt", "sub/a.txt"), pair("1", "sub/b.jsonl")];
    assert_eq!(named(""), both);
    assert_eq!(named("sub"), both);
    assert_eq!(named("sub/a.txt"), both[..1]);
    assert_eq!(named("sub/b.jsonl"), both[1..]);
}

/// Returns a zip file of parts.
fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut writer, content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn archives_are_read_like_folders_when_asked() {
    let root = TempDir::new().unwrap();
    let inner = zipped(&[("deep.txt", b"Deep down.")]);
    put(
        &root,
        "a.zip",
        zipped(&[
            ("notes/tea.md", b"# Tea"),
            ("../up.txt", b"Up."),
            (".hidden/x.txt", b"Hidden."),
            ("__MACOSX/._tea.md", b"\0\x05"),
            (
                "lines.jsonl",
                b"{\"_id\":\"one\",\"text\":\"1\"}\n{\"_id\":\"two\",\"text\":\"2\"}\n",
            ),
            ("inner.zip", &inner),
            ("photo.png", b"\x89PNG\r\n\x1a\n\0\0"),
        ]),
    );
    assert_eq!(listing(&root, &IngestOptions::default()), ["a.zip: archive"]);
    let options = IngestOptions { archives: true, ..IngestOptions::default() };
    assert_eq!(
        listing(&root, &options),
        [
            "a.zip!.hidden/x.txt: hidden",
            "a.zip!__MACOSX/._tea.md: hidden",
            "a.zip!notes/tea.md",
            "a.zip!up.txt",
            "one",
            "two",
            "a.zip!inner.zip!deep.txt",
            "a.zip!photo.png: binary",
        ]
    );
}

#[test]
fn what_nobody_reads_is_left_out_and_told() {
    let root = TempDir::new().unwrap();
    let run = "0123456789abcdef".repeat(32);
    put(&root, "a.md", format!("Key:\n\n{run}\n\nEnd."));
    put(&root, "b.jsonl", format!("{{\"_id\":\"1\",\"text\":\"{run}\"}}\n"));
    assert_eq!(
        listing(&root, &IngestOptions::default()),
        ["a.md", "a.md: long-runs", "1", "b.jsonl: long-runs"]
    );
}
