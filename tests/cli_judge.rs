//! Fears for hours of judging: a grade that is lost, asked for twice or given to another document;
//! a judge who is told which stage found what; files that eval cannot read.

mod common;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use common::{code, copy_of_sample, data, json, run, sample, trommel, words};

const QUERIES: &str = "\
    {\"_id\": \"q1\", \"text\": \"stolen laptop\", \"metadata\": {}}\n\
    {\"_id\": \"q2\", \"text\": \"water the plants\"}\n";

/// A folder with a file of queries, for judgements in `out` beside it.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("queries.jsonl"), QUERIES).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// Returns the arguments that judge the queries without the reranker.
    fn args(&self, pool: &str) -> Vec<String> {
        let (queries, out) = (self.path("queries.jsonl"), self.path("out"));
        let args = ["judge", "--queries", &queries, "--out", &out, "--pool", pool];
        args.into_iter().chain(["--stage", "fused"]).map(ToOwned::to_owned).collect()
    }

    fn judge(&self, keys: &str) -> Output {
        let output = trommel(sample()).args(self.args("3")).write_stdin(keys).output().unwrap();
        assert_eq!(code(&output), 0, "{}", words(&output));
        output
    }

    /// Returns the judgements on disk, in the order of their ids.
    fn judged(&self) -> Vec<(String, String, String)> {
        let file = fs::read_to_string(self.path("out/qrels/test.tsv")).unwrap_or_default();
        let mut lines = file.lines();
        assert!(matches!(lines.next(), None | Some("query-id\tcorpus-id\tscore")), "{file}");
        let line = |line: &str| {
            let columns: Vec<&str> = line.split('\t').collect();
            (columns[0].to_owned(), columns[1].to_owned(), columns[2].to_owned())
        };
        lines.map(line).collect()
    }
}

/// Returns the titles of the documents that were shown, in their order: the first indented line
/// behind a query.
fn shown(output: &Output) -> Vec<String> {
    let text = data(output);
    let mut titles = Vec::new();
    for part in text.split("\nquery ").skip(1) {
        let title = part.lines().find(|line| line.starts_with("    "));
        titles.extend(title.map(|title| title.trim().to_owned()));
    }
    titles
}

#[test]
fn a_kill_after_a_key_loses_nothing_and_nothing_is_asked_again() {
    let desk = Desk::new();
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("trommel"))
        .args(desk.args("3"))
        .current_dir(sample())
        .env("TROMMEL_HOME", common::store())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let keys = child.stdin.as_mut().unwrap();
    for (given, key) in ["3\n", "0\n"].into_iter().enumerate() {
        keys.write_all(key.as_bytes()).unwrap();
        let end = Instant::now() + Duration::from_secs(60);
        while desk.judged().len() <= given && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(desk.judged().len(), given + 1, "after {key:?}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let before = desk.judged();
    assert!(before.iter().all(|(query, ..)| query == "q1"));
    // Both queries are there, so that nobody has to find the file again.
    let queries = fs::read_to_string(desk.path("out/queries.jsonl")).unwrap();
    assert_eq!(queries.lines().count(), 2);

    let output = desk.judge("n q");
    assert!(data(&output).contains("query 1 of 2, 2 of "), "{}", data(&output));
    assert_eq!(desk.judged(), before);
    let rest = shown(&desk.judge("1111 1111 1111 1111"));
    assert_eq!(rest.len(), desk.judged().len() - before.len());
    let again = desk.judge("");
    assert_eq!(shown(&again), Vec::<String>::new());
    assert!(words(&again).contains("query 1 of 2: all "), "{}", words(&again));
    let grades: Vec<String> = desk.judged().into_iter().map(|(.., grade)| grade).collect();
    assert!(grades.contains(&"3".to_owned()) && grades.contains(&"0".to_owned()));
}

#[test]
fn undo_takes_the_grade_out_of_the_file_and_goes_back_over_queries_too() {
    let desk = Desk::new();
    let first = shown(&desk.judge("q"))[0].clone();
    assert!(!Path::new(&desk.path("out")).exists(), "nothing was judged, something was saved");

    let output = desk.judge("3 u u");
    assert!(data(&output).contains("there is nothing to undo"));
    assert_eq!(desk.judged(), []);
    let seen = shown(&output);
    assert_eq!((&seen[0], &seen[2], seen.len()), (&first, &first, 3));

    // Skip one, leave the query, come back to what was left, and to what was skipped.
    let seen = shown(&desk.judge("s n u u 2"));
    assert_eq!((&seen[0], &seen[1], seen.len()), (&first, &seen[3], 6));
    assert_eq!(seen[4], first);
    let judged = desk.judged();
    assert_eq!((judged.len(), judged[0].2.as_str()), (1, "2"));

    // The very last grade can be taken back.
    let output = desk.judge("1111 1111 1111 1111");
    assert!(data(&output).contains("that was all"));
    let all = desk.judged();
    fs::remove_dir_all(desk.path("out")).unwrap();
    let keys = format!("{}u3", "1".repeat(all.len()));
    desk.judge(&keys);
    let again = desk.judged();
    assert_eq!(again.len(), all.len());
    assert_eq!(again.iter().filter(|(.., grade)| grade == "3").count(), 1);
}

#[test]
fn nobody_is_told_which_stage_found_a_document_or_how_well() {
    let desk = Desk::new();
    let output = desk.judge("nn");
    let told = data(&output) + &words(&output);
    for word in ["bm25", "dense", "fused", "reranked", "score", "rank"] {
        let asked = told.split("judge --queries").next().unwrap();
        assert!(!asked.to_lowercase().contains(word), "{word}: {told}");
    }
    let order = |seed: &str| {
        let folder = Desk::new();
        let mut command = trommel(sample());
        let command = command.args(folder.args("10")).args(["--seed", seed]);
        let output = command.write_stdin("sssssssssn q").output().unwrap();
        assert_eq!(code(&output), 0, "{}", words(&output));
        shown(&output)
    };
    let seen = order("1");
    assert_eq!(order("1"), seen);
    assert_ne!(order("2"), seen);
    let found =
        json(sample(), &["search", "stolen laptop", "--stage", "fused", "--format", "json"]);
    let hits = found["hits"].as_array().unwrap().iter().map(|hit| hit["title"].as_str().unwrap());
    let titles: Vec<&str> = hits.collect();
    let ranked: Vec<&str> =
        seen.iter().map(String::as_str).filter(|title| titles.contains(title)).collect();
    assert!(ranked.len() >= 5, "{seen:?} {titles:?}");
    assert!(!titles.starts_with(&ranked[..3]), "the order is that of a stage");
}

#[test]
fn neither_a_document_nor_a_query_can_steer_the_terminal() {
    let desk = Desk::new();
    let query = "trapdoor spider \\u001b[2J\\u202e";
    let line = format!("{{\"_id\": \"\\u001b[31m\", \"text\": \"{query}\"}}\n");
    fs::write(desk.path("queries.jsonl"), line).unwrap();
    let output = desk.judge(&"d1".repeat(20));
    let told = data(&output) + &words(&output);
    assert!(told.contains(r"spider \u{1b}[2J\u{202e}"), "{told}");
    assert!(told.contains(r"A trapdoor \u{1b}[31mspider"), "{told}");
    assert!(!told.contains(['\u{1b}', '\u{202e}']), "{told:?}");
    assert!(desk.judged().iter().all(|(query, ..)| query == "\u{1b}[31m"));
    desk.judge("");
}

#[test]
fn eval_reads_the_files_and_shows_the_figures_that_were_promised() {
    let copy = copy_of_sample();
    let mut command = trommel(copy.path());
    let output = command.args(["judge", "--pool", "4"]).args(["stolen", "laptop"]);
    let output = output.write_stdin("3210".repeat(10)).output().unwrap();
    assert_eq!(code(&output), 0, "{}", words(&output));
    let promised = data(&output);
    let told = words(&output);
    assert!(told.contains("note: 1 query can hardly tell stages apart"), "{told}");
    let command = told.lines().find_map(|line| line.strip_prefix("the whole report: trommel "));
    let command = command.unwrap_or_else(|| panic!("{told}"));
    assert_eq!(
        command,
        "eval --queries judgements/queries.jsonl --qrels judgements/qrels/test.tsv"
    );
    let mut args: Vec<&str> = command.split(' ').collect();
    assert_eq!(code(&run(copy.path(), &args)), 0);
    args.extend(["--format", "json"]);
    let report = json(copy.path(), &args);
    for stage in report["stages"].as_array().unwrap() {
        let name = stage["stage"].as_str().unwrap();
        let mean = stage["metrics"]["nDCG@10"]["mean"].as_f64().unwrap();
        let line = format!("  {name:<8}  {}", format!("{mean:.3}").trim_start_matches('0'));
        assert!(promised.contains(&line), "{line}: {promised}");
    }
    // Queries and judgements are no documents of the folder that they lie in.
    let output = run(copy.path(), &["index", "."]);
    assert_eq!(code(&output), 0, "{}", words(&output));
    let found = json(copy.path(), &["search", "stolen laptop", "-k", "20", "--format", "json"]);
    assert!(!found.to_string().contains("judgements"), "{found}");
}

#[test]
fn typed_queries_keep_their_ids_and_old_files_keep_their_lines() {
    let desk = Desk::new();
    let out = desk.path("out");
    let typed = |input: &'static str| {
        let mut command = trommel(sample());
        let command = command.args(["judge", "--stage", "bm25", "--pool", "2", "--out", &out]);
        let output = command.write_stdin(input).output().unwrap();
        assert_eq!(code(&output), 0, "{}", words(&output));
        output
    };
    typed("water the plants\n3 n\nstop the slugs\n2 n\n\n");
    let queries = fs::read_to_string(desk.path("out/queries.jsonl")).unwrap();
    assert_eq!(queries.lines().count(), 2);
    let before = desk.judged();
    // The same words are the same query, and a new one comes behind them.
    let output = typed("water the plants\nn\nzzzqqqxxx\nwater the roses\n1\n");
    assert!(words(&output).contains("query 2: nothing found"), "{}", words(&output));
    assert!(data(&output).contains("query 1, 1 of "), "{}", data(&output));
    let after = fs::read_to_string(desk.path("out/queries.jsonl")).unwrap();
    assert!(after.starts_with(&queries), "{after}");
    assert_eq!(after.lines().count(), 4);
    assert!(before.iter().all(|judgement| desk.judged().contains(judgement)));
    assert_eq!(desk.judged().len(), before.len() + 1);
    // Another file of queries is merged by id, old lines stay as they are.
    fs::write(desk.path("out/queries.jsonl"), QUERIES).unwrap();
    fs::remove_dir_all(desk.path("out/qrels")).unwrap();
    typed("a third\nn\nwater the plants\n1\n");
    let merged = fs::read_to_string(desk.path("out/queries.jsonl")).unwrap();
    assert!(merged.starts_with(QUERIES), "{merged}");
    assert_eq!(desk.judged()[0].0, "q2");
}

#[test]
fn what_cannot_be_judged_is_an_error_that_says_what_to_do() {
    let desk = Desk::new();
    let wrong = |args: &[&str], expected: &str| {
        let output = trommel(sample()).args(args).write_stdin("1").output().unwrap();
        let told = words(&output);
        assert_eq!(code(&output), 2, "{args:?}: {told}");
        assert!(told.contains(expected) && told.contains("\nhint: "), "{args:?}: {told}");
    };
    let out = desk.path("out");
    let bad = desk.path("bad.jsonl");
    fs::write(&bad, "{\"_id\": \"a\", \"text\": \"x\"}\n{\"_id\": \"b\"}\n").unwrap();
    wrong(&["judge", "--out", &out, "--queries", &bad], "bad.jsonl:2:");
    wrong(&["judge", "--out", &out, "--queries", &desk.path("none.jsonl")], "none.jsonl");
    wrong(&["judge", "--out", &out, "--queries", "-"], "expected a terminal for the keys");
    wrong(&["judge", "--out", &out, "--pool", "0", "x"], "--pool is 0, expected 1 to 200");
    wrong(&["judge", "--out", &out, "--pool", "-1", "x"], "--pool is -1, expected 1 to 200");
    wrong(&["judge", "--out", &out, " "], "the query is empty");
    assert!(!Path::new(&out).exists());

    // Another query of the same id would get the judgements of the first.
    desk.judge("1 q");
    let other = desk.path("other.tsv");
    fs::write(&other, "q1\tsomething else\n").unwrap();
    wrong(&["judge", "--stage", "bm25", "--out", &out, "--queries", &other], "is another one in");
    // A damaged file is not overwritten.
    let qrels = desk.path("out/qrels/test.tsv");
    fs::write(&qrels, "query-id\tcorpus-id\tscore\nq1\ta\tgood\n").unwrap();
    wrong(&["judge", "--stage", "bm25", "--out", &out, "stolen laptop"], "test.tsv:2:");
    assert!(fs::read_to_string(&qrels).unwrap().ends_with("q1\ta\tgood\n"));
}
