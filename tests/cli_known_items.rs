//! Fears of whoever has no judgements: that queries are drawn which ask for another document too, that
//! they are others the next time, that what was drawn cannot be asked again elsewhere.

mod common;

use std::fs;
use std::path::Path;
use std::process::Output;

use common::{code, data, trommel, words};
use serde_json::{Value, json};
use trommel_testkit::loopback::{Answer, Loopback};

/// By hand, words of at least four letters that one document alone has: `today` and `rains` in a,
/// `rain` in b, `plumber` and `call` in c; one code, `KX-2210`; one title, `Plumber`. A stemmer makes
/// `rain` of `rains`, and b says that more often than a: so BM25 has the own document first for all but
/// `rains`, which is six of seven.
const DOCUMENTS: [(&str, &str, &str); 3] = [
    ("a", "Weather", "Today it rains."),
    ("b", "weather", "Rain, rain, rain!"),
    ("c", "Plumber", "Call KX-2210 now."),
];
const DRAWN: [(&str, &str, &str); 7] = [
    ("codes", "KX-2210", "c"),
    ("titles", "Plumber", "c"),
    ("words", "Call", "c"),
    ("words", "Plumber", "c"),
    ("words", "Rain", "b"),
    ("words", "Today", "a"),
    ("words", "rains", "a"),
];

/// A server whose model has the same vector for every text.
fn server() -> Loopback {
    Loopback::start(|request| {
        let texts: Vec<String> = serde_json::from_value(request.json()["inputs"].clone()).unwrap();
        Answer::json(200, &Value::from_iter(texts.iter().map(|_| json!([0.6, 0.8]))))
    })
}

/// Runs the program with the encoder of the server and a store without models.
fn run(folder: &Path, server: &Loopback, args: &[&str]) -> Output {
    let mut command = trommel(folder);
    command.env("TROMMEL_HOME", folder.join("home")).env("TROMMEL_ENCODER", "http");
    command.env("TROMMEL_API_BASE", server.url()).args(args).output().unwrap()
}

/// Returns a folder with a collection that was made in as many runs as there are lists of places.
fn collection(server: &Loopback, runs: &[&[usize]]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (number, places) in runs.iter().enumerate() {
        let name = format!("part{number}.jsonl");
        let line = |place: &usize| {
            let (id, title, text) = DOCUMENTS[*place];
            format!("{}\n", json!({ "_id": id, "title": title, "text": text }))
        };
        let lines: String = places.iter().map(line).collect();
        fs::write(folder.path().join(&name), lines).unwrap();
        let output = run(folder.path(), server, &["index", &name]);
        assert_eq!(code(&output), 0, "{}", words(&output));
    }
    folder
}

fn report(output: &Output) -> Value {
    assert_eq!(code(output), 0, "{}", words(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

const KNOWN: [&str; 4] = ["eval", "--known-items", "--stages", "bm25,fused"];

fn known<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&KNOWN, more].concat()
}

#[test]
fn a_collection_asks_for_what_one_document_alone_has() {
    let server = server();
    let folder = collection(&server, &[&[0, 1, 2]]);
    let ask = |more: &[&str]| run(folder.path(), &server, &known(more));
    let own = report(&ask(&["--format", "json", "--save-runs", "saved"]));
    let items = &own["known_items"];
    assert_eq!((&items["asked"], &own["queries"]["evaluated"]), (&json!(300), &json!(7)));
    let bm25 = &items["stages"][0];
    assert_eq!(bm25["stage"], "bm25");
    assert_eq!(bm25["first"], json!({ "words": 4, "codes": 1, "titles": 1 }));
    assert_eq!(own["metrics"], json!(["Success@1", "RR@10"]));

    // What was drawn, by its ids: kind, text, and the only answer.
    let answers = fs::read_to_string(folder.path().join("saved/qrels.tsv")).unwrap();
    let mut drawn: Vec<(String, String, String)> = Vec::new();
    for query in own["per_query"].as_array().unwrap() {
        let (id, text) = (query["id"].as_str().unwrap(), query["text"].as_str().unwrap());
        let columns = answers.lines().map(|line| line.split('\t').collect::<Vec<_>>());
        let own: Vec<Vec<&str>> = columns.filter(|columns| columns[0] == id).collect();
        assert_eq!((own.len(), own[0][2]), (1, "1"));
        let kind = id.split('-').next().unwrap();
        drawn.push((kind.to_owned(), text.to_owned(), own[0][1].to_owned()));
    }
    drawn.sort();
    let expected = DRAWN.map(|(kind, text, id)| (kind.to_owned(), text.to_owned(), id.to_owned()));
    assert_eq!(drawn, expected);

    // The same queries, asked as anybody's are.
    let args = "eval --queries saved/queries.jsonl --qrels saved/qrels.tsv --stages bm25,fused \
                --metrics Success@1,RR@10 --format json";
    let again = report(&run(folder.path(), &server, &args.split_whitespace().collect::<Vec<_>>()));
    assert_eq!(again["per_query"], own["per_query"]);

    let text = data(&ask(&[]));
    assert!(text.contains("4 of 5") && text.contains("6 of 7"), "{text}");
    assert!(
        text.contains("300 queries were asked for; the documents have no more than 7"),
        "{text}"
    );
    // Six of seven are .857.
    let held = ask(&["--gate", "bm25:Success@1>=0.85"]);
    assert_eq!(code(&held), 0, "{}", words(&held));
    let failed = ask(&["--gate", "bm25:Success@1>=0.86"]);
    assert_eq!((code(&failed), words(&failed).contains("bm25 has 0.8571")), (5, true));
}

#[test]
fn neither_segments_nor_another_day_change_what_is_drawn() {
    let server = server();
    let (whole, parts) =
        (collection(&server, &[&[0, 1, 2]]), collection(&server, &[&[2], &[1, 0]]));
    let args = ["eval", "--known-items", "3", "--stages", "bm25", "--format", "json"];
    let drawn = |folder: &Path, more: &[&str]| {
        let report = report(&run(folder, &server, &[&args, more].concat()));
        let queries = report["per_query"].as_array().unwrap().iter();
        queries.map(|query| query["text"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let first = drawn(whole.path(), &[]);
    // One of each kind.
    assert_eq!((first.len(), &*first[0], &*first[1]), (3, "KX-2210", "Plumber"));
    assert_eq!(drawn(whole.path(), &[]), first);
    assert_eq!(drawn(parts.path(), &[]), first);
    let seeds = ["1", "2", "3", "4", "5", "6", "7", "8"];
    assert!(seeds.iter().any(|seed| drawn(whole.path(), &["--seed", seed]) != first));
}

#[test]
fn a_corpus_without_queries_will_do() {
    let server = server();
    let folder = collection(&server, &[&[0, 1, 2]]);
    fs::create_dir(folder.path().join("notes")).unwrap();
    fs::copy(folder.path().join("part0.jsonl"), folder.path().join("notes/corpus.jsonl")).unwrap();
    let args = ["eval", "notes", "--known-items", "--stages", "bm25", "--format", "json"];
    let own = report(&run(folder.path(), &server, &args));
    assert_eq!(
        (&own["subject"]["name"], &own["queries"]["evaluated"]),
        (&json!("notes"), &json!(7))
    );
}

#[test]
fn what_cannot_be_drawn_is_said_with_a_command_that_helps() {
    let server = server();
    let folder = collection(&server, &[&[0, 1, 2]]);
    let cases: &[(&[&str], &str)] = &[
        (&["--queries", "mine.jsonl"], "expected no --queries, got mine.jsonl"),
        (&["--qrels", "mine.tsv"], "expected no --qrels, got mine.tsv"),
        (&["--limit", "3"], "cannot be used with '--limit <N>'"),
    ];
    for (flags, message) in cases {
        let output = run(folder.path(), &server, &known(flags));
        let said = words(&output);
        assert_eq!((code(&output), data(&output).as_str()), (2, ""), "{flags:?}: {said}");
        assert!(said.contains(message) && said.contains("\n\nhint: "), "{flags:?}: {said}");
    }
    let output = run(folder.path(), &server, &["eval", "--known-items", "0"]);
    assert!(words(&output).contains("expected a whole number from 1, got \"0\""));

    for (lines, message) in [
        ("", "is empty: expected documents"),
        ("{\"_id\":\"x\",\"text\":\"a b c\"}\n", "alone has"),
    ] {
        fs::write(folder.path().join("part0.jsonl"), lines).unwrap();
        let indexed = run(folder.path(), &server, &["index", "--allow-empty", "part0.jsonl"]);
        assert_eq!(code(&indexed), 0, "{}", words(&indexed));
        let output = run(folder.path(), &server, &KNOWN);
        let said = words(&output);
        assert_eq!(code(&output), 2, "{said}");
        assert!(said.contains(message) && said.contains("\n\nhint: trommel index"), "{said}");
    }
}
