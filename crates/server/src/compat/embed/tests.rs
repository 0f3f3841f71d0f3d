use serde_json::{Value, json};

use super::*;

const LIMITS: Limits = Limits { documents: 3, document_bytes: 1000, query_bytes: 100 };

fn ask(path: &str, body: &Value) -> Result<EmbedCall, Refusal> {
    let route = Route::of_path(path).unwrap();
    read(route, Headers::default(), body.to_string().as_bytes(), LIMITS, 2)
}

fn call(path: &str, body: &Value) -> EmbedCall {
    ask(path, body).unwrap()
}

fn said(path: &str, body: &Value) -> String {
    ask(path, body).unwrap_err().error.to_string()
}

fn answered(call: &EmbedCall) -> Value {
    let result = EmbedResult {
        vectors: vec![vec![1.0, -2.0], vec![0.5, 0.1]],
        tokens: 8,
        model: "m".into(),
        id: "id-1".into(),
    };
    serde_json::from_slice(&answer(call, &result).unwrap()).unwrap()
}

/// OpenAI's reference.
#[test]
fn open_ai_is_answered_with_a_list_of_embeddings() {
    let body = json!({"model": "text-embedding-3-small", "input": ["a", "b"], "user": "u"});
    let call = call("/v1/embeddings", &body);
    let expected = EmbedCall {
        dialect: Dialect::OpenAi,
        model: Some("text-embedding-3-small".into()),
        inputs: vec!["a".into(), "b".into()],
        input_type: InputType::Document,
        encoding: Encoding::Float,
        normalize: true,
        truncate: true,
        by_type: false,
    };
    assert_eq!(call, expected);
    assert_eq!(
        answered(&call),
        json!({
            "object": "list",
            "data": [
                {"object": "embedding", "index": 0, "embedding": [1.0, -2.0]},
                {"object": "embedding", "index": 1, "embedding": [0.5, 0.1]},
            ],
            "model": "m",
            "usage": {"prompt_tokens": 8, "total_tokens": 8},
        })
    );
}

/// `base64.b64encode(struct.pack('<2f', 1, -2))`, by Python.
#[test]
fn base64_is_little_endian_and_numbers_are_as_short_as_they_can_be() {
    let body = json!({"input": "a", "encoding_format": "base64"});
    let base64 = call("/v1/embeddings", &body);
    assert_eq!(answered(&base64)["data"][0]["embedding"], "AACAPwAAAMA=");
    let result =
        EmbedResult { vectors: vec![vec![0.1]], tokens: 1, model: "m".into(), id: "id-1".into() };
    let tei = call("/embed", &json!({"inputs": "a"}));
    assert_eq!(answer(&tei, &result).unwrap(), b"[[0.1]]");
}

#[test]
fn a_query_is_a_query_in_every_apis_words() {
    for (path, body, input_type) in [
        ("/v1/embeddings", json!({"input": "a", "input_type": "query"}), InputType::Query),
        ("/v1/embeddings", json!({"input": "a", "input_type": null}), InputType::Document),
        ("/v1/embeddings", json!({"input": "a", "input_type": "document"}), InputType::Document),
        ("/embed", json!({"inputs": "a", "prompt_name": "query"}), InputType::Query),
        ("/embed", json!({"inputs": "a", "prompt_name": "passage"}), InputType::Document),
        ("/embed", json!({"inputs": "a"}), InputType::Document),
        ("/v2/embed", json!({"texts": ["a"], "input_type": "search_query"}), InputType::Query),
        (
            "/v2/embed",
            json!({"texts": ["a"], "input_type": "search_document"}),
            InputType::Document,
        ),
        ("/v1/embed", json!({"texts": ["a"], "input_type": "clustering"}), InputType::Document),
    ] {
        assert_eq!(call(path, &body).input_type, input_type, "{body}");
    }
    let image = said("/v2/embed", &json!({"texts": ["a"], "input_type": "image"}));
    assert!(image.starts_with("input_type: expected \"query\" or "), "{image}");
    assert!(image.ends_with(", got \"image\""), "{image}");
}

/// As Voyage's Python client sends it.
#[test]
fn voyage_is_known_by_its_truncation() {
    let body = json!({"input": ["a", "b"], "model": "voyage-3.5", "input_type": "query",
        "truncation": false, "output_dtype": null, "output_dimension": 2,
        "encoding_format": "base64"});
    let call = call("/v1/embeddings", &body);
    assert_eq!((call.dialect, call.input_type), (Dialect::Voyage, InputType::Query));
    assert_eq!((call.encoding, call.truncate), (Encoding::Base64, false));
    assert_eq!(answered(&call)["usage"]["total_tokens"], 8);
    let mut other = body.clone();
    other["output_dtype"] = json!("int8");
    let error = ask("/v1/embeddings", &other).unwrap_err();
    assert_eq!(error.status(), 400);
    assert_eq!(error.body(), r#"{"detail":"output_dtype: expected \"float\", got \"int8\""}"#);
}

/// The types of text-embeddings-inference: `EmbedRequest` and `EmbedResponse`.
#[test]
fn tei_is_answered_with_bare_vectors() {
    let body = json!({"inputs": ["a", "b"], "normalize": false, "truncate": false});
    let call = call("/embed", &body);
    assert_eq!((call.normalize, call.truncate), (false, false));
    assert_eq!(answered(&call)[0], json!([1.0, -2.0]));
}

#[test]
fn cohere_2_and_1_name_the_type_of_their_vectors_if_it_was_asked_for() {
    let mut body = json!({"model": "embed-v4.0", "texts": ["a", "b"], "truncate": "NONE",
        "input_type": "search_document", "embedding_types": ["float"]});
    let second = call("/v2/embed", &body);
    assert!(!second.truncate);
    let vectors = json!([[1.0, -2.0], [0.5, 0.1]]);
    assert_eq!(
        answered(&second),
        json!({
            "id": "id-1",
            "response_type": "embeddings_by_type",
            "embeddings": {"float": vectors},
            "texts": ["a", "b"],
            "meta": {
                "api_version": {"version": "2", "is_experimental": false},
                "billed_units": {"input_tokens": 8},
                "tokens": {"input_tokens": 8, "output_tokens": 0},
            },
        })
    );
    let first = answered(&call("/v1/embed", &body));
    assert_eq!(first["embeddings"], json!({"float": vectors}));
    body["embedding_types"] = Value::Null;
    let plain = answered(&call("/v1/embed", &body));
    assert_eq!(plain["response_type"], "embeddings_floats");
    assert_eq!(plain["embeddings"], vectors);
    assert_eq!(answered(&call("/v2/embed", &body))["embeddings"], json!({"float": vectors}));
}

#[test]
fn what_cannot_be_embedded_is_refused_by_name() {
    let ids = "input: expected a string or an array of strings, got token ids, which are";
    for (path, body, error) in [
        ("/v1/embeddings", json!({"input": [1, 2]}), ids),
        ("/v1/embeddings", json!({"input": [[1, 2], [3]]}), ids),
        ("/v1/embeddings", json!({"input": []}), "input is empty, expected at least one text"),
        ("/v1/embeddings", json!({}), "input is missing, expected a string or an array of strings"),
        ("/v1/embeddings", json!({"input": {}}), "input: expected a string or an array of strings"),
        ("/v1/embeddings", json!({"input": ["a", null]}), "input[1]: expected a string, got null"),
        ("/v1/embeddings", json!({"input": vec!["a"; 4]}), "input: expected at most 3, got 4"),
        (
            "/v1/embeddings",
            json!({"input": ["a", "b".repeat(1001)]}),
            "input[1]: expected at most 1000 bytes, got 1001",
        ),
        (
            "/v1/embeddings",
            json!({"input": "a", "dimensions": 1}),
            "dimensions: expected 2, which the encoder has, got 1",
        ),
        (
            "/v1/embeddings",
            json!({"input": "a", "encoding_format": "hex"}),
            r#"encoding_format: expected "float" or "base64", got "hex""#,
        ),
        (
            "/v2/embed",
            json!({"texts": ["a"], "embedding_types": ["float", "int8"]}),
            r#"embedding_types[1]: expected "float", got "int8""#,
        ),
        (
            "/v2/embed",
            json!({"texts": ["a"], "truncate": "START"}),
            r#"truncate: expected "END" or "NONE", got "START""#,
        ),
        ("/v2/embed", json!({"images": ["data:"]}), "texts is missing, expected a string or an"),
        (
            "/embed",
            json!({"inputs": "a", "prompt_name": "s2p"}),
            r#"prompt_name: expected "query" or "document" or "passage", got "s2p""#,
        ),
    ] {
        let message = said(path, &body);
        assert!(message.starts_with(error), "{message}");
    }
    assert!(ask("/v1/embeddings", &json!({"input": "a", "dimensions": 2})).is_ok());
    assert_eq!(ask("/v1/embeddings", &json!({"input": [1]})).unwrap_err().status(), 400);
    assert_eq!(ask("/embed", &json!({"inputs": [1]})).unwrap_err().status(), 422);
    assert_eq!(ask("/embed", &json!({"inputs": vec!["a"; 4]})).unwrap_err().status(), 413);
    assert_eq!(ask("/embed", &json!({"inputs": []})).unwrap_err().status(), 400);
}
