use serde_json::{Value, json};

use super::*;

const LIMITS: Limits = Limits { documents: 100, document_bytes: 1000, query_bytes: 100 };

fn ask(path: &str, body: &Value) -> Result<RerankCall, Refusal> {
    let route = Route::of_path(path).unwrap();
    read(route, Headers::default(), body.to_string().as_bytes(), LIMITS)
}

fn call(path: &str, body: &Value) -> RerankCall {
    ask(path, body).unwrap()
}

fn said(path: &str, body: &Value) -> String {
    ask(path, body).unwrap_err().error.to_string()
}

/// Returns a result in which the documents have these probabilities, and logits ten times as high.
fn result(relevance: &[f32], read: usize) -> RerankResult {
    let scored = |(index, &relevance)| Scored { index, relevance, logit: 10.0 * relevance };
    RerankResult {
        results: relevance.iter().enumerate().map(scored).collect(),
        read,
        stopped: (read < relevance.len()).then_some(Stopped::Budget),
        tokens: 42,
        model: "m".into(),
        id: "id-1".into(),
    }
}

fn answered(call: &RerankCall, result: RerankResult) -> Value {
    serde_json::from_slice(&answer(call, result).unwrap()).unwrap()
}

/// The request and the answer of Cohere's reference for version 2.
#[test]
fn cohere_2_is_asked_and_answered_as_documented() {
    let body = json!({
        "model": "rerank-v3.5",
        "query": "What is the capital of the United States?",
        "documents": ["Carson City", "Washington, D.C.", "Capital punishment"],
        "top_n": 2,
        "max_tokens_per_doc": 4096,
        "priority": 0,
    });
    let call = call("/v2/rerank", &body);
    let expected = RerankCall {
        dialect: Dialect::CohereV2,
        model: Some("rerank-v3.5".into()),
        query: "What is the capital of the United States?".into(),
        documents: ["Carson City", "Washington, D.C.", "Capital punishment"].map(Into::into).into(),
        originals: Vec::new(),
        top_n: Some(2),
        return_documents: false,
        raw_scores: false,
        truncate: true,
        max_tokens_per_doc: Some(4096),
        budget_ms: None,
    };
    assert_eq!(call, expected);
    assert_eq!(
        answered(&call, result(&[0.25, 0.75, 0.5], 3)),
        json!({
            "id": "id-1",
            "results": [
                {"index": 1, "relevance_score": 0.75},
                {"index": 2, "relevance_score": 0.5},
            ],
            "meta": {
                "api_version": {"version": "2", "is_experimental": false},
                "billed_units": {"search_units": 1},
                "tokens": {"input_tokens": 42, "output_tokens": 0},
            },
        })
    );
}

#[test]
fn cohere_1_ranks_by_fields_and_gives_whole_documents_back() {
    let documents = json!([
        {"title": "Washington", "text": "the capital", "year": 1790, "id": 7},
        {"title": "Carson City", "text": null, "tags": ["a", "b"]},
        "a plain text",
        {"title": "No text"},
    ]);
    let body = json!({
        "query": "capital",
        "documents": documents,
        "rank_fields": ["title", "year", "text", "tags"],
        "return_documents": true,
        "max_chunks_per_doc": 10,
    });
    let call = call("/v1/rerank", &body);
    assert_eq!(call.dialect, Dialect::CohereV1);
    assert_eq!(call.documents[0], "title: Washington\nyear: 1790\ntext: the capital");
    assert_eq!(call.documents[1], "title: Carson City\ntags: [\"a\",\"b\"]");
    assert_eq!(call.documents[2], "a plain text");
    let answer = answered(&call, result(&[0.9, 0.8, 0.7, 0.6], 4));
    assert_eq!(answer["results"][0]["document"], documents[0]);
    assert_eq!(answer["results"][1]["document"], documents[1]);
    assert_eq!(answer["results"][2]["document"], json!({"text": "a plain text"}));
    assert_eq!(answer["results"][3]["document"], documents[3]);
    assert_eq!(answer["meta"]["api_version"], json!({"version": "1"}));
}

#[test]
fn a_document_with_a_text_is_read_by_its_text_and_keeps_its_other_fields() {
    let documents = json!([{"text": "a", "id": 7}, {"text": "b"}]);
    let body = json!({"query": "q", "documents": documents, "model": "m"});
    // Jina's habit is to give them back.
    let call = call("/v1/rerank", &body);
    assert_eq!((call.dialect, &call.documents[..]), (Dialect::Jina, &["a".into(), "b".into()][..]));
    let answer = answered(&call, result(&[0.9, 0.8], 2));
    assert_eq!(answer["results"][0]["document"], documents[0]);
    assert_eq!(answer["results"][1]["document"], documents[1]);
}

#[test]
fn jina_is_answered_with_documents_unless_they_are_not_wanted() {
    let mut body = json!({"model": "jina-reranker-v2", "query": "q", "documents": ["a", "b"]});
    assert_eq!(
        answered(&call("/v1/rerank", &body), result(&[0.25, 0.5], 2)),
        json!({
            "id": "id-1",
            "object": "list",
            "model": "m",
            "usage": {"prompt_tokens": 42, "total_tokens": 42},
            "results": [
                {"index": 1, "relevance_score": 0.5, "document": {"text": "b"}},
                {"index": 0, "relevance_score": 0.25, "document": {"text": "a"}},
            ],
        })
    );
    body["return_documents"] = json!(false);
    let answer = answered(&call("/v1/rerank", &body), result(&[0.25, 0.5], 2));
    assert_eq!(answer["results"][0], json!({"index": 1, "relevance_score": 0.5}));
}

/// As Voyage's Python client sends it, and as its reference answers.
#[test]
fn voyage_is_asked_by_top_k_and_answered_with_plain_documents() {
    let mut body = json!({"query": "q", "documents": ["a", "b"], "model": "rerank-2.5",
        "top_k": null, "truncation": false});
    let all = call("/v1/rerank", &body);
    assert_eq!((all.dialect, all.top_n, all.truncate), (Dialect::Voyage, None, false));
    body["top_k"] = json!(1);
    body["return_documents"] = json!(true);
    assert_eq!(
        answered(&call("/v1/rerank", &body), result(&[0.25, 0.5], 2)),
        json!({
            "object": "list",
            "data": [{"index": 1, "relevance_score": 0.5, "document": "b"}],
            "model": "m",
            "usage": {"total_tokens": 42},
        })
    );
}

/// The types of text-embeddings-inference: `RerankRequest` and `Rank`.
#[test]
fn tei_is_answered_with_a_bare_array() {
    let mut body =
        json!({"query": "What is Deep Learning?", "texts": ["Deep Learning is ...", "b"]});
    let call_of = |body: &Value| call("/rerank", body);
    assert_eq!(call_of(&body).dialect, Dialect::Tei);
    assert!(call_of(&body).truncate);
    let answer = answered(&call_of(&body), result(&[0.75, 0.25], 2));
    assert_eq!(answer, json!([{"index": 0, "score": 0.75}, {"index": 1, "score": 0.25}]));
    body["return_text"] = json!(true);
    body["raw_scores"] = json!(true);
    body["truncate"] = json!(false);
    body["truncation_direction"] = json!("Right");
    let call = call_of(&body);
    assert!(!call.truncate);
    let answer = answered(&call, result(&[0.75, 0.25], 2));
    assert_eq!(answer[0], json!({"index": 0, "text": "Deep Learning is ...", "score": 7.5}));
    body["truncation_direction"] = json!("Left");
    let expected = r#"truncation_direction: expected "right", got "Left""#;
    assert_eq!(said("/rerank", &body), expected);
}

/// llama.cpp's own tests: no model, `top_n` in both formats, more of it than there are documents.
#[test]
fn llama_cpp_needs_no_model_and_takes_any_top_n() {
    let body = json!({"query": "Machine learning is", "documents": ["a", "b"], "top_n": 99});
    for path in ["/rerank", "/v1/rerank", "/reranking", "/v1/reranking"] {
        let call = call(path, &body);
        assert_eq!((call.dialect, &call.model), (Dialect::LlamaCpp, &None), "{path}");
        let answer = answered(&call, result(&[0.25, 0.5], 2));
        assert_eq!(answer["results"].as_array().unwrap().len(), 2);
        assert_eq!(answer["results"][0]["index"], 1);
        assert_eq!(answer["usage"], json!({"prompt_tokens": 42, "total_tokens": 42}));
    }
    let tei = json!({"query": "Machine learning is", "texts": ["a", "b"], "top_n": 1});
    let answer = answered(&call("/rerank", &tei), result(&[0.25, 0.5], 2));
    assert_eq!(answer, json!([{"index": 1, "score": 0.5}]));
    for documents in [json!([]), Value::Null, json!(123), json!([1, 2, 3])] {
        let refusal = ask("/rerank", &json!({"query": "q", "documents": documents})).unwrap_err();
        assert_eq!(refusal.status(), 400);
        assert!(refusal.body().starts_with(r#"{"error":{"#));
    }
}

#[test]
fn equal_scores_stand_in_the_order_of_the_documents() {
    let call = call("/rerank", &json!({"query": "q", "texts": ["a", "b", "c", "d"]}));
    let answer = answered(&call, result(&[0.25, 0.5, 0.25, 0.5], 4));
    let order: Vec<_> = answer.as_array().unwrap().iter().map(|hit| &hit["index"]).collect();
    assert_eq!(order, [1, 3, 0, 2]);
}

#[test]
fn logits_decide_where_the_probability_is_1_for_both() {
    let call = call("/rerank", &json!({"query": "q", "texts": ["a", "b"]}));
    let mut result = result(&[1.0, 1.0], 2);
    result.results[1].logit = 30.0;
    assert_eq!(answered(&call, result)[0]["index"], 1);
}

#[test]
fn what_the_budget_left_unread_stands_below_and_is_told() {
    let body = json!({"query": "q", "documents": ["a", "b", "c", "d"], "budget_ms": 50,
        "return_documents": false});
    // The last two were not read, though they had a higher score before.
    let result = || result(&[0.25, 0.5, 0.75, 0.125], 2);
    let told = "budget_ms 50 was over when 2 of 4 documents were read: the others stand below";
    let order = json!([
        {"index": 1, "relevance_score": 0.5},
        {"index": 0, "relevance_score": 0.25},
        {"index": 2, "relevance_score": 0.25},
        {"index": 3, "relevance_score": 0.125},
    ]);
    let cohere = answered(&call("/v2/rerank", &body), result());
    assert_eq!((&cohere["results"], &cohere["meta"]["warnings"]), (&order, &json!([told])));
    let llama_cpp = answered(&call("/rerank", &body), result());
    assert_eq!((&llama_cpp["results"], &llama_cpp["warnings"]), (&order, &json!([told])));
    let mut voyage = body.clone();
    voyage["truncation"] = json!(true);
    let voyage = answered(&call("/v1/rerank", &voyage), result());
    assert_eq!((&voyage["data"], &voyage["warnings"]), (&order, &json!([told])));
    let call =
        call("/rerank", &json!({"query": "q", "texts": ["a", "b", "c", "d"], "budget_ms": 50}));
    assert_eq!(warning(&call, &result()).as_deref(), Some(told));
    assert_eq!(answered(&call, result())[2], json!({"index": 2, "score": 0.25}));
    let raw = answered(&RerankCall { raw_scores: true, ..call }, result());
    assert_eq!(raw[2], json!({"index": 2, "score": 2.5}));
}

#[test]
fn a_wrong_field_is_named_in_each_apis_own_status() {
    let documents = json!(["a"]);
    for (body, status, error) in [
        (json!({"documents": documents}), 400, "query is missing, expected a string with"),
        (json!({"query": " \n", "documents": documents}), 400, "query is empty, expected a string"),
        (json!({"query": ["q"], "documents": documents}), 400, "query: expected a string, got an"),
        (json!({"query": "q"}), 400, "documents is missing, expected an array of documents"),
        (json!({"query": "q", "documents": []}), 400, "documents is empty, expected at least one"),
        (json!({"query": "q", "documents": "a"}), 400, "documents: expected an array of documents"),
        (
            json!({"query": "q", "documents": ["a", null]}),
            400,
            "documents[1]: expected a string or an object with a \"text\", got null",
        ),
        (
            json!({"query": "q", "documents": [{"title": "a"}]}),
            400,
            "documents[0]: expected a string or an object with a \"text\", got an object without",
        ),
        (
            json!({"query": "q", "documents": [{"text": null}]}),
            400,
            "documents[0].text: expected a string, got null",
        ),
        (
            json!({"query": "q", "documents": [{"a": 1}], "rank_fields": ["title", "text"]}),
            400,
            "documents[0]: expected one of the rank_fields title, text, got an object with none",
        ),
        (
            json!({"query": "q", "documents": documents, "top_n": 0}),
            400,
            "top_n: expected an integer of at least 1, got 0",
        ),
        (
            json!({"query": "q", "documents": documents, "top_n": -2}),
            400,
            "top_n: expected an integer of at least 1, got -2",
        ),
        (
            json!({"query": "q", "documents": documents, "return_documents": "yes"}),
            400,
            "return_documents: expected a boolean, got \"yes\"",
        ),
        (
            json!({"query": "q", "documents": documents, "budget_ms": -1}),
            400,
            "budget_ms: expected milliseconds, a number of at least 0, got -1",
        ),
        (
            json!({"query": "q", "documents": vec!["a"; 101]}),
            400,
            "documents: expected at most 100, got 101",
        ),
        (
            json!({"query": "q", "documents": ["a".repeat(1001)]}),
            400,
            "documents[0]: expected at most 1000 bytes, got 1001",
        ),
        (
            json!({"query": "q".repeat(101), "documents": documents}),
            400,
            "query: expected at most 100 bytes, got 101",
        ),
    ] {
        let refusal = ask("/v2/rerank", &body).unwrap_err();
        let message = refusal.error.to_string();
        assert!(message.starts_with(error), "{message}");
        assert_eq!(refusal.status(), status, "{error}");
        assert_eq!(refusal.body(), json!({"message": message}).to_string());
    }
    let tei = |texts| ask("/rerank", &json!({"query": "q", "texts": texts})).unwrap_err();
    assert_eq!(tei(json!([])).status(), 400);
    assert_eq!(tei(json!([null])).status(), 422);
    assert_eq!(tei(json!(vec!["a"; 101])).status(), 413);
    assert_eq!(tei(json!([null])).error.field(), Some("texts[0]"));
}

#[test]
fn what_is_no_json_is_refused_before_anybody_is_known() {
    let refusal = read(Route::Rerank, Headers::default(), b"{", LIMITS).unwrap_err();
    assert_eq!((refusal.dialect, refusal.status()), (None, 400));
    let cohere = read(Route::RerankV2, Headers::default(), b"{", LIMITS).unwrap_err();
    assert!(cohere.body().starts_with(r#"{"message":"the body is not JSON: "#));
}

#[test]
fn unknown_fields_are_ignored_and_the_last_of_two_counts() {
    let body = br#"{"query": "a", "query": "b", "documents": ["d"], "user": {"x": [1]}}"#;
    let call = read(Route::Rerank, Headers::default(), body, LIMITS).unwrap();
    assert_eq!(call.query, "b");
}
