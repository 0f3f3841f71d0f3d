//! Fears of whoever trusts the figures: that they are of something else than the search, that a gate
//! lets everything through, that a corpus is indexed again at every turn, that a document's story
//! contradicts the answer.

mod common;

use std::fs;
use std::path::Path;
use std::process::Output;

use common::{code, data, json, run, sample, words};
use serde_json::Value;

const QUERIES: &str = r#"{"_id": "leave", "text": "how many days of annual leave in Ireland"}
{"_id": "laptop", "text": "my laptop was stolen"}
{"_id": "money", "text": "not enough funds for the payment"}
{"_id": "kitten", "text": "which flowers could kill my kitten"}
{"_id": "unjudged", "text": "anything"}
"#;
const QRELS: &str = "query-id\tcorpus-id\tscore
leave\tannual-leave-ireland-2025.txt\t2
laptop\tlost-or-stolen-laptop.txt\t1
laptop\tlost-receipts.txt\t0
money\terror-pe-1307.html\t1
money\tnot-there.txt\t1
kitten\tgarden-0018\t3
";

/// Returns a folder with the queries and judgements of the sample.
fn judged() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("queries.jsonl"), QUERIES).unwrap();
    fs::write(folder.path().join("qrels.tsv"), QRELS).unwrap();
    folder
}

/// Evaluates the sample, with further flags.
fn eval(folder: &Path, flags: &[&str]) -> Output {
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (queries, qrels) = (path("queries.jsonl"), path("qrels.tsv"));
    let mut args = vec!["eval", "--queries", &queries, "--qrels", &qrels];
    args.extend(flags);
    run(sample(), &args)
}

fn report(output: &Output) -> Value {
    assert_eq!(code(output), 0, "{}", words(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Returns the mean of a metric in each row.
fn means(report: &Value, metric: &str) -> Vec<(String, f64)> {
    let rows = report["stages"].as_array().unwrap();
    let mean = |row: &Value| {
        let stage = row["stage"].as_str().unwrap().to_owned();
        (stage, row["metrics"][metric]["mean"].as_f64().unwrap())
    };
    rows.iter().map(mean).collect()
}

#[test]
fn the_figures_are_those_of_the_runs_and_the_runs_those_of_the_search() {
    let folder = judged();
    let runs = folder.path().join("runs");
    let flags = ["--format", "json", "--save-runs", runs.to_str().unwrap()];
    let own = report(&eval(folder.path(), &flags));
    assert_eq!(own["schema"], "trommel.report.v1");
    assert_eq!(own["queries"]["evaluated"], 4);
    assert_eq!(own["queries"]["unjudged"], 1);
    let stages = ["bm25", "dense", "bm25+neighbours", "fused", "feedback", "reranked"];
    assert_eq!(means(&own, "nDCG@10").iter().map(|(s, _)| &**s).collect::<Vec<_>>(), stages);

    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let files = stages.map(|stage| path(&format!("runs/{stage}.run")));
    let qrels = path("qrels.tsv");
    let mut args = vec!["eval", "--qrels", &qrels, "--format", "json"];
    files.iter().for_each(|file| args.extend(["--run", file]));
    let of_runs = json(sample(), &args);
    for metric in ["nDCG@10", "R@100", "AP@1000", "RR@10"] {
        assert_eq!(means(&of_runs, metric), means(&own, metric));
    }
    assert_eq!(of_runs["stages"][5]["change"], own["stages"][5]["change"]);

    // What search itself writes, in its own order.
    let queries = path("queries.jsonl");
    let searched = run(
        sample(),
        &["search", "--queries", &queries, "--stage", "fused", "-k", "100", "--format", "trec"],
    );
    let places = |text: &str| -> Vec<(String, String)> {
        let columns = text.lines().map(|line| line.split(' ').collect::<Vec<_>>());
        columns.map(|c| (c[0].to_owned(), c[2].to_owned())).filter(|p| p.0 != "unjudged").collect()
    };
    let sorted = |mut places: Vec<(String, String)>| {
        // Stable: only the queries are put in order, not their documents.
        places.sort_by(|a, b| a.0.cmp(&b.0));
        places
    };
    let written = fs::read_to_string(&files[3]).unwrap();
    assert_eq!(sorted(places(&written)), sorted(places(&data(&searched))));
}

/// One document of the sample's judgements is nowhere, all others are the only relevant ones.
#[test]
fn every_relevant_document_is_found_or_lost_at_a_gate() {
    let folder = judged();
    let own = report(&eval(folder.path(), &["--format", "json", "--metrics", "R@10"]));
    let losses = &own["losses"];
    assert_eq!((losses["relevant"].as_u64(), losses["found"].as_u64()), (Some(5), Some(4)));
    assert_eq!(losses["gates"].as_array().unwrap().len(), 1);
    assert_eq!(losses["gates"][0]["gate"], "not-indexed");
    // Three queries have all they need, one has half of it.
    let hits = losses["ceilings"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((hits["gate"].as_str(), hits["recall"].as_f64()), (Some("hits"), Some(0.875)));
    assert_eq!(means(&own, "R@10")[3].1, 0.875);
}

#[test]
fn gates_hold_or_end_with_5_and_say_what_failed() {
    let folder = judged();
    let fast = ["--stages", "bm25,dense,fused"];
    let with = |more: &[&str]| eval(folder.path(), &[&fast[..], more].concat());
    let passed = with(&["--gate", "R@100>=0.8", "--gate", "dense:RR@10 > .1"]);
    assert_eq!((code(&passed), words(&passed).as_str()), (0, ""));
    let failed = with(&["--gate", "R@100>=0.8", "--gate", "fused:R@100>=0.9"]);
    assert_eq!(code(&failed), 5);
    assert_eq!(words(&failed), "gate failed: fused:R@100>=0.9: fused has 0.8750\n");

    let baseline = folder.path().join("baseline.json");
    let output = with(&["--format", "json"]);
    let mut kept = report(&output);
    fs::write(&baseline, &output.stdout).unwrap();
    let against = ["--baseline", baseline.to_str().unwrap()];
    assert_eq!(code(&with(&against)), 0);
    kept["stages"][2]["metrics"]["R@100"]["mean"] = 0.9.into();
    fs::write(&baseline, kept.to_string()).unwrap();
    let worse = with(&against);
    assert_eq!(code(&worse), 5);
    assert!(words(&worse).contains("fused:R@100: 0.9000 in the baseline, 0.8750 now"));
    let tolerant = with(&[&against[..], &["--no-worse-than", "0.05"]].concat());
    assert_eq!(code(&tolerant), 0, "{}", words(&tolerant));
}

#[test]
fn every_form_of_the_report_has_the_same_figure() {
    let folder = judged();
    let page = folder.path().join("report.html");
    let flags = ["--stages", "fused", "--metrics", "R@100"];
    let html = ["--report", page.to_str().unwrap()];
    let text = eval(folder.path(), &[&flags[..], &html].concat());
    assert_eq!(code(&text), 0, "{}", words(&text));
    let markdown = eval(folder.path(), &[&flags[..], &["--format", "markdown"]].concat());
    let page = fs::read_to_string(page).unwrap();
    for form in [data(&text), data(&markdown), page] {
        assert!(form.contains(".875"), "{form:.600}");
    }
}

/// A home of its own, with the real models in it.
#[cfg(unix)]
#[test]
fn a_beir_folder_is_indexed_once_and_again_when_it_changes() {
    let home = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(common::store().join("models"), home.path().join("models")).unwrap();
    let folder = judged();
    let beir = folder.path();
    fs::create_dir(beir.join("qrels")).unwrap();
    let qrels = "leave\ta\t1\nkitten\tb\t1\n";
    fs::write(beir.join("qrels/test.tsv"), qrels).unwrap();
    let corpus = |first: &str| {
        let line = |id: &str, text: &str| format!("{{\"_id\":\"{id}\",\"text\":\"{text}\"}}\n");
        let lines = [
            line("a", first),
            line("b", "Lilies are deadly for cats."),
            line("leave", "A document with the id of a query."),
        ];
        fs::write(beir.join("corpus.jsonl"), lines.concat()).unwrap();
    };
    let ask = |flags: &[&str]| {
        let mut command = common::trommel(beir);
        command.env("TROMMEL_HOME", home.path()).args(["eval", beir.to_str().unwrap()]);
        command.args(["--stages", "bm25,dense,fused", "--format", "json"]).args(flags);
        command.output().unwrap()
    };
    corpus("Annual leave in Ireland is twenty days.");
    let first = ask(&[]);
    assert!(words(&first).contains("indexing"), "{}", words(&first));
    assert_eq!(means(&report(&first), "nDCG@10")[2].1, 1.0);
    let second = ask(&[]);
    assert!(!words(&second).contains("indexing"), "{}", words(&second));
    assert_eq!(report(&second)["per_query"], report(&first)["per_query"]);
    assert!(words(&ask(&["--passage-tokens", "64"])).contains("indexing"), "another setting");
    corpus("Nothing of the kind.");
    assert!(words(&ask(&[])).contains("indexing"), "another corpus");

    let runs = beir.join("runs");
    let save = ["--save-runs", runs.to_str().unwrap()];
    let own_document = || {
        let run = fs::read_to_string(runs.join("dense.run")).unwrap();
        run.contains("leave Q0 leave ")
    };
    report(&ask(&save));
    assert!(own_document());
    report(&ask(&[&save[..], &["--drop-self"]].concat()));
    assert!(!own_document());

    let missing = ask(&["--split", "dev"]);
    assert_eq!(code(&missing), 2);
    assert!(words(&missing).contains("qrels/dev.tsv"), "{}", words(&missing));
}

#[test]
fn a_sweep_tells_what_it_chose_and_what_that_gives_elsewhere() {
    let folder = judged();
    let own = report(&eval(
        folder.path(),
        &["--stages", "bm25,dense,fused", "--format", "json", "--sweep"],
    ));
    let sweep = &own["sweep"];
    assert_eq!((sweep["chosen_on"].as_u64(), sweep["tested_on"].as_u64()), (Some(2), Some(2)));
    let tried = sweep["tried"].as_array().unwrap();
    // The present setting, two methods with nine weights, and two other numbers of candidates.
    assert_eq!(tried.len(), 21);
    assert_eq!(tried[0]["flags"], "");
    let chosen = &tried[sweep["chosen"].as_u64().unwrap() as usize];
    let best = tried.iter().map(|trial| trial["chosen_on"].as_f64().unwrap());
    assert_eq!(chosen["chosen_on"].as_f64().unwrap(), best.fold(0.0, f64::max));
    let gain = chosen["tested_on"].as_f64().unwrap() - tried[0]["tested_on"].as_f64().unwrap();
    assert!((sweep["gain"]["mean"].as_f64().unwrap() - gain).abs() < 1e-12);
}

#[test]
fn mistakes_are_2_with_what_was_expected_and_a_command_that_helps() {
    let folder = judged();
    let cases: &[(&[&str], &str)] = &[
        (&["--metrics", "nDGC@10"], "unknown metric \"nDGC@10\""),
        (&["--gate", "nDCG@10"], "not a gate: expected [STAGE:]METRIC>=VALUE"),
        (&["--baseline", "nowhere.json"], "cannot read nowhere.json"),
        (&["--stages", "bm25", "--sweep"], "--sweep needs fusion"),
        (&["-k", "0"], "k is 0"),
    ];
    for (flags, message) in cases {
        let output = eval(folder.path(), flags);
        let said = words(&output);
        assert_eq!((code(&output), data(&output).as_str()), (2, ""), "{flags:?}: {said}");
        assert!(said.contains(message) && said.contains("\n\nhint: "), "{flags:?}: {said}");
    }
    let output = run(sample(), &["eval"]);
    assert_eq!(code(&output), 2);
    assert!(words(&output).contains("expected a BEIR folder, or --queries and --qrels, or --run"));
    let output = run(sample(), &["eval", "nowhere"]);
    assert_eq!(code(&output), 2);
    assert!(words(&output).contains("is not in BEIR's layout"), "{}", words(&output));
}

#[test]
fn a_documents_story_is_that_of_the_answer() {
    let query = "which flowers could kill my kitten";
    let answer = json(sample(), &["search", "--format", "json", query]);
    let hit = &answer["hits"][0];
    let id = hit["id"].as_str().unwrap();
    let why = json(sample(), &["why", "--json", id, query]);
    assert_eq!((why["answer"]["rank"].as_u64(), &why["loss"]), (Some(1), &Value::Null));
    assert_eq!(why["answer"]["score"], hit["ranked_by"]);
    for stage in ["bm25", "dense", "bm25+neighbours"] {
        assert_eq!(why[stage]["score"], hit["stages"][stage]["score"], "{stage}");
        assert_eq!(why[stage]["rank"], hit["stages"][stage]["rank"], "{stage}");
    }
    assert_eq!(why["reranked"]["logit"], hit["stages"]["reranked"]["logit"]);

    let text = data(&run(sample(), &["why", id, query]));
    assert!(text.contains("answer          hit #1"), "{text}");
    let low = json(sample(), &["why", "--json", "-k", "1", "lost-receipts.txt", query]);
    assert!(low["loss"].is_string(), "{low}");
    let unknown = run(sample(), &["why", "nowhere.txt", query]);
    assert_eq!(code(&unknown), 1);
    assert!(words(&unknown).contains("no document \"nowhere.txt\""));
}
