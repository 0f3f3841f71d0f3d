//! What scores mean, with the real models: how likely it is that a document answers.

mod common;

use common::{code, data, json, run, sample, words};

/// Nothing of the sample corpus is about this.
const FOREIGN: &str = "the role of calcium channels in cardiac arrhythmia of rats";
const ANSWERED: &str = "my work laptop was taken on the train, who must I call";

#[test]
fn it_is_said_if_nothing_here_answers() {
    let depth = ["--rerank-depth", "8", "-k", "3"];
    let ask = |query: &str, more: &[&str]| {
        run(sample(), &[&["search", query][..], &depth, more].concat())
    };
    let answer = json(sample(), &[&["search", FOREIGN, "--format", "json"][..], &depth].concat());
    assert_eq!(
        (answer["answered"].as_bool(), answer["hits"].as_array().unwrap().len()),
        (Some(false), 3)
    );
    let output = ask(FOREIGN, &[]);
    assert_eq!(code(&output), 0);
    assert!(
        data(&output).starts_with("nothing here answers this; the nearest:\n"),
        "{}",
        data(&output)
    );
    let markdown = data(&ask(FOREIGN, &["--format", "markdown"]));
    assert!(markdown.starts_with("*nothing here answers this; the nearest:*\n"), "{markdown}");

    let answer = json(sample(), &[&["search", ANSWERED, "--format", "json"][..], &depth].concat());
    assert_eq!(answer["answered"], true);
    assert!(!data(&ask(ANSWERED, &[])).contains("nothing here"));
}

#[test]
fn a_least_score_withholds_and_says_so_but_not_from_programs() {
    let output = run(sample(), &["search", FOREIGN, "--rerank-depth", "8", "--min-score", "0.5"]);
    assert_eq!((code(&output), data(&output).as_str()), (1, ""));
    assert_eq!(words(&output), "nothing found with a score of 0.5 or more\n");

    let trec = ["search", FOREIGN, "--rerank-depth", "8", "--min-score", "0.5", "--format", "trec"];
    let output = run(sample(), &trec);
    assert_eq!((code(&output), data(&output).lines().count()), (0, 10));
    assert!(
        words(&output).contains("note: --min-score leaves files of queries and TREC runs whole")
    );
}

#[test]
fn the_order_of_a_trec_run_is_that_of_the_hits() {
    let ask = |format: &str| {
        data(&run(sample(), &["search", ANSWERED, "--rerank-depth", "8", "--format", format]))
    };
    let answer: serde_json::Value = serde_json::from_str(&ask("json")).unwrap();
    let hits = answer["hits"].as_array().unwrap();
    let run = ask("trec");
    let lines: Vec<Vec<&str>> = run.lines().map(|line| line.split(' ').collect()).collect();
    assert_eq!(lines.len(), hits.len());
    for (line, hit) in lines.iter().zip(hits) {
        assert_eq!(line[2], hit["id"].as_str().unwrap());
    }
    let scores: Vec<f64> = lines.iter().map(|line| line[4].parse().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a > b), "{scores:?}");
}
