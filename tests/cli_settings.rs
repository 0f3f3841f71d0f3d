//! Fears about settings: that one of them cannot be reached, or is taken for another, or that a
//! mistake in a name goes by without a word.

mod common;

use std::fs;
use std::process::Output;

use common::{code, data, run, sample, trommel, words};
use serde_json::Value;

/// Every setting with a value that is not its default, and what is shown of that.
const VALUES: [(&str, &str, &str); 51] = [
    ("encoder", "some-encoder", "some-encoder"),
    ("passage-tokens", "256", "256"),
    ("overlap-tokens", "16", "16"),
    ("id-field", "doc", "doc"),
    ("title-field", "head", "head"),
    ("text-field", "body", "body"),
    ("max-file-bytes", "1000", "1000"),
    ("max-line-bytes", "2000", "2000"),
    ("max-metadata-bytes", "300", "300"),
    ("max-passages", "40", "40"),
    ("max-query-bytes", "500", "500"),
    ("reranker", "a@64:90, b:20", "a@64:90,b:20"),
    ("stage", "dense", "dense"),
    ("k", "7", "7"),
    ("min-score", "0.30", "0.3"),
    ("candidates", "50", "50"),
    ("fusion", "rrf", "rrf"),
    ("dense-weight", "0.25", "0.25"),
    ("neighbours", "0.25", "0.25"),
    ("exact", "0", "0"),
    ("lazy", "7", "7"),
    ("feedback", "fused", "fused"),
    ("title-weight", "2.50", "2.5"),
    ("rerank-depth", "30", "30"),
    ("rerank-passages", "3", "3"),
    ("reranker-reads", "all", "all"),
    ("budget", "1500ms", "1.5s"),
    ("settle", "learned", "learned"),
    ("blend", "1.0", "1"),
    ("syntax", "true", "true"),
    ("ann", "hnsw", "hnsw"),
    ("ef", "80", "80"),
    ("runtime", "candle", "candle"),
    ("precision", "f32", "f32"),
    ("isa", "portable", "portable"),
    ("threads", "3", "3"),
    ("api-base", "http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1"),
    ("api-model", "some-model", "some-model"),
    ("api-key-file", "/k/key.txt", "/k/key.txt"),
    ("api-time", "150ms", "150ms"),
    ("api-query-prefix", "query: ", "query: "),
    ("api-passage-prefix", "passage: ", "passage: "),
    ("llm-model", "some-llm", "some-llm"),
    ("llm-strategy", "pairwise", "pairwise"),
    ("prompt-pointwise", "/p/one.txt", "/p/one.txt"),
    ("prompt-grade", "/p/two.txt", "/p/two.txt"),
    ("prompt-listwise", "/p/three.txt", "/p/three.txt"),
    ("prompt-pairwise", "/p/four.txt", "/p/four.txt"),
    ("cache", "false", "false"),
    ("format", "trec", "trec"),
    ("color", "never", "never"),
];

/// Runs `config show` away from any collection, and returns the settings that it shows.
fn shown(args: &[&str], variables: &[(String, &str)], files: Option<&str>) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("trommel");
    fs::create_dir(&config).unwrap();
    fs::write(config.join("config.toml"), files.unwrap_or_default()).unwrap();
    let mut command = trommel(folder.path());
    command.env_remove("TROMMEL_CACHE").env("XDG_CONFIG_HOME", folder.path());
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    let output = command.args(["config", "show", "--json"]).args(args).output().unwrap();
    assert_eq!(code(&output), 0, "{}", words(&output));
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    shown["settings"].clone()
}

fn said(output: &Output) -> String {
    assert_eq!((code(output), data(output).as_str()), (2, ""));
    words(output)
}

#[test]
fn what_is_set_is_shown_with_who_set_it() {
    let pairs: Vec<String> = VALUES.map(|(name, value, _)| format!("{name}={value}")).to_vec();
    let flags: Vec<&str> = pairs.iter().flat_map(|pair| ["--set", pair]).collect();
    let variable = |name: &str| format!("TROMMEL_{}", name.to_uppercase().replace('-', "_"));
    let variables = VALUES.map(|(name, value, _)| (variable(name), value));
    let file = VALUES.map(|(name, value, _)| format!("{name} = {value:?}\n")).concat();

    let (by_flag, by_variable) = (shown(&flags, &[], None), shown(&[], &variables, None));
    let (by_file, by_all) = (shown(&[], &[], Some(&file)), shown(&flags, &variables, Some(&file)));
    let default = shown(&[], &[], None);
    for (name, _, value) in VALUES {
        for shown in [&by_flag, &by_variable, &by_file, &by_all] {
            assert_eq!(shown[name]["value"], value, "{name}");
        }
        assert_eq!(by_flag[name]["origin"], "flag", "{name}");
        assert_eq!(by_all[name]["origin"], "flag", "{name}");
        assert_eq!(by_variable[name]["origin"], format!("${}", variable(name)), "{name}");
        assert!(by_file[name]["origin"].as_str().unwrap().ends_with("config.toml"), "{name}");
        assert_eq!(default[name]["origin"], "default", "{name}");
        assert_ne!(default[name]["value"], value, "{name}");
    }
    // Beside the settings stand folders and files: two of the collection, two of the user.
    assert_eq!(default.as_object().unwrap().len(), VALUES.len() + 4);
}

#[test]
fn of_two_values_the_later_counts_and_a_flag_more_than_both() {
    let hits = |args: &[&str]| {
        let output =
            run(sample(), &[&["search", "--stage", "bm25", "--format", "paths"], args].concat());
        assert_eq!(code(&output), 0, "{}", words(&output));
        data(&output).lines().count()
    };
    let query = "laptop water plants";
    assert_eq!(hits(&["--set", "k=1", query]), 1);
    assert_eq!(hits(&["--set", "k=1", "--set", "k=2", query]), 2);
    assert_eq!(hits(&["-k", "1", "--set", "k=2", query]), 1);
}

#[test]
fn a_developers_knob_is_reached_by_name() {
    let refused = |args: &[&str]| said(&run(sample(), &[&["search"], args, &["x"]].concat()));
    let isa = refused(&["--set", "isa=sse9"]);
    assert!(isa.contains("sse9") && isa.contains("hint: trommel search --isa auto"), "{isa}");
    assert!(refused(&["--set", "ef=0"]).contains("ef is 0, expected 1 to 100000"));
    assert!(refused(&["--set", "k=many"]).contains("expected a whole number, got \"many\""));
    assert!(refused(&["--set", "budget=5"]).contains("expected a time such as 150ms"));
}

#[test]
fn a_name_that_there_is_not_brings_the_nearest() {
    let refused = |args: &[&str]| said(&run(sample(), &[&["search"], args, &["x"]].concat()));
    let error = refused(&["--set", "rerank_depth=5"]);
    assert!(error.contains("unknown setting rerank_depth, the nearest is rerank-depth"), "{error}");
    assert!(error.contains("hint: trommel search --help"), "{error}");
    assert!(refused(&["--set", "k"]).contains("expected NAME=VALUE"));
    let error = said(&run(sample(), &["rerank", "--text", "--set", "stage=bm25"]));
    assert!(error.contains("stage means nothing to this command"), "{error}");
}

#[test]
fn a_value_out_of_range_is_refused_before_it_is_needed_and_names_its_place() {
    let output = trommel(sample()).env("TROMMEL_CANDIDATES", "49").arg("status").output().unwrap();
    let error = said(&output);
    assert!(
        error.contains("candidates is 49, expected 50 to 200, in $TROMMEL_CANDIDATES"),
        "{error}"
    );
    assert!(error.contains("hint: unset TROMMEL_CANDIDATES"), "{error}");
}

#[test]
fn the_schema_is_that_of_the_library() {
    let schema: Value = serde_json::from_str(&data(&run(sample(), &["config", "schema"]))).unwrap();
    assert_eq!(schema, trommel::settings::schema());
}
