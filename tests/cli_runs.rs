//! Fears for runs of other engines: scores that are none, documents that change their id or get
//! lost, a reranker that reads something else than the engine's own, faults that nobody is told.

mod common;

use std::fs;
use std::path::Path;
use std::process::Output;

use common::{code, data, run, trommel, words};
use trommel_core::Reranker;
use trommel_models::{Isa, Precision, Runtime};

/// One engine: `q1` and a query that the other lacks.
const ONE: &str = "q1 Q0 a 1 9 one\nq1 Q0 b 2 7 one\nq1 Q0 c 3 5 one\nq2 Q0 x 1 3 one\n";
/// Another one, on another scale.
const OTHER: &str = "q1 Q0 d 1 0.5 other\nq1 Q0 b 2 0.4 other\nq1 Q0 c 3 0.1 other\n";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

/// Returns the lines of a query in a run: ids and scores, whose ranks and form are checked.
fn ranking(run: &str, query: &str) -> Vec<(String, f32)> {
    let rows = run.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let rows: Vec<Vec<&str>> = rows.filter(|row| row[0] == query).collect();
    for (rank, row) in (1..).zip(&rows) {
        assert_eq!((row.len(), row[1], row[3]), (6, "Q0", &*rank.to_string()));
        assert!(row[5].starts_with("trommel"), "{row:?}");
    }
    let ranking: Vec<(String, f32)> =
        rows.iter().map(|row| (row[2].to_owned(), row[4].parse().unwrap())).collect();
    assert!(ranking.is_sorted_by(|a, b| a.1 > b.1), "{ranking:?}");
    ranking
}

fn ids(ranking: &[(String, f32)]) -> Vec<&str> {
    ranking.iter().map(|(id, _)| id.as_str()).collect()
}

/// Worked by hand, with weights 1 and 3. Min-max: a 1, b ½, c 0 and d 1, b ¾, c 0. RRF: 61/61,
/// 61/62, 61/63 in both. Z-scores: a 1.224745, b 0, c and d -1.224745; d .980581, b .392232, c and
/// a -1.372813.
#[test]
fn a_pair_of_runs_is_fused_as_by_hand() {
    let folder = folder(&[("one.run", ONE), ("other.run", OTHER)]);
    let methods: [(&str, [(&str, f32); 4]); 3] = [
        ("minmax", [("d", 0.75), ("b", 0.6875), ("a", 0.25), ("c", 0.0)]),
        ("rrf", [("b", 0.983_871), ("c", 0.968_254), ("d", 0.75), ("a", 0.25)]),
        ("zscore", [("d", 0.429_249), ("b", 0.294_174), ("a", -0.723_424), ("c", -1.335_796)]),
    ];
    for (method, expected) in methods {
        let args = ["fuse", "one.run", "other.run", "--method", method, "--weights", "1,3"];
        let output = run(folder.path(), &args);
        assert_eq!(code(&output), 0, "{}", words(&output));
        let said = "note: only some of the runs have 1 of 2 queries; fused from those\n";
        assert_eq!(words(&output), said);
        let fused = ranking(&data(&output), "q1");
        assert_eq!(ids(&fused), expected.map(|(id, _)| id), "{method}");
        for ((_, got), (id, expected)) in fused.iter().zip(expected) {
            assert!((got - expected).abs() < 1e-5, "{method}, {id}: {got} is not {expected}");
        }
        assert_eq!(ids(&ranking(&data(&output), "q2")), ["x"]);

        let to_file = [&args[..], &["--depth", "2", "-o", "fused.run"]].concat();
        assert_eq!(data(&run(folder.path(), &to_file)), "");
        let written = fs::read_to_string(folder.path().join("fused.run")).unwrap();
        assert_eq!(ranking(&written, "q1"), fused[..2]);
    }
    let early = ["fuse", "one.run", "other.run", "--method", "rrf", "--rrf-k", "0"];
    // With k 0 and equal weights: a and d 1/2, b (1/2 + 1/2)/2, c 1/3.
    let fused = ranking(&data(&run(folder.path(), &early)), "q1");
    assert_eq!(ids(&fused), ["a", "b", "d", "c"]);
}

#[test]
fn an_id_is_what_its_engine_meant_by_it() {
    let folder = folder(&[
        ("ours.run", "q Q0 a%20b 1 2 trommel-encoded\nq Q0 %22c%22 2 1 trommel\n"),
        ("theirs.run", "q Q0 %22c%22 1 2 theirs\nq Q0 a%20b 2 1 theirs\n"),
    ]);
    let output = run(folder.path(), &["fuse", "ours.run", "theirs.run"]);
    // What came in a column goes out as it came; the id with a space is one and the other is none.
    let fused = data(&output);
    let mut columns: Vec<(&str, &str)> = fused
        .lines()
        .map(|line| line.split(' ').collect::<Vec<_>>())
        .map(|columns| (columns[2], columns[5]))
        .collect();
    columns.sort_unstable();
    let expected = [("%22c%22", "trommel"), ("a%20b", "trommel"), ("a%20b", "trommel-encoded")];
    assert_eq!(columns, expected);
}

#[test]
fn weights_that_are_none_are_refused_before_a_run_is_read() {
    let folder = folder(&[]);
    for (weights, problem) in [
        ("1", "expected one weight a run, 2 in all, got 1"),
        ("1,2,3", "expected one weight a run, 2 in all, got 3"),
        ("-1,2", "expected finite weights of at least 0, got -1"),
        ("nan,1", "expected finite weights of at least 0, got NaN"),
        ("0,0", "expected at least one weight above 0, got none"),
    ] {
        let output = run(folder.path(), &["fuse", "a.run", "b.run", "--weights", weights]);
        let expected = format!(
            "error: --weights: {problem}\n\nhint: trommel fuse a.run b.run --weights 1,1\n"
        );
        assert_eq!((code(&output), words(&output)), (2, expected));
    }
    for wrong in [&["--rrf-k", "9"][..], &["--method", "rrf", "--rrf-k", "-1"], &["--depth", "0"]] {
        let output = run(folder.path(), &[&["fuse", "a.run", "b.run"], wrong].concat());
        assert_eq!(code(&output), 2, "{}", words(&output));
        assert!(words(&output).contains("\nhint: trommel fuse "), "{}", words(&output));
    }
}

const QUERY: &str = "How many people live in Berlin?";
const TITLE: &str = "Population";
const ANSWER: &str = "Berlin had a population of 3,520,031 registered inhabitants in an area of \
                      891.82 square kilometers.";
const MUSEUMS: &str = "Berlin is well known for its museums.";
const SALT: &str = "Add salt at the end.";

/// Returns a folder with a tiny corpus in which the answer is the run's last but one.
fn berlin() -> tempfile::TempDir {
    let line = |id: &str, title: &str, text: &str| {
        serde_json::json!({ "_id": id, "title": title, "text": text }).to_string() + "\n"
    };
    let long = format!("{MUSEUMS} {}", "Berlin has many lakes and woods. ".repeat(900));
    let corpus = [
        line("unnamed", "", "No run names this."),
        line("museums", "", MUSEUMS),
        line("an answer", TITLE, ANSWER),
        line("salt", "", SALT),
        line("long", "", &long),
        line("below", TITLE, ANSWER),
    ];
    let run = "q Q0 salt 1 50 trommel\nq Q0 museums 2 40 trommel\nq Q0 long 3 30 trommel\n\
               q Q0 an%20answer 4 20 trommel-encoded\nq Q0 below 5 10 trommel\n";
    let queries = format!("{}\n", serde_json::json!({ "_id": "q", "text": QUERY }));
    folder(&[("corpus.jsonl", &corpus.concat()), ("queries.jsonl", &queries), ("a.run", run)])
}

fn rerank(folder: &Path, run: &str, flags: &[&str]) -> Output {
    let args = ["rerank", "-", "--corpus", "corpus.jsonl", "--queries", "queries.jsonl"];
    trommel(folder).args(args).args(flags).write_stdin(run).output().unwrap()
}

#[test]
fn the_reranker_orders_a_run_by_its_logits_and_what_it_did_not_read_stands_below() {
    let folder = berlin();
    let given = fs::read_to_string(folder.path().join("a.run")).unwrap();
    let output = rerank(folder.path(), &given, &["--depth", "4"]);
    assert_eq!(code(&output), 0, "{}", words(&output));
    let note = "note: 1 of 4 documents read without their end: longer than 8 windows of the model, \
                or than its API takes\n\
                note: an id with white space cannot stand in a TREC run: \"an answer\" is written as \
                an%20answer, and its lines are tagged trommel-encoded\n";
    assert_eq!(words(&output), note);
    let reranked = ranking(&data(&output), "q");

    let model = trommel_testkit::store().model("ms-marco-MiniLM-L-12-v2").unwrap();
    let runtime = Runtime::Kernels { precision: Precision::Int8, isa: Isa::best() };
    let reranker = trommel_inference::load_reranker(&model, &runtime, 2).unwrap();
    let reranker = trommel_inference::MaxP::new(reranker, &model).unwrap();
    let long = format!("{MUSEUMS} {}", "Berlin has many lakes and woods. ".repeat(900));
    let read = [("salt", SALT), ("museums", MUSEUMS), ("long", &long)]
        .map(|(id, text)| (id, text.to_owned()));
    let read = [&read[..], &[("an%20answer", format!("{TITLE}\n{ANSWER}"))]].concat();
    let texts: Vec<&str> = read.iter().map(|(_, text)| text.as_str()).collect();
    let scores = reranker.score_all(QUERY, &texts).unwrap();
    let mut expected: Vec<(&str, f32)> =
        read.iter().zip(scores).map(|((id, _), score)| (*id, score.logit)).collect();
    expected.sort_by(|a, b| b.1.total_cmp(&a.1));
    assert_eq!(expected[0].0, "an%20answer");
    for ((id, score), (expected, logit)) in reranked.iter().zip(&expected) {
        assert_eq!(id, expected);
        assert_eq!(*score, reranker.info().calibration.probability(*logit));
    }
    assert_eq!((reranked.len(), reranked[4].0.as_str()), (5, "below"));
}

#[test]
fn a_blend_of_0_is_the_order_of_the_run_and_a_file_is_what_standard_output_is() {
    let folder = berlin();
    let given = fs::read_to_string(folder.path().join("a.run")).unwrap();
    let output = rerank(folder.path(), &given, &["--blend", "0", "--depth", "3"]);
    assert_eq!(ids(&ranking(&data(&output), "q")), ids(&ranking(&given, "q")));
    // Scaled among the three that were read.
    assert_eq!(ranking(&data(&output), "q")[1].1, 0.5);
    let flags = ["--blend", "0", "--depth", "3", "--output", "out.run"];
    assert_eq!(data(&rerank(folder.path(), &given, &flags)), "");
    assert_eq!(fs::read_to_string(folder.path().join("out.run")).unwrap(), data(&output));
}

#[test]
fn missing_documents_and_queries_are_named_and_keep_their_place_below() {
    let folder = berlin();
    let run = "q Q0 gone 1 9 x\nq Q0 salt 2 8 x\nq Q0 museums 3 7 x\nq Q0 an%20answer 4 6 x\n\
               unasked Q0 salt 1 9 x\nunasked Q0 museums 2 3 x\n";
    let output = rerank(folder.path(), run, &[]);
    assert_eq!(code(&output), 0, "{}", words(&output));
    // The run is another engine's: its %20 is no space.
    assert_eq!(
        words(&output),
        "note: no text in queries.jsonl for 1 of the 2 queries of -: unasked\n\
         note: no text in corpus.jsonl for 2 of the 4 documents of -: an%20answer, gone\n"
    );
    let reranked = ranking(&data(&output), "q");
    assert_eq!(ids(&reranked), ["museums", "salt", "gone", "an%20answer"]);
    let kept = [("salt".to_owned(), 9.0), ("museums".to_owned(), 3.0)];
    assert_eq!(ranking(&data(&output), "unasked"), kept);
}

#[test]
fn a_run_of_another_corpus_or_for_other_queries_is_refused_with_a_hint() {
    let folder = berlin();
    for (run, what) in [("q Q0 gone 1 9 x\n", "corpus"), ("unasked Q0 salt 1 9 x\n", "queries")] {
        let output = rerank(folder.path(), run, &[]);
        let said = words(&output);
        assert_eq!((code(&output), data(&output).as_str()), (2, ""), "{said}");
        assert!(said.starts_with(&format!("error: {what}.jsonl: expected text for")), "{said}");
        assert!(said.ends_with(&format!("\n\nhint: head -n 2 - {what}.jsonl\n")), "{said}");
    }
    for wrong in [["--blend", "1.5"], ["--blend", "nan"], ["--reranker", "none"]] {
        let output = rerank(folder.path(), "q Q0 salt 1 9 x\n", &wrong);
        assert_eq!(code(&output), 2, "{}", words(&output));
        assert!(words(&output).contains("\n\nhint: trommel "), "{}", words(&output));
    }
}

#[test]
fn lines_go_out_byte_for_byte_and_one_bad_byte_costs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let rerank = |given: &[u8]| {
        trommel(folder.path()).args(["rerank", "--text"]).write_stdin(given).output().unwrap()
    };
    let lines: [&[u8]; 4] =
        [b"\x1b[31mParis\x1b[0m is red", b"Tab\there\x07bell", b"The caf\xe9 is red", b"red\r"];
    let output = rerank(&[b"red capital\n\n", &lines.join(&b'\n')[..]].concat());
    assert_eq!(code(&output), 0, "{}", words(&output));
    let mut rows: Vec<&[u8]> = output
        .stdout
        .strip_suffix(b"\n")
        .unwrap()
        .split(|byte| *byte == b'\n')
        .map(|row| row.splitn(2, |byte| *byte == b'\t').nth(1).unwrap())
        .collect();
    rows.sort_unstable();
    let mut expected = lines.to_vec();
    expected.sort_unstable();
    assert_eq!(rows, expected);
    assert_eq!(
        words(&output),
        "note: blank lines left out: 1\nnote: lines that are no UTF-8, read with U+FFFD: 1\n"
    );

    for empty in [&b"\nParis\nRome\n"[..], b" \t\nParis\n", b"{\"text\": \"\"}\nParis\n"] {
        let output = rerank(empty);
        assert_eq!((code(&output), data(&output).as_str()), (2, ""));
        assert!(
            words(&output).contains("standard input:1: the query is empty"),
            "{}",
            words(&output)
        );
    }
}

#[test]
fn lines_in_a_pipe_are_ordered_as_the_readme_shows() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let (_, example) = readme.split_once("$ printf '").unwrap();
    let (given, example) = example.split_once("' | trommel rerank --text\n").unwrap();
    let (shown, _) = example.split_once("```").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let output = trommel(folder.path())
        .args(["rerank", "--text"])
        .write_stdin(given.replace("\\n", "\n"))
        .output()
        .unwrap();
    assert_eq!(code(&output), 0, "{}", words(&output));
    let rows = |text: &str| -> Vec<(f64, String)> {
        let rows = text.lines().map(|line| line.split_once('\t').unwrap());
        rows.map(|(score, line)| (score.parse().unwrap(), line.to_owned())).collect()
    };
    let (printed, shown) = (rows(&data(&output)), rows(shown));
    assert_eq!(printed.len(), shown.len());
    for (printed, shown) in printed.iter().zip(&shown) {
        assert_eq!(printed.1, shown.1);
        // Another instruction set sums in another order, and int8 may round to the next step.
        assert!((printed.0 - shown.0).abs() < 0.01, "{printed:?}, expected {shown:?}");
    }
}
