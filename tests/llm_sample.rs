//! Fears about a language model in this process as part of the program: it needs a server after all,
//! or nobody is told how to get it. And, for whoever asks, how good it is on the sample corpus.

mod common;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{code, data, json, run, sample, trommel, words};
use serde_json::Value;
use trommel_core::{SystemClock, Usage};
use trommel_eval::{Metric, Qrels, Run, evaluate};
use trommel_inference::llm::{InProcess, LlmReranker, LlmSettings, Prompts, Strategy};
use trommel_models::{DEFAULT_LANGUAGE_MODEL, Store};

const QUERY: &str = "how many days of annual leave in Ireland";

/// Returns the store with the model in it.
fn fetched() -> Store {
    trommel_testkit::fetched(&[DEFAULT_LANGUAGE_MODEL])
}

#[test]
fn without_an_address_the_language_model_of_the_store_reranks() {
    let _ = fetched();
    let flags = ["search", "--reranker", "llm", "--rerank-depth", "3", "--format", "json"];
    let answer = json(sample(), &[&flags[..], &["--settle", "off", QUERY]].concat());
    assert_eq!(
        (&answer["reranked"], &answer["rerank"]["stopped"]),
        (&true.into(), &"complete".into())
    );
    assert_eq!(answer["rerank"]["read"], 3);
    let steps = answer["timings"].as_array().unwrap();
    let rerank = steps.iter().find(|step| step["step"] == "rerank").unwrap();
    assert_eq!(rerank["counts"]["requests"], 1);
    assert!(rerank["counts"]["prompt tokens"].as_u64().unwrap() > 100, "{rerank}");

    // The same by a file of settings, pointwise, over lines.
    let config = tempfile::tempdir().unwrap();
    fs::create_dir(config.path().join("trommel")).unwrap();
    let settings =
        "reranker = \"llm\"\nllm-model = \"smollm2-135m-instruct\"\nllm-strategy = \"pointwise\"\n";
    fs::write(config.path().join("trommel/config.toml"), settings).unwrap();
    let output = trommel(sample())
        .env("XDG_CONFIG_HOME", config.path())
        .args(["rerank", "--text"])
        .write_stdin("capital of France\nadd salt to the soup\nParis is the capital of France\n")
        .output()
        .unwrap();
    assert_eq!(code(&output), 0, "{}", words(&output));
    let lines: Vec<String> = data(&output).lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 2);
    let mut read = Vec::new();
    for line in &lines {
        let (probability, text) = line.split_once('\t').unwrap();
        let probability: f64 = probability.parse().unwrap();
        assert!(probability > 0.0 && probability < 1.0, "{line}");
        read.push(text);
    }
    read.sort_unstable();
    assert_eq!(read, ["Paris is the capital of France", "add salt to the soup"]);
}

#[test]
fn a_model_that_is_not_there_or_of_another_kind_is_2_and_says_what_to_do() {
    let empty = tempfile::tempdir().unwrap();
    let output = trommel(sample())
        .env("TROMMEL_HOME", empty.path())
        .args(["rerank", "--text", "--reranker", "llm"])
        .write_stdin("a\nb\n")
        .output()
        .unwrap();
    assert_eq!(code(&output), 2);
    let said = words(&output);
    assert!(said.contains("model smollm2-135m-instruct is not in the store"), "{said}");
    assert!(said.contains("hint: trommel models fetch smollm2-135m-instruct"), "{said}");

    let other = ["search", "--reranker", "llm", "--llm-model", "bge-small-en-v1.5", QUERY];
    let output = run(sample(), &other);
    assert_eq!(code(&output), 2);
    assert!(words(&output).contains("where a language model is needed"), "{}", words(&output));
    assert!(words(&output).contains("hint: trommel models list"), "{}", words(&output));
}

/// A query's id and text, and its ten best documents by fusion: their ids, each with a passage.
type Candidates = (String, String, Vec<(String, String)>);

/// Returns what there is to rerank for the first queries of the sample that have judgements.
fn candidates(queries: usize) -> Vec<Candidates> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample");
    let folder = tempfile::tempdir().unwrap();
    let corpus = root.join("corpus");
    let output = run(folder.path(), &["index", corpus.to_str().unwrap()]);
    assert_eq!(code(&output), 0, "{}", words(&output));
    let file = root.join("queries.jsonl");
    let flags = ["search", "--stage", "fused", "-k", "10", "--format", "json", "--queries"];
    let answers = json(folder.path(), &[&flags[..], &[file.to_str().unwrap()]].concat());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let hit = |hit: &Value| {
        let passage = format!("{}\n{}", text(&hit["title"]), text(&hit["passage"]["text"]));
        (text(&hit["id"]), passage)
    };
    let answer = |answer: &Value| {
        let hits = answer["hits"].as_array().unwrap().iter().map(hit).collect();
        (text(&answer["query_id"]), text(&answer["query"]), hits)
    };
    let qrels = qrels();
    let all = answers["answers"].as_array().unwrap().iter().map(answer);
    all.filter(|(id, ..)| qrels.of(id).is_some()).take(queries).collect()
}

fn qrels() -> Qrels {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample/qrels/test.tsv");
    Qrels::read(&path).unwrap()
}

/// Returns the mean over the queries of a run, and no others.
fn ndcg(run: &Run) -> f64 {
    let metric: Metric = "nDCG@10".parse().unwrap();
    let mut judged = qrels();
    judged.retain(|query| run.of(query).is_some());
    evaluate(&judged, run, std::slice::from_ref(&metric)).mean(&metric).unwrap()
}

#[test]
#[ignore = "minutes of work; cargo test --release --test llm_sample -- --ignored --nocapture"]
#[allow(clippy::print_stdout, reason = "its figures are its purpose")]
fn how_good_it_is() {
    let model = fetched().model(DEFAULT_LANGUAGE_MODEL).unwrap();
    let clock = Arc::new(SystemClock::start());
    let backend = Arc::new(InProcess::load(&model, 2, clock.clone()).unwrap());
    for (strategy, queries) in [
        (Strategy::LISTWISE, 50),
        (Strategy::Pointwise, 10),
        // Of ten there would be 90 pairs a query.
        (Strategy::Pairwise { top: 5 }, 10),
    ] {
        let candidates = candidates(queries);
        let settings = LlmSettings { total: Duration::from_secs(86_400), ..LlmSettings::default() };
        let prompts = Prompts::usual().unwrap();
        let llm =
            LlmReranker::new(backend.clone(), strategy, prompts, settings, clock.clone()).unwrap();
        let (mut before, mut after) = (Run::default(), Run::default());
        let (mut mended, mut usage, start) = (0, Usage::default(), Instant::now());
        for (id, query, hits) in &candidates {
            let passages: Vec<&str> = hits.iter().map(|(_, passage)| passage.as_str()).collect();
            let answer = llm.ask(query, &passages, None);
            assert!(answer.failure.is_none(), "{:?}", answer.failure);
            mended += usize::from(!answer.usage.repairs.none());
            usage += &answer.usage.into();
            let given = (0..).map(|place| -(place as f32));
            let ids = || hits.iter().map(|(id, _)| id.clone());
            let given: Vec<(String, f32)> = ids().zip(given).collect();
            before.insert_ranking(id.clone(), given).unwrap();
            let scores = answer.scores.iter().map(|score| score.unwrap().logit);
            let mut ranked: Vec<(String, f32)> = ids().zip(scores).collect();
            ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
            after.insert_ranking(id.clone(), ranked).unwrap();
        }
        println!(
            "{strategy}, {} queries, 10 passages each: {:.1} min, nDCG@10 {:.4} as given, {:.4} by the \
             model; {mended} queries with an answer that was mended; {:?}",
            candidates.len(),
            start.elapsed().as_secs_f64() / 60.0,
            ndcg(&before),
            ndcg(&after),
            usage.counts().collect::<Vec<_>>(),
        );
    }
}
