//! Fears for the server: an answer that is another than the command line's, a stream that ends elsewhere, a
//! document that is lost on the way in or out, a judgement that nobody can read.

mod common;

use std::fs;
use std::path::Path;

use common::server::{Server, events};
use common::{copy_of_sample, data, json, run};
use serde_json::{Value, json};

const QUERY: &str = "how do I descale the machine";

fn server(folder: &Path) -> Server {
    Server::start(folder, &["serve"])
}

/// What two answers must have in common, whoever gave them.
fn order(answer: &Value) -> Vec<(Value, Value, Value)> {
    let hits = answer["hits"].as_array().unwrap();
    hits.iter()
        .map(|hit| (hit["id"].clone(), hit["score"].clone(), hit["passage"].clone()))
        .collect()
}

#[test]
fn a_search_has_the_answer_of_the_command_line() {
    let copy = copy_of_sample();
    let server = server(copy.path());
    for (body, flags) in [
        (json!({}), &[][..]),
        (json!({ "stage": "bm25", "k": 3 }), &["--stage", "bm25", "-k", "3"]),
        (json!({ "stage": "fused" }), &["--stage", "fused"]),
        (json!({ "path": ["*.html"], "k": 4 }), &["--path", "*.html", "-k", "4"]),
        (json!({ "settings": { "neighbours": 0 } }), &["--set", "neighbours=0"]),
        (json!({ "min_score": 0.001 }), &["--min-score", "0.001"]),
    ] {
        let mut body = body;
        body["query"] = QUERY.into();
        let reply = server.post("/v1/search", &body);
        assert_eq!(reply.status, 200, "{}", reply.text());
        let answer = reply.json();
        let typed = [&["search", QUERY, "--format", "json"], flags].concat();
        let expected = json(copy.path(), &typed);
        assert_eq!(order(&answer), order(&expected), "{body}");
        assert_eq!(
            (&answer["schema"], &answer["stage"]),
            (&expected["schema"], &expected["stage"])
        );
        assert_eq!(answer["answered"], expected["answered"]);
    }
    let batch = json!({ "queries": [QUERY, "lost receipts"], "stage": "bm25" });
    let answers = server.post("/v1/search", &batch).json();
    assert_eq!(answers["answers"][1]["query"], "lost receipts");
    let short = server.post("/v1/search", &json!({ "query": QUERY, "explain": false })).json();
    assert_eq!((&short["timings"], &short["hits"][0]["stages"]), (&Value::Null, &Value::Null));
}

#[test]
fn a_streamed_search_begins_with_the_fused_order_and_ends_with_the_answer() {
    let copy = copy_of_sample();
    let server = server(copy.path());
    let body = json!({ "query": QUERY }).to_string();
    let accept = [("accept", "text/event-stream"), ("content-type", "application/json")];
    let streamed = server.ask("POST", "/v1/search", &accept, body.as_bytes());
    assert_eq!(streamed.header("content-type"), Some("text/event-stream"));
    let events = events(&streamed.text());
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((names[0], *names.last().unwrap()), ("fused", "answer"), "{names:?}");
    assert!(names.contains(&"progress"), "{names:?}");
    let fused = server.post("/v1/search", &json!({ "query": QUERY, "stage": "fused" })).json();
    let ids =
        |answer: &Value| -> Vec<Value> { order(answer).into_iter().map(|hit| hit.0).collect() };
    assert_eq!(ids(&events[0].1), ids(&fused));
    let whole = server.post("/v1/search", &json!({ "query": QUERY })).json();
    assert_eq!(order(&events.last().unwrap().1), order(&whole));
}

#[test]
fn documents_are_read_added_and_removed() {
    let copy = copy_of_sample();
    let server = server(copy.path());
    let read = server.get("/v1/documents/lost-receipts.txt").json();
    let text = data(&run(copy.path(), &["get", "lost-receipts.txt"]));
    assert_eq!(read["text"].as_str().unwrap(), text.trim_end());
    assert_eq!((&read["truncated"], &read["lines"]["first"]), (&false.into(), &1.into()));
    let part = server.get("/v1/documents/lost-receipts.txt?lines=2-3").json();
    let lines: Vec<&str> = text.lines().skip(1).take(2).collect();
    assert_eq!(part["text"].as_str().unwrap(), lines.join("\n").trim_end());
    assert_eq!(part["lines"]["first"], 2);
    let cut = server.get("/v1/documents/lost-receipts.txt?max_chars=10").json();
    assert_eq!(
        (&cut["truncated"], cut["text"].as_str().unwrap().len() <= 10),
        (&true.into(), true)
    );
    assert_eq!(server.get("/v1/documents/nobody").code(), "unknown_document");
    assert_eq!(server.get("/v1/documents/lost-receipts.txt?lines=900").code(), "unknown_part");
    assert_eq!(server.get("/v1/documents/..%2F..%2Fetc%2Fpasswd").status, 404);

    let heron = json!({ "_id": "a/b c", "title": "Heron", "text": "The heron nests in April.", "year": 1999 });
    let added = server.post("/v1/documents", &json!({ "documents": [heron] })).json();
    assert_eq!((&added["added"], &added["updated"]), (&1.into(), &0.into()), "{added}");
    let again = server.post("/v1/documents", &json!({ "documents": [heron] })).json();
    assert_eq!((&again["unchanged"], &again["generation"]), (&1.into(), &added["generation"]));
    let found = server.post("/v1/search", &json!({ "query": "heron", "filter": ["year=1999"] }));
    assert_eq!(found.json()["hits"][0]["id"], "a/b c");
    let removed = server.ask("DELETE", "/v1/documents/a%2Fb%20c", &[], b"");
    assert_eq!(removed.json()["removed"], 1, "{}", removed.text());
    assert_eq!(server.get("/v1/documents/a%2Fb%20c").status, 404);
    for bad in [json!({ "text": "x" }), json!({ "_id": "", "text": "x" }), json!({ "_id": "x" })] {
        let reply = server.post("/v1/documents", &json!({ "documents": [bad] }));
        assert_eq!(reply.status, 400, "{}", reply.text());
    }
}

#[test]
fn another_process_commits_and_the_server_sees_it() {
    let copy = copy_of_sample();
    let server = server(copy.path());
    let before = server.get("/v1/status").json()["collections"][0]["generation"].clone();
    fs::create_dir(copy.path().join("more")).unwrap();
    fs::write(copy.path().join("more/otter.txt"), "The otter dives at dusk.").unwrap();
    json(copy.path(), &["index", "--json", "more"]);
    let found = server.post("/v1/search", &json!({ "query": "otter", "stage": "bm25" })).json();
    assert_eq!(found["hits"][0]["id"], "otter.txt");
    let status = server.get("/v1/status").json();
    assert!(status["collections"][0]["generation"].as_u64() > before.as_u64(), "{status}");
    // By itself, as a job.
    fs::write(copy.path().join("more/lynx.txt"), "The lynx sleeps by day.").unwrap();
    let started = server.post("/v1/index", &json!({}));
    assert_eq!(started.status, 202, "{}", started.text());
    let id = started.json()["id"].as_str().unwrap().to_owned();
    let told = events(&server.get(&format!("/v1/jobs/{id}/events")).text());
    let (name, last) = told.last().unwrap();
    assert_eq!((name.as_str(), &last["state"]), ("end", &"done".into()), "{last}");
    assert_eq!(last["report"]["added"], 1, "{last}");
    let found = server.post("/v1/search", &json!({ "query": "lynx", "stage": "bm25" })).json();
    assert_eq!(found["hits"][0]["id"], "lynx.txt");
    assert_eq!(server.get("/v1/jobs/99").code(), "unknown_job");
}

#[test]
fn judgements_are_what_eval_reads() {
    let copy = copy_of_sample();
    let server = server(copy.path());
    let answer = server.post("/v1/search", &json!({ "query": QUERY })).json();
    let id = answer["hits"][0]["id"].clone();
    let judged = server.post("/v1/judgements", &json!({ "query": QUERY, "id": id, "grade": 3 }));
    assert_eq!(judged.json()["queries"], 1, "{}", judged.text());
    let listed = server.get("/v1/judgements").json();
    assert_eq!(listed["judgements"], json!([{ "query": QUERY, "id": id, "grade": 3 }]));
    let helps = server.get("/v1/helps").json();
    assert_eq!((&helps["ready"], &helps["needed"]), (&false.into(), &5.into()), "{helps}");
    for number in 0..5 {
        let body = json!({ "query": format!("question {number}"), "id": id, "grade": number % 4 });
        assert_eq!(server.post("/v1/judgements", &body).status, 200);
    }
    let helps = server.get("/v1/helps").json();
    assert_eq!(helps["ready"], true, "{helps}");
    let stages: Vec<&str> = helps["stages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["stage"].as_str().unwrap())
        .collect();
    assert_eq!(stages, ["bm25", "dense", "bm25+neighbours", "fused", "feedback", "reranked"]);
    assert_eq!(
        helps["advice"].as_array().unwrap().len(),
        helps["changes"].as_array().unwrap().len()
    );
    let taken_back = json!({ "query": QUERY, "id": id, "grade": null });
    assert_eq!(server.post("/v1/judgements", &taken_back).json()["queries"], 5);
    assert_eq!(
        server.post("/v1/judgements", &json!({ "query": QUERY, "id": id, "grade": 4 })).status,
        400
    );
    let args =
        ["eval", "--queries", "judgements/queries.jsonl", "--qrels", "judgements/qrels/test.tsv"];
    let output = run(copy.path(), &args);
    assert!(data(&output).contains("reranked"), "{}", data(&output));
}

#[test]
fn why_tells_the_same_as_the_command_line() {
    let copy = copy_of_sample();
    let server = server(copy.path());
    let body = json!({ "query": QUERY, "id": "lost-receipts.txt" });
    let told = server.post("/v1/why", &body).json();
    let expected = json(copy.path(), &["why", "--json", "lost-receipts.txt", QUERY]);
    for field in ["bm25", "dense", "fused", "loss", "schema"] {
        assert_eq!(told[field], expected[field], "{field}");
    }
    let words = data(&run(copy.path(), &["why", "lost-receipts.txt", QUERY]));
    for line in told["text"].as_array().unwrap() {
        assert!(words.contains(line.as_str().unwrap()), "{line}");
    }
    assert_eq!(server.post("/v1/why", &json!({ "query": "x", "id": "nobody" })).status, 404);
}

#[test]
fn several_collections_are_searched_together_and_a_small_one_is_not_crowded_out() {
    let copy = copy_of_sample();
    let small = tempfile::tempdir().unwrap();
    fs::write(small.path().join("otter.txt"), "How do I descale the machine? Ask the otter.")
        .unwrap();
    json(small.path(), &["index", "--json", "otter.txt"]);
    let other = format!("small={}", small.path().join(".trommel").display());
    let server = Server::start(copy.path(), &["-c", "sample=.trommel", "-c", &other, "serve"]);
    let answer = server.post("/v1/search", &json!({ "query": QUERY, "k": 5 })).json();
    let hits = answer["hits"].as_array().unwrap();
    assert!(hits.iter().any(|hit| hit["collection"] == "small"), "{answer}");
    assert!(hits.iter().any(|hit| hit["collection"] == "sample"), "{answer}");
    let scores: Vec<f64> = hits.iter().map(|hit| hit["score"].as_f64().unwrap()).collect();
    assert!(scores.windows(2).all(|pair| pair[0] >= pair[1]), "{scores:?}");
    assert_eq!((hits.len(), &hits[4]["rank"]), (5, &5.into()));
    let one = json!({ "query": QUERY, "collections": ["small"] });
    assert_eq!(server.post("/v1/search", &one).json()["hits"].as_array().unwrap().len(), 1);
    let unknown = json!({ "query": QUERY, "collections": ["smal"] });
    assert_eq!(server.post("/v1/search", &unknown).code(), "unknown_collection");
    assert_eq!(server.post("/v1/index", &json!({})).code(), "invalid");
}

#[test]
fn others_clients_are_answered_in_their_own_words() {
    let copy = copy_of_sample();
    let server = server(copy.path());
    let texts =
        ["Bananas are yellow.", "Descale the machine every month.", "Trains leave at noon."];
    let cohere = json!({ "model": "rerank-v3.5", "query": QUERY, "documents": texts, "top_n": 2 });
    let reply = server.post("/v2/rerank", &cohere).json();
    let results = reply["results"].as_array().unwrap();
    assert_eq!((results.len(), &results[0]["index"]), (2, &1.into()), "{reply}");
    let tei = server.post("/rerank", &json!({ "query": QUERY, "texts": texts })).json();
    assert_eq!((&tei[0]["index"], tei.as_array().unwrap().len()), (&1.into(), 3), "{tei}");
    // The same logit as by the command line.
    let raw = json!({ "query": QUERY, "texts": texts, "raw_scores": true });
    let logit = server.post("/rerank", &raw).json()[0]["score"].as_f64().unwrap();
    let probability = tei[0]["score"].as_f64().unwrap();
    assert!((1.0 / (1.0 + (-logit).exp()) - probability).abs() < 0.5, "{logit} {probability}");
    let embedded =
        server.post("/v1/embeddings", &json!({ "input": ["a", "b"], "model": "x" })).json();
    let vector = embedded["data"][1]["embedding"].as_array().unwrap();
    let length: f64 = vector.iter().map(|x| x.as_f64().unwrap().powi(2)).sum();
    assert!((length - 1.0).abs() < 1e-4, "{length}");
    assert_eq!(vector.len(), 384);
    let models = server.get("/v1/models").json();
    assert_eq!(models["data"][0]["id"], "bge-small-en-v1.5", "{models}");
    assert_eq!(server.get("/info").json()["model_type"]["embedding"]["pooling"], "cls");
    let missing = server.post("/v2/rerank", &json!({ "query": QUERY }));
    assert_eq!((missing.status, missing.json()["message"].is_string()), (400, true));
}

#[test]
fn all_that_is_described_is_there() {
    let copy = copy_of_sample();
    let server = server(copy.path());
    let document = server.get("/openapi.json").json();
    assert_eq!(document["openapi"], "3.1.0");
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let path = path.replace("{id}", "x").replace("{name}", "page.js");
            let reply = server.ask(&method.to_uppercase(), &path, &[], b"{}");
            let is_unknown = reply.status == 404 && reply.text().contains("unknown_route");
            assert!(!is_unknown && reply.status != 405, "{method} {path}: {}", reply.status);
            assert!(reply.status < 500, "{method} {path}: {}", reply.text());
        }
    }
    for schema in ["SearchRequest", "ErrorBody", "JobState"] {
        assert!(document["components"]["schemas"][schema].is_object(), "{schema}");
    }
    let metrics = server.get("/metrics").text();
    assert!(
        metrics.contains("trommel_requests_total{route=\"/openapi.json\",status=\"200\"}"),
        "{metrics}"
    );
    assert!(metrics.ends_with("# EOF\n"));
    assert_eq!(server.get("/health").json()["status"], "ready");
    let page = server.get("/");
    assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    assert!(page.text().contains("<html"));
}
