//! Fears for what a search prints: wrong documents, scores that lie, output that another program
//! cannot read, output that a terminal obeys, answers that depend on how they were asked for.

mod common;

use std::process::Stdio;

use common::{code, copy_of_sample, data, json, run, sample, trommel, words};
use serde_json::Value;

/// A question in other words than its answer.
const PARAPHRASE: &str = "my work laptop was taken on the train, who must I call";

#[test]
fn a_question_finds_its_document_and_scores_fall_within_0_and_1() {
    let answer = json(sample(), &["search", PARAPHRASE, "--rerank-depth", "8", "--format", "json"]);
    assert_eq!(answer["schema"], "trommel.answer.v1");
    assert_eq!(answer["query"], PARAPHRASE);
    assert_eq!(answer["reranked"], true);
    let hits = answer["hits"].as_array().unwrap();
    assert_eq!(hits.len(), 10);
    assert_eq!(hits[0]["id"], "lost-or-stolen-laptop.txt");
    assert!(hits[0]["stages"]["reranked"]["probability"].is_f64());
    assert!(hits[0]["passage"]["lines"]["first"].as_u64() >= Some(1));
    let scores: Vec<f64> = hits.iter().map(|hit| hit["score"].as_f64().unwrap()).collect();
    assert!(scores.iter().all(|score| (0.0..=1.0).contains(score)), "{scores:?}");
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    let ranks: Vec<u64> = hits.iter().map(|hit| hit["rank"].as_u64().unwrap()).collect();
    assert_eq!(ranks, (1..=10).collect::<Vec<_>>());
}

#[test]
fn an_exact_code_is_found_by_bm25_without_any_model() {
    let output = trommel(sample())
        .args(["search", "--stage", "bm25", "-k", "1", "--format", "paths", "PE-1307"])
        .env("TROMMEL_HOME", sample().join("no-models"))
        .output()
        .unwrap();
    assert_eq!(data(&output), "documents/error-pe-1307.html\n", "{}", words(&output));
}

#[test]
fn nothing_found_is_1_with_words_on_stderr_only() {
    let output = run(sample(), &["search", "--stage", "bm25", "zzzqqqxxx"]);
    assert_eq!((code(&output), data(&output).as_str()), (1, ""));
    assert_eq!(words(&output), "nothing found\n");
    for query in ["the of and", "\"(((*:", "😀"] {
        let output = run(sample(), &["search", "--stage", "bm25", query]);
        assert_eq!(code(&output), 1, "{query}: {}", words(&output));
    }
}

#[test]
fn filters_hold_in_every_stage() {
    for stage in ["bm25", "dense", "fused"] {
        let found = |args: &[&str]| {
            let mut all = vec!["search", "laptop water", "--stage", stage, "--format", "json"];
            all.extend(args);
            let answer = json(sample(), &all);
            let hits = answer["hits"].as_array().unwrap();
            hits.iter().map(|hit| hit["source"]["path"].as_str().unwrap().to_owned()).collect()
        };
        let by_path: Vec<String> = found(&["--path", "*.jsonl"]);
        assert!(!by_path.is_empty() && by_path.iter().all(|path| path == "garden.jsonl"));
        let by_field: Vec<String> = found(&["--filter", "tag=tomatoes"]);
        assert!(!by_field.is_empty() && by_field.iter().all(|path| path == "garden.jsonl"));
    }
}

#[test]
fn a_condition_in_words_is_understood_and_a_field_that_nothing_has_is_not_silence() {
    let paths = |conditions: &[&str]| -> Vec<String> {
        let mut args = vec!["search", "laptop water", "--stage", "bm25", "--format", "paths"];
        conditions.iter().for_each(|condition| args.extend(["--filter", condition]));
        data(&run(sample(), &args)).lines().map(ToOwned::to_owned).collect()
    };
    let garden = |path: &String| path.contains("garden.jsonl");
    let one_of_two = paths(&["tag in (tomatoes, none)"]);
    assert!(!one_of_two.is_empty() && one_of_two.iter().all(garden));
    let elsewhere = paths(&["not path ~ *.jsonl"]);
    assert!(!elsewhere.is_empty() && !elsewhere.iter().any(garden));

    let output = run(sample(), &["search", "laptop", "--filter", "tga=tomatoes"]);
    assert_eq!(code(&output), 2, "{}", words(&output));
    assert!(words(&output).contains("no document has a field \"tga\""), "{}", words(&output));
    assert!(words(&output).contains("search --filter tag=VALUE QUERY"), "{}", words(&output));
}

#[test]
fn neither_threads_nor_a_batch_change_a_hit() {
    let queries = sample().join("queries.jsonl");
    let lines = [("a", "water the plants"), ("b", PARAPHRASE), ("c", "too many requests")]
        .map(|(id, text)| format!("{{\"_id\":\"{id}\",\"text\":\"{text}\"}}\n"));
    std::fs::write(&queries, lines.concat()).unwrap();
    let file = queries.to_str().unwrap();
    let batch =
        json(sample(), &["search", "--queries", file, "--rerank-depth", "8", "--format", "json"]);
    assert_eq!(batch["schema"], "trommel.answers.v1");
    let in_batch = batch["answers"].as_array().unwrap().iter().find(|a| a["query_id"] == "b");
    let hits = &in_batch.unwrap()["hits"];
    for threads in ["1", "2"] {
        let args =
            ["search", PARAPHRASE, "--rerank-depth", "8", "--format", "json", "--threads", threads];
        assert_eq!(&json(sample(), &args)["hits"], hits, "with {threads} threads");
    }
}

#[test]
fn a_run_file_falls_strictly_as_floats_and_its_ids_have_no_white_space() {
    let mut command = trommel(sample());
    command.args(["search", "--queries", "-", "--stage", "dense", "--format", "trec"]);
    let queries = "{\"_id\":\"a b%\",\"text\":\"laptop\"}\n{\"_id\":\"empty\",\"text\":\" \"}\n";
    let output = command.write_stdin(queries).output().unwrap();
    assert_eq!(code(&output), 0);
    let note = "note: an id with white space cannot stand in a TREC run: \"a b%\" is written as \
                a%20b%25, and its lines are tagged trommel-encoded\n\
                note: 1 of 2 queries have no text\n";
    assert_eq!(words(&output), note);
    let run = data(&output);
    let rows: Vec<Vec<&str>> = run.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows.len(), 10);
    for (rank, row) in (1..).zip(&rows) {
        assert_eq!((row.len(), row[0], row[1]), (6, "a%20b%25", "Q0"));
        assert_eq!(row[3], rank.to_string());
    }
    let scores: Vec<f32> = rows.iter().map(|row| row[4].parse().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a > b), "{scores:?}");
}

#[test]
fn a_document_cannot_steer_the_terminal() {
    for format in ["text", "json", "jsonl", "markdown"] {
        let args = [
            "search",
            "trapdoor spider",
            "-k",
            "1",
            "--format",
            format,
            "--explain",
            "--stage",
            "fused",
        ];
        let output = run(sample(), &args);
        let shown = data(&output);
        assert!(shown.contains("spider"), "{format}: {shown}");
        assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{format}: {shown:?}");
    }
    let coloured = data(&run(
        sample(),
        &["search", "trapdoor spider", "-k", "1", "--stage", "bm25", "--color", "always"],
    ));
    // What is coloured is ours: the matched word, in bold.
    assert!(coloured.contains("\u{1b}[1mtrapdoor\u{1b}[0m"), "{coloured:?}");
    assert!(coloured.contains(r"\u{1b}[31m") && coloured.contains(r"\u{202e}"), "{coloured:?}");
    assert!(!coloured.contains("\u{1b}[31m"), "{coloured:?}");
}

#[test]
fn explain_shows_every_stage_of_every_hit_and_every_step() {
    let shown = data(&run(
        sample(),
        &["search", PARAPHRASE, "-k", "3", "--rerank-depth", "5", "--explain"],
    ));
    let table: Vec<&str> = shown.lines().skip_while(|line| !line.starts_with("rank ")).collect();
    for column in ["p ", "ranked by", "bm25", "dense", "fused", "reranked"] {
        assert!(table[0].contains(column), "{shown}");
    }
    assert!(table[1].contains("lost-or-stolen-laptop.txt") && table[1].contains("(logit "));
    for step in ["encode", "bm25", "dense", "fuse", "rerank", "read"] {
        assert!(table.iter().any(|line| line.starts_with(step)), "no {step}: {shown}");
    }
}

#[test]
fn a_closed_pipe_ends_quietly_with_0() {
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("trommel"))
        .args(["search", "laptop", "--stage", "bm25", "--format", "json"])
        .current_dir(sample())
        .env("TROMMEL_HOME", common::store())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((code(&output), words(&output).as_str()), (0, ""));
}

#[test]
fn the_collections_settings_hold_until_a_flag_says_otherwise() {
    let copy = copy_of_sample();
    std::fs::write(copy.path().join(".trommel/config.toml"), "k = 2\nstage = \"bm25\"").unwrap();
    let hits = |args: &[&str], variable: Option<&str>| {
        let mut command = trommel(copy.path());
        command.args(["search", "laptop water plants", "--format", "json"]).args(args);
        variable.iter().for_each(|value| {
            command.env("TROMMEL_K", value);
        });
        let answer: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
        answer["hits"].as_array().unwrap().len()
    };
    assert_eq!(hits(&[], None), 2);
    assert_eq!(hits(&[], Some("3")), 3);
    assert_eq!(hits(&["-k", "1"], Some("3")), 1);
    let shown = json(copy.path(), &["config", "show", "--json"]);
    let setting = |name: &str| &shown["settings"][name];
    assert!(setting("k")["origin"].as_str().unwrap().ends_with(".trommel/config.toml"));
    assert_eq!(setting("encoder")["origin"], "fixed when the collection was made");
    assert_eq!(setting("blend")["origin"], "default");
}

#[test]
fn an_ample_budget_changes_nothing_and_none_at_all_reads_half_a_pack_and_says_so() {
    let ask = |flags: &[&str]| {
        let mut args = vec!["search", PARAPHRASE, "--rerank-depth", "20", "--format", "json"];
        args.extend(flags);
        let output = run(sample(), &args);
        assert_eq!(code(&output), 0, "{}", words(&output));
        let mut answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        answer.as_object_mut().unwrap().remove("timings");
        (answer, words(&output))
    };
    let (unlimited, said) = ask(&[]);
    assert_eq!(said, "");
    assert_eq!(ask(&["--budget", "1h"]), (unlimited.clone(), String::new()));
    let (complete, _) = ask(&["--settle", "off"]);
    let of = complete["rerank"]["of"].as_u64().unwrap();
    assert_eq!(
        (&complete["rerank"]["read"], &complete["rerank"]["stopped"]),
        (&of.into(), &"complete".into())
    );

    let (hurried, said) = ask(&["--budget", "0ms", "--threads", "2", "--settle", "off"]);
    assert_eq!(said, format!("note: 2 of {of} passages read, stopped by budget\n"));
    assert_eq!(hurried["rerank"]["stopped"], "budget");
    let logit = |answer: &Value, id: &Value| {
        let hits = answer["hits"].as_array().unwrap();
        let hit = hits.iter().find(|hit| &hit["id"] == id);
        hit.and_then(|hit| hit["stages"]["reranked"]["logit"].as_f64())
    };
    let hits = hurried["hits"].as_array().unwrap();
    let scores: Vec<f64> = hits.iter().map(|hit| hit["score"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    for hit in hits {
        let read = logit(&hurried, &hit["id"]);
        assert_eq!(hit["stages"]["expected"].is_f64(), read.is_none(), "{hit}");
        if let (Some(read), Some(known)) = (read, logit(&complete, &hit["id"])) {
            assert_eq!(read, known, "{hit}");
        }
    }

    let explained = data(&run(sample(), &["search", PARAPHRASE, "--budget", "0ms", "--explain"]));
    assert!(explained.contains("not read: expected p 0."), "{explained}");
    assert!(explained.contains("passages read, stopped by budget"), "{explained}");
    let wrong = run(sample(), &["search", "laptop", "--budget", "150"]);
    assert_eq!(code(&wrong), 2);
    assert!(words(&wrong).contains("--budget: expected a time such as 150ms or 1.5s, or none"));
}
