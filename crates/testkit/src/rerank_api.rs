//! The rerank APIs as their owners document them, with a model that counts words.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::loopback::{Answer, Request};

/// An API that answers to requests as documented, and refuses what is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RerankApi {
    /// Cohere's `/v2/rerank`, and what is compatible with it.
    CohereV2,
    /// Cohere's `/v1/rerank` and what is compatible with it.
    CohereV1,
    /// Voyage's `/v1/rerank`.
    Voyage,
    /// Jina's `/v1/rerank`.
    Jina,
    /// The `/rerank` of text-embeddings-inference.
    Tei,
}

impl RerankApi {
    /// Answers a request: scores by [`overlap`], the best first.
    ///
    /// A wrong path is status 404; a key other than `key`, where there is one, 401; a body that is
    /// no JSON, lacks a field, has one of another type, or has one that the API does not know, 422.
    #[must_use]
    pub fn answer(self, request: &Request, key: Option<&str>) -> Answer {
        let refuse = |status, why: String| Answer::json(status, &self.refusal(why));
        if (request.method.as_str(), request.path.as_str()) != ("POST", self.path()) {
            return refuse(404, format!("no {} {}", request.method, request.path));
        }
        let bearer = key.map(|key| format!("Bearer {key}"));
        if bearer.is_some() && request.header("authorization") != bearer.as_deref() {
            return refuse(401, "invalid api token".into());
        }
        match self.scored(&request.json()) {
            Ok(scored) => Answer::json(200, &self.body(&scored)),
            Err(why) => refuse(422, why),
        }
    }

    /// Returns the body of an answer with these scores by index, in this order.
    #[must_use]
    pub fn body(self, scored: &[(i64, f64)]) -> Value {
        let name = if self == Self::Tei { "score" } else { "relevance_score" };
        let list: Vec<Value> =
            scored.iter().map(|&(index, score)| json!({"index": index, name: score})).collect();
        match self {
            Self::CohereV2 | Self::CohereV1 => json!({
                "id": "07734bd2-2473-4f07-94e1-0d9f0e6843cf",
                "results": list,
                "meta": {
                    "api_version": {"version": "2", "is_experimental": false},
                    "billed_units": {"search_units": 1},
                },
            }),
            Self::Voyage => json!({
                "object": "list",
                "data": list,
                "model": "rerank-2.5",
                "usage": {"total_tokens": 26},
            }),
            Self::Jina => json!({
                "model": "jina-reranker-v2-base-multilingual",
                "usage": {"total_tokens": 815, "prompt_tokens": 815},
                "results": list,
            }),
            Self::Tei => Value::Array(list),
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::CohereV2 => "/v2/rerank",
            Self::CohereV1 | Self::Voyage | Self::Jina => "/v1/rerank",
            Self::Tei => "/rerank",
        }
    }

    fn refusal(self, why: String) -> Value {
        match self {
            Self::CohereV2 | Self::CohereV1 => json!({"id": "1", "message": why}),
            Self::Voyage | Self::Jina => json!({"detail": why}),
            Self::Tei => json!({"error": why, "error_type": "Validation"}),
        }
    }

    /// The fields of a request: name, type, and whether it must be there.
    fn fields(self) -> &'static [(&'static str, &'static str, bool)] {
        match self {
            Self::CohereV2 => &[
                ("model", "string", true),
                ("query", "string", true),
                ("documents", "array", true),
                ("top_n", "number", false),
                ("max_tokens_per_doc", "number", false),
                ("priority", "number", false),
            ],
            Self::CohereV1 => &[
                ("model", "string", false),
                ("query", "string", true),
                ("documents", "array", true),
                ("top_n", "number", false),
                ("rank_fields", "array", false),
                ("return_documents", "boolean", false),
                ("max_chunks_per_doc", "number", false),
            ],
            Self::Voyage => &[
                ("model", "string", true),
                ("query", "string", true),
                ("documents", "array", true),
                ("top_k", "number", false),
                ("return_documents", "boolean", false),
                ("truncation", "boolean", false),
            ],
            Self::Jina => &[
                ("model", "string", true),
                ("query", "string", true),
                ("documents", "array", true),
                ("top_n", "number", false),
                ("return_documents", "boolean", false),
            ],
            Self::Tei => &[
                ("query", "string", true),
                ("texts", "array", true),
                ("raw_scores", "boolean", false),
                ("return_text", "boolean", false),
                ("truncate", "boolean", false),
                ("truncation_direction", "string", false),
            ],
        }
    }

    fn scored(self, body: &Value) -> Result<Vec<(i64, f64)>, String> {
        let body: &Map<String, Value> = body.as_object().ok_or("the body is no JSON object")?;
        for (name, value) in body {
            let known = self.fields().iter().find(|(known, ..)| known == name);
            let (_, of, _) = known.ok_or_else(|| format!("unknown field {name}"))?;
            if kind(value) != *of {
                return Err(format!("field {name} is no {of}"));
            }
        }
        if let Some((name, ..)) =
            self.fields().iter().find(|(n, _, must)| *must && !body.contains_key(*n))
        {
            return Err(format!("missing field {name}"));
        }
        let list = if self == Self::Tei { "texts" } else { "documents" };
        let documents = body[list].as_array().map(Vec::as_slice).unwrap_or_default();
        let texts: Option<Vec<&str>> = documents.iter().map(Value::as_str).collect();
        let texts = texts.filter(|texts| texts.iter().all(|text| !text.is_empty()));
        let texts = texts.ok_or_else(|| format!("field {list} has what is no text"))?;
        let query = body["query"].as_str().unwrap_or_default();
        let mut scored: Vec<(i64, f64)> =
            (0..).zip(texts.iter().map(|text| overlap(query, text))).collect();
        scored.sort_by(|a, b| b.1.total_cmp(&a.1));
        Ok(scored)
    }
}

/// Returns the model's probability: `(found + 1) / (asked + 2)` of the query's words.
#[must_use]
pub fn overlap(query: &str, document: &str) -> f64 {
    let words = |text: &str| -> BTreeSet<String> {
        text.split_whitespace().map(str::to_lowercase).collect()
    };
    let (asked, there) = (words(query), words(document));
    let found = asked.intersection(&there).count();
    (found + 1) as f64 / (asked.len() + 2) as f64
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
