//! Fear: a file that is read beside documents and models panics its reader or fills the memory:
//! manifests, vectors and their graphs, runs, judgements, queries, lines of documents.
//!
//! Loops over seeded damage; a case that fails is repeated by `TROMMEL_SEED=N TROMMEL_COUNT=1`.

#[path = "common/effort.rs"]
mod effort;

use std::error::Error;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use effort::{alone, effort_of, quick_folder};
use trommel_core::{Document, Markup, PassageId, Query, Retriever, TokenCounter};
use trommel_engine::Manifest;
use trommel_eval::{Qrels, Run, parse_queries};
use trommel_ingest::{IngestOptions, Input, SplitSettings, Splitter, read};
use trommel_testkit::{Dice, FakeEncoder, LongRun, mutated};
use trommel_vector::{Ann, VectorIndex, VectorSearch, VectorSettings, VectorState, VectorWriter};

const MOST_TIME: Duration = Duration::from_secs(1);
const MOST_MEMORY: u64 = 64 << 20;

/// Hands `count` damaged copies of a file to its reader, which says whether it took them.
fn damage(name: &'static str, count: u64, whole: &[u8], read: impl Fn(&[u8]) -> bool) {
    damage_with(name, count, |dice| mutated(whole, dice), read);
}

fn damage_with(
    name: &'static str,
    count: u64,
    make: impl Fn(&mut Dice) -> Vec<u8>,
    read: impl Fn(&[u8]) -> bool,
) {
    // Looking at the memory costs more than most cases: so first blocks of them.
    const TOGETHER: usize = 50;
    let run = LongRun::of(name, count);
    let mut cases: Vec<(u64, Vec<u8>)> = Vec::new();
    let (mut seen, mut taken) = (0, 0);
    let mut numbered = run.cases().map(|(case, mut dice)| (case, make(&mut dice))).peekable();
    while numbered.peek().is_some() {
        cases.clear();
        cases.extend(numbered.by_ref().take(TOGETHER));
        let (_, effort) = effort_of(|| {
            for (case, bytes) in &cases {
                let result = catch_unwind(AssertUnwindSafe(|| read(bytes)));
                let result = result.unwrap_or_else(|_| panic!("case {case} of {name} panics"));
                taken += usize::from(result);
            }
        });
        // Only a block that is slow or large is looked at case by case.
        if effort.time > MOST_TIME || effort.memory > MOST_MEMORY {
            for (case, bytes) in &cases {
                let (_, effort) = effort_of(|| read(bytes));
                assert!(effort.time < MOST_TIME, "case {case} of {name}: {effort:?}");
                assert!(effort.memory < MOST_MEMORY, "case {case} of {name}: {effort:?}");
            }
        }
        seen += cases.len();
    }
    run.record(&format!("{taken} of {seen} were read"));
}

#[test]
fn lines_of_documents() {
    let _alone = alone();
    let whole = "{\"_id\":\"7\",\"title\":\"T\",\"text\":\"some text\",\"year\":1999,\"tags\":[\"x\",1]}\n\
        {\"_id\":8,\"text\":\"more \\u00e9 \\ud83d\\ude00\",\"deep\":{\"a\":{\"b\":[null,true,1.5e3]}}}\n";
    let options = IngestOptions { skip_invalid: true, ..IngestOptions::default() };
    damage("jsonl", 10_000, whole.as_bytes(), |bytes| {
        let input = Input::Stdin(Box::new(std::io::Cursor::new(bytes.to_vec())));
        read(input, &options).unwrap().filter(Result::is_ok).count() > 0
    });
}

#[test]
fn markup_and_its_passages() {
    let _alone = alone();
    let kinds: [(&str, &str); 3] = [
        (
            "a.md",
            "---\ntitle: x\n---\n# Head\n\nText *of* a [kind](b).\n\n```\nlet x;\n```\n\n> - a\n> - b\n\n|a|b|\n|-|-|\n|1|2|\n",
        ),
        (
            "a.html",
            "<!DOCTYPE html><html><head><title>T</title><script>x</script></head><body><h1>H</h1>\
          <p>Text &amp; <b>more</b><ul><li>a<li>b</ul><table><tr><td>1</td></tr></table><pre>\n x</pre></body></html>",
        ),
        ("a.rst", "=====\nTitle\n=====\n\n.. note:: x\n\n* a\n* b\n"),
    ];
    let encoder = FakeEncoder::new(4);
    let folder = quick_folder();
    for (name, whole) in kinds {
        let path = folder.path().join(name);
        damage(name, 300, whole.as_bytes(), |bytes| {
            fs::write(&path, bytes).unwrap();
            let items = read(Input::Path(path.clone()), &IngestOptions::default()).unwrap();
            let mut read = false;
            for item in items.flatten() {
                if let trommel_ingest::Item::Document(document) = item {
                    passages_hold_the_text(&encoder, &document);
                    read = true;
                }
            }
            read
        });
    }
}

/// Passages must lie within the text, on characters, and lose nothing but white space.
fn passages_hold_the_text(counter: &dyn TokenCounter, document: &Document) {
    let settings = SplitSettings { max_tokens: 8, overlap_tokens: 2 };
    let passages = Splitter::new(counter, settings).split(document);
    let mut behind = 0;
    for passage in &passages {
        let bytes = passage.bytes.clone();
        assert!(document.text.get(bytes.clone()).is_some(), "{bytes:?} is no text");
        let between = document.text.get(behind..bytes.start.max(behind)).unwrap();
        assert!(between.trim().is_empty(), "{between:?} is lost");
        behind = behind.max(bytes.end);
    }
    assert!(document.text[behind..].trim().is_empty(), "the end is lost");
}

#[test]
fn the_splitter_takes_any_text() {
    let _alone = alone();
    let pieces = [
        "a",
        " ",
        "\n\n",
        "e\u{301}",
        "👩\u{200d}🚀",
        "語",
        "\u{202e}",
        "\0",
        "# ",
        "- ",
        "```\n",
        ".",
    ];
    let encoder = FakeEncoder::new(4);
    damage_with(
        "splitter",
        3_000,
        |dice| {
            (0..dice.below(300)).flat_map(|_| pieces[dice.below(pieces.len())].bytes()).collect()
        },
        |bytes| {
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            for markup in [Markup::Plain, Markup::Markdown] {
                let document = Document::new("a", text.clone()).with_markup(markup);
                passages_hold_the_text(&encoder, &document);
            }
            true
        },
    );
}

#[test]
fn manifests() {
    let _alone = alone();
    let whole = r#"{"format":3,"generation":3,"encoder":{"model":"fake","weights":"0","tokenizer":"0","dimension":16,"pooling":"mean","query_prefix":"","passage_prefix":"","max_tokens":64},"splitting":{"max_tokens":64,"overlap_tokens":0},"roots":[{"path":"/a","kind":"folder"}],"next_passage":7,"files":{"vectors/1.vec":{"size":64,"blake3":"00"}}}"#;
    let folder = quick_folder();
    let path = folder.path().join("manifest.json");
    let read_manifest = || Manifest::read(folder.path()).is_ok();
    let signed =
        |json: &[u8]| [json, format!("\n{}\n", blake3::hash(json).to_hex()).as_bytes()].concat();
    damage("manifest", 2_000, &signed(whole.as_bytes()), |bytes| {
        fs::write(&path, bytes).unwrap();
        let is_whole = bytes == signed(whole.as_bytes());
        assert!(is_whole || !read_manifest(), "a damaged manifest was read");
        false
    });
    // With a right hash it is somebody's work, and no reason to panic either.
    damage("signed manifest", 5_000, whole.as_bytes(), |bytes| {
        fs::write(&path, signed(bytes)).unwrap();
        read_manifest()
    });
}

const DIMENSION: usize = 8;

fn vectors(folder: &Path) -> VectorState {
    let settings = VectorSettings { ann: Ann::Hnsw, ..VectorSettings::default() };
    let mut writer = VectorWriter::create(folder, DIMENSION, settings).unwrap();
    let mut dice = Dice::new(1);
    for id in 0..60 {
        let numbers: Vec<f32> = (0..DIMENSION).map(|_| dice.below(1000) as f32 - 499.5).collect();
        let length = numbers.iter().map(|x| x * x).sum::<f32>().sqrt();
        let unit: Vec<f32> = numbers.iter().map(|x| x / length).collect();
        writer.add(PassageId(id), &unit).unwrap();
    }
    writer.commit(1, false).unwrap();
    assert!(writer.delete(PassageId(5)));
    writer.commit(2, true).unwrap()
}

#[test]
fn vector_files() {
    let _alone = alone();
    let folder = quick_folder();
    let state = vectors(folder.path());
    let mut query = [0.0; DIMENSION];
    query[0] = 1.0;
    for file in state.files() {
        let path = folder.path().join(file);
        let whole = fs::read(&path).unwrap();
        damage("vectors", 1_500, &whole, |bytes| {
            fs::write(&path, bytes).unwrap();
            let Ok(index) = VectorIndex::open(folder.path(), &state) else { return false };
            let damaged = !index.check().is_empty();
            for ann in [Ann::Exact, Ann::Hnsw] {
                let retriever = index.retriever(VectorSearch { ann, ef: 20 });
                let found = retriever.retrieve(Query { text: "", vector: &query }, 10, None);
                // A row is verified when it is read, which is later than the index is opened.
                let told = |error: &dyn Error| error.to_string().contains("checksum");
                assert!(damaged || found.as_ref().map_or_else(|error| told(error), |_| true));
            }
            true
        });
        fs::write(&path, &whole).unwrap();
    }
}

#[test]
fn runs_judgements_and_queries() {
    let _alone = alone();
    let name = Path::new("file");
    let run = b"q1 Q0 d1 1 12.5 tag\nq1 Q0 d%202 2 11 tag\nq2 Q0 d1 1 -0.5 tag\n";
    damage("run", 5_000, run, |bytes| Run::parse(bytes, name).is_ok());
    let trec = b"q1 0 d1 2\nq1 0 d%202 0\nq2 0 d1 1\n";
    damage("qrels", 3_000, trec, |bytes| Qrels::parse(bytes, name).is_ok());
    let beir = b"query-id\tcorpus-id\tscore\nq1\td1\t2\nq2\td 2\t-1\n";
    damage("beir qrels", 3_000, beir, |bytes| Qrels::parse(bytes, name).is_ok());
    let queries =
        b"{\"_id\":\"q1\",\"text\":\"some words\",\"metadata\":{}}\n{\"_id\":2,\"text\":\"x\"}\n";
    damage("queries", 3_000, queries, |bytes| parse_queries(bytes, name).is_ok());
}

#[test]
fn a_line_without_end_is_not_read_to_its_end() {
    let _alone = alone();
    let name = Path::new("file");
    let endless = || std::io::BufReader::new(std::io::repeat(b'a'));
    let (errors, effort) = effort_of(|| {
        [
            Run::parse(endless(), name).unwrap_err(),
            Qrels::parse(endless(), name).unwrap_err(),
            parse_queries(endless(), name).unwrap_err(),
        ]
    });
    for error in errors {
        let words = error.to_string();
        assert!(words.contains("a line of at most 16777216 bytes"), "{words}");
    }
    assert!(effort.memory < MOST_MEMORY, "{effort:?}");
}
