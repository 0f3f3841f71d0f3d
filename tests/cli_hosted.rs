//! Fears about a reranker that is somewhere else: that its failure takes the answer away, that it is
//! silent about what it did, that the key gets about.

mod common;

use std::fs;
use std::process::Output;
use std::time::{Duration, Instant};

use common::{code, data, json, run, sample, trommel, words};
use serde_json::Value;
use trommel_testkit::loopback::{Answer, Loopback, Manner};
use trommel_testkit::{RerankApi, chat_answer, counting};

const KEY: &str = "k3y-0f-the-tests";
const QUERY: &str = "how many days of annual leave in Ireland";

fn cohere() -> Loopback {
    Loopback::start(|request| RerankApi::CohereV2.answer(request, Some(KEY)))
}

/// Searches the sample by an API at that server, with further flags.
fn search(server: &Loopback, flags: &[&str]) -> Output {
    let url = server.url();
    let mut command = trommel(sample());
    command.env("COHERE_API_KEY", KEY).args(["search", "--reranker", "cohere", "--api-base", &url]);
    command.args(flags).arg(QUERY).output().unwrap()
}

fn parsed(output: &Output) -> Value {
    assert_eq!(code(output), 0, "{}", words(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn ids(answer: &Value) -> Vec<&str> {
    answer["hits"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap()).collect()
}

#[test]
fn the_api_decides_the_order_and_explain_counts_what_it_took() {
    let server = cohere();
    let answer = parsed(&search(&server, &["--format", "json", "--blend", "1", "--settle", "off"]));
    assert_eq!(answer["reranked"], true);
    assert_eq!(ids(&answer)[0], "annual-leave-ireland-2025.txt");
    let steps = answer["timings"].as_array().unwrap();
    let rerank = steps.iter().find(|step| step["step"] == "rerank").unwrap();
    assert_eq!(rerank["counts"]["requests"], 1);
    assert_eq!(rerank["counts"]["search units"], 1);
    let [request] = &server.requests()[..] else { panic!("one request") };
    assert_eq!(request.json()["model"], "rerank-v3.5");
    assert_eq!(request.json()["query"], QUERY);

    let explained = search(&server, &["--explain"]);
    assert!(data(&explained).contains("1 requests"), "{}", data(&explained));
    assert!(!data(&explained).contains(KEY) && !words(&explained).contains(KEY));
}

#[test]
fn without_an_answer_the_fused_order_stands_and_it_is_said() {
    let fused = json(sample(), &["search", "--stage", "fused", "--format", "json", QUERY]);
    for answer in [Answer::text(500, "no"), Answer::text(200, "prose"), Answer::text(401, KEY)] {
        let server = Loopback::start(move |_| answer.clone());
        let output = search(&server, &["--format", "json", "--api-time", "600ms"]);
        let answer = parsed(&output);
        assert_eq!((answer["reranked"].as_bool(), &answer["rerank"]), (Some(false), &Value::Null));
        assert_eq!(ids(&answer), ids(&fused));
        assert_eq!(answer["hits"][0]["ranked_by"], fused["hits"][0]["ranked_by"]);
        let failure = answer["failure"].as_str().unwrap();
        assert!(failure.contains(&server.url()), "{failure}");
        assert!(words(&output).contains("warning: the reranker failed"), "{}", words(&output));
        assert!(!words(&output).contains(KEY) && !failure.contains(KEY), "{failure}");
    }
}

#[test]
fn strictly_a_failure_is_5() {
    let server = Loopback::start(|_| Answer::text(403, "no"));
    let output = search(&server, &["--strict"]);
    assert_eq!((code(&output), data(&output).as_str()), (5, ""));
    assert!(words(&output).contains("error: the reranker failed"), "{}", words(&output));
}

#[test]
fn a_server_that_dies_in_the_middle_leaves_a_full_answer() {
    let server =
        Loopback::start(|request| RerankApi::Tei.answer(request, None).sent(Manner::Cut(9)));
    let url = server.url();
    let output = trommel(sample())
        .args(["search", "--reranker", "http", "--api-base", &url, "--api-time", "800ms"])
        .args(["--rerank-depth", "50", "--settle", "off", "--format", "json", QUERY])
        .output()
        .unwrap();
    let answer = parsed(&output);
    assert_eq!(ids(&answer).len(), 10);
    assert!(words(&output).contains("warning: the reranker failed"), "{}", words(&output));
}

#[test]
fn a_budget_is_the_deadline_of_an_api() {
    let server = Loopback::start(|_| Answer::text(200, "").sent(Manner::Hang));
    // The search is measured, and not the index that the first test of all makes.
    sample();
    let begun = Instant::now();
    let output = search(&server, &["--budget", "300ms", "--format", "json"]);
    let answer = parsed(&output);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(answer["rerank"]["stopped"], "budget");
    assert_eq!(ids(&answer).len(), 10);
}

#[test]
fn a_language_model_orders_the_passages_in_one_chat() {
    let server = Loopback::start(|request| chat_answer(request, None, counting));
    let url = server.url();
    let answer = json(
        sample(),
        &["search", "--reranker", "llm", "--api-base", &url, "--api-model", "any", "--blend", "1"]
            .into_iter()
            .chain(["--format", "json", "--rerank-depth", "20", QUERY])
            .collect::<Vec<_>>(),
    );
    assert_eq!(ids(&answer)[0], "annual-leave-ireland-2025.txt");
    assert_eq!(answer["rerank"]["stopped"], "complete");
    let [request] = &server.requests()[..] else { panic!("one window") };
    assert_eq!(request.json()["model"], "any");

    for (flags, said) in [
        (["--api-model", "any"], "there is no api-base"),
        (["--llm-model", "smollm2-135m-instruct"], "is for this process"),
    ] {
        let mut command = trommel(sample());
        command.args(["search", "--reranker", "llm"]).args(flags);
        if flags[0] == "--llm-model" {
            command.args(["--api-base", &url]);
        }
        let output = command.arg(QUERY).output().unwrap();
        assert_eq!(code(&output), 2);
        assert!(words(&output).contains(said), "{}", words(&output));
        assert!(words(&output).contains("hint: trommel search --reranker llm --api-base"));
    }
}

#[test]
fn a_missing_key_is_2_and_names_the_variable_or_the_file() {
    let output = run(sample(), &["search", "--reranker", "voyage", QUERY]);
    assert_eq!(code(&output), 2);
    assert!(words(&output).contains("VOYAGE_API_KEY"), "{}", words(&output));

    let server = cohere();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), format!("{KEY}\n")).unwrap();
    let path = file.path().to_str().unwrap();
    let url = server.url();
    let flags = ["search", "--reranker", "cohere", "--api-base", &url, "--api-key-file", path];
    let output = run(sample(), &[&flags[..], &["--strict", QUERY]].concat());
    assert_eq!(code(&output), 0, "{}", words(&output));

    let output = run(sample(), &["search", "--reranker", "http", QUERY]);
    assert_eq!(code(&output), 2);
    assert!(words(&output).contains("--api-base"), "{}", words(&output));
}

#[test]
fn a_pipe_of_many_lines_is_asked_about_at_once() {
    let server = cohere();
    let lines: String = (0..70).map(|number| format!("line {number}\n")).collect();
    let output = trommel(sample())
        .env("COHERE_API_KEY", KEY)
        .args(["rerank", "--text", "--reranker", "cohere", "--api-base", &server.url()])
        .write_stdin(format!("line 69\n{lines}"))
        .output()
        .unwrap();
    assert_eq!(code(&output), 0, "{}", words(&output));
    assert_eq!(data(&output).lines().count(), 70);
    assert!(data(&output).lines().next().unwrap().ends_with("\tline 69"), "{}", data(&output));
    assert_eq!(server.requests().len(), 1);
}
