//! The fear that a published figure is no longer what the command beside it prints.
//!
//! `figures.json` holds every claim; `docs/reproduce.md` is made from it. The ignored tests run the
//! commands, which takes an hour where nothing is indexed yet, and fail where a figure moved:
//!
//!     TROMMEL_BEIR_DIR=DIR cargo test --release --test reproduce -- --ignored --test-threads 1
//!
//! With `REPRODUCE=write` they write what they measured instead.

#![allow(clippy::print_stdout, reason = "who waits an hour wants to see figures come")]

#[path = "../common/mod.rs"]
mod common;
mod page;

use std::collections::BTreeMap;
use std::fs;
use std::io::BufRead;
use std::path::{Path, PathBuf};

use common::{code, trommel, words};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Figures are claimed to four decimals.
const ROUNDING: f64 = 0.000_05;

/// What is claimed, and about which collections.
#[derive(Serialize, Deserialize)]
struct Claims {
    collections: Vec<Collection>,
    figures: Vec<Figures>,
}

/// A test collection.
#[derive(Serialize, Deserialize)]
struct Collection {
    name: String,
    origin: String,
    /// What was done to it beyond renaming its fields; nothing if empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    changes: String,
    /// Of `corpus.jsonl`; the sample is in the repository and has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    documents: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

/// What one command prints.
#[derive(Serialize, Deserialize)]
struct Figures {
    title: String,
    collection: String,
    flags: Vec<String>,
    /// How far a figure may move: more than rounding where instruction sets round differently.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    within: Option<f64>,
    stages: Vec<Stage>,
}

/// A row of a table.
#[derive(Serialize, Deserialize)]
struct Stage {
    stage: String,
    #[serde(flatten)]
    metrics: BTreeMap<String, f64>,
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn claims_file() -> PathBuf {
    repository().join("tests/reproduce/figures.json")
}

fn claims() -> Claims {
    serde_json::from_str(&fs::read_to_string(claims_file()).unwrap()).unwrap()
}

fn writing() -> bool {
    std::env::var("REPRODUCE").is_ok_and(|value| value == "write")
}

#[test]
fn the_page_is_made_of_the_claims() {
    let path = repository().join("docs/reproduce.md");
    let page = page::page(&claims());
    if writing() {
        fs::write(&path, &page).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap(), page);
}

/// The README shows means to four decimals; each must be one that the commands are held to.
#[test]
fn the_readme_claims_nothing_else() {
    let claims = claims();
    let claimed: Vec<String> = claims
        .figures
        .iter()
        .flat_map(|figures| &figures.stages)
        .flat_map(|stage| stage.metrics.values())
        .map(|mean| page::four(*mean))
        .collect();
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let mut shown = 0;
    for cell in readme.lines().filter(|line| line.starts_with('|')).flat_map(|row| row.split('|')) {
        let cell = cell.trim();
        if cell.len() == 5 && cell.starts_with('.') {
            assert!(claimed.iter().any(|mean| mean == cell), "{cell} is nowhere in figures.json");
            shown += 1;
        }
    }
    assert!(shown >= 16, "{shown} figures in the README's tables");
}

#[test]
#[ignore = "takes minutes"]
fn sample() {
    reproduce("sample");
}

#[test]
#[ignore = "takes half an hour, and needs $TROMMEL_BEIR_DIR"]
fn scifact() {
    reproduce("scifact");
}

#[test]
#[ignore = "takes half an hour, and needs $TROMMEL_BEIR_DIR"]
fn nfcorpus() {
    reproduce("nfcorpus");
}

#[test]
#[ignore = "takes minutes, and needs $TROMMEL_BEIR_DIR"]
fn cranfield() {
    reproduce("cranfield");
}

#[test]
#[ignore = "takes minutes, and needs $TROMMEL_BEIR_DIR"]
fn vaswani() {
    reproduce("vaswani");
}

/// Runs every command about a collection and compares, or writes what came out.
fn reproduce(name: &str) {
    let mut claims = claims();
    let collection = claims.collections.iter().find(|one| one.name == name).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let evaluate = source(collection, folder.path());
    let mut moved = Vec::new();
    for figures in claims.figures.iter_mut().filter(|figures| figures.collection == name) {
        let measured = measure(&evaluate, figures, folder.path());
        let within = figures.within.unwrap_or(ROUNDING);
        for (claim, stage) in figures.stages.iter().zip(&measured) {
            for (metric, expected) in &claim.metrics {
                let got = stage.metrics[metric];
                println!("{name}, {}: {} {metric} {got:.4}", figures.title, claim.stage);
                if (got - expected).abs() > within {
                    let (title, stage) = (&figures.title, &claim.stage);
                    moved.push(format!(
                        "{title}: {stage} {metric}: expected {expected}, got {got:.4}"
                    ));
                }
            }
        }
        figures.stages = measured;
    }
    if writing() {
        fs::write(claims_file(), serde_json::to_string_pretty(&claims).unwrap() + "\n").unwrap();
    } else {
        assert!(moved.is_empty(), "{name}: figures moved:\n{}", moved.join("\n"));
    }
}

/// Makes sure that a collection is the one of the claims; returns how it is evaluated.
fn source(collection: &Collection, folder: &Path) -> Vec<String> {
    let Some(sha256) = &collection.sha256 else {
        let data = repository().join("data/sample");
        let index = ["index".into(), data.join("corpus").display().to_string()];
        let output = trommel(folder).args(index).output().unwrap();
        assert_eq!(code(&output), 0, "{}", words(&output));
        let (queries, qrels) = (data.join("queries.jsonl"), data.join("qrels/test.tsv"));
        let [queries, qrels] = [queries, qrels].map(|path| path.display().to_string());
        return vec!["eval".into(), "--queries".into(), queries, "--qrels".into(), qrels];
    };
    let root =
        std::env::var_os("TROMMEL_BEIR_DIR").expect("TROMMEL_BEIR_DIR: a folder of BEIR folders");
    let beir = Path::new(&root).join(&collection.name);
    let corpus = fs::read(beir.join("corpus.jsonl")).unwrap();
    let got: String = Sha256::digest(&corpus).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(&got, sha256, "{} is not the corpus of the claims", beir.display());
    assert_eq!(Some(corpus.lines().count()), collection.documents);
    vec!["eval".into(), beir.display().to_string()]
}

/// Runs a command; returns what it prints of the metrics that are claimed.
fn measure(evaluate: &[String], figures: &Figures, folder: &Path) -> Vec<Stage> {
    let output = trommel(folder)
        .args(evaluate)
        .args(&figures.flags)
        .args(["--format", "json"])
        .output()
        .unwrap();
    assert_eq!(code(&output), 0, "{}", words(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = report["stages"].as_array().unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row["stage"].as_str().unwrap()).collect();
    let claimed: Vec<&str> = figures.stages.iter().map(|stage| &*stage.stage).collect();
    assert!(names == claimed || writing(), "{names:?} instead of {claimed:?}");
    let mean = |(metric, estimate): (&String, &Value)| {
        (metric.clone(), page::rounded(estimate["mean"].as_f64().unwrap()))
    };
    let stage = |row: &Value| Stage {
        stage: row["stage"].as_str().unwrap().to_owned(),
        metrics: row["metrics"].as_object().unwrap().iter().map(mean).collect(),
    };
    rows.iter().map(stage).collect()
}
