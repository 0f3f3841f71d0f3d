//! What there is to ask, as OpenAPI 3.1 describes it.

use serde_json::{Map, Value, json};
use utoipa::openapi::ComponentsBuilder;

use crate::error::ErrorBody;
use crate::jobs::JobState;
use crate::routes::schemas::{
    AddRequest, Changed, IndexRequest, JudgeRequest, SearchRequest, WhyRequest,
};

/// A route: method, path, what it does, the schema of its body and of its answer, if they have one here.
type Described =
    (&'static str, &'static str, &'static str, Option<&'static str>, Option<&'static str>);

/// All routes, in the order of the documents.
pub(crate) const ROUTES: &[Described] = &[
    (
        "post",
        "/v1/search",
        "Search: trommel.answer.v1, or events as it happens",
        Some("SearchRequest"),
        None,
    ),
    (
        "get",
        "/v1/documents/{id}",
        "Read a document as it was indexed, whole or in part",
        None,
        None,
    ),
    (
        "post",
        "/v1/documents",
        "Add documents, or replace those of the same ids",
        Some("AddRequest"),
        Some("Changed"),
    ),
    ("delete", "/v1/documents/{id}", "Remove a document", None, Some("Changed")),
    ("post", "/v1/why", "Tell what became of one document in a search", Some("WhyRequest"), None),
    ("get", "/v1/status", "Say what the server has", None, None),
    ("get", "/v1/budget", "Say how many passages a budget reads", None, None),
    (
        "post",
        "/v1/index",
        "Begin to bring a collection up to date",
        Some("IndexRequest"),
        Some("JobState"),
    ),
    ("get", "/v1/jobs/{id}", "Say how far an indexing run is", None, Some("JobState")),
    ("delete", "/v1/jobs/{id}", "End an indexing run at its last commit", None, Some("JobState")),
    ("get", "/v1/jobs/{id}/events", "Follow an indexing run", None, None),
    ("get", "/v1/judgements", "List judgements", None, None),
    ("post", "/v1/judgements", "Judge a document for a query", Some("JudgeRequest"), None),
    ("get", "/v1/helps", "Say whether each stage helps on what was judged", None, None),
    (
        "post",
        "/rerank",
        "Rank texts: the APIs of Jina, Voyage, text-embeddings-inference and llama.cpp",
        None,
        None,
    ),
    (
        "post",
        "/v1/rerank",
        "Rank texts: the APIs of Cohere (1), Jina, Voyage and llama.cpp",
        None,
        None,
    ),
    ("post", "/v2/rerank", "Rank texts: the API of Cohere (2)", None, None),
    ("post", "/reranking", "Rank texts: the API of llama.cpp", None, None),
    ("post", "/v1/reranking", "Rank texts: the API of llama.cpp", None, None),
    ("post", "/embeddings", "Encode texts: the APIs of OpenAI and Voyage", None, None),
    ("post", "/v1/embeddings", "Encode texts: the APIs of OpenAI and Voyage", None, None),
    ("post", "/embed", "Encode texts: the API of text-embeddings-inference", None, None),
    ("post", "/v1/embed", "Encode texts: the API of Cohere (1)", None, None),
    ("post", "/v2/embed", "Encode texts: the API of Cohere (2)", None, None),
    ("get", "/v1/models", "List the loaded models, as OpenAI's API does", None, None),
    ("get", "/v1/models/{id}", "Show a loaded model, as OpenAI's API does", None, None),
    ("get", "/info", "Describe the loaded model, as text-embeddings-inference does", None, None),
    ("post", "/mcp", "Tools of agents: Model Context Protocol over streamable HTTP", None, None),
    ("get", "/health", "Say whether requests are taken", None, None),
    ("get", "/health/live", "Say that the process answers", None, None),
    ("get", "/health/ready", "Say whether requests are taken", None, None),
    ("get", "/metrics", "Count, for Prometheus", None, None),
    ("get", "/openapi.json", "This document", None, None),
    ("get", "/", "The page", None, None),
    ("get", "/page/{name}", "A file of the page", None, None),
];

/// Returns the document.
pub(crate) fn document() -> Value {
    let components = ComponentsBuilder::new()
        .schema_from::<SearchRequest>()
        .schema_from::<AddRequest>()
        .schema_from::<Changed>()
        .schema_from::<WhyRequest>()
        .schema_from::<IndexRequest>()
        .schema_from::<JobState>()
        .schema_from::<JudgeRequest>()
        .schema_from::<ErrorBody>()
        .build();
    let mut paths: Map<String, Value> = Map::new();
    for (method, path, summary, body, answer) in ROUTES {
        let operation = operation(path, summary, *body, *answer);
        let of_path = paths.entry((*path).to_owned()).or_insert_with(|| json!({}));
        if let Value::Object(of_path) = of_path {
            of_path.insert((*method).to_owned(), operation);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "trommel",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "A two-stage search engine: BM25 and vectors find, a cross-encoder reads the best",
        },
        "paths": paths,
        "components": components,
    })
}

fn operation(path: &str, summary: &str, body: Option<&str>, answer: Option<&str>) -> Value {
    let schema = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let content = |name: Option<&str>| match name {
        Some(name) => json!({ "application/json": { "schema": schema(name) } }),
        None => json!({ "application/json": {} }),
    };
    let mut operation = json!({
        "summary": summary,
        "responses": {
            "200": { "description": "done", "content": content(answer) },
            "default": { "description": "an error", "content": content(Some("ErrorBody")) },
        },
    });
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameters: Vec<Value> = names
        .map(|name| {
            json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
        })
        .collect();
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if let Some(name) = body {
        operation["requestBody"] = json!({ "required": true, "content": content(Some(name)) });
    }
    operation
}
