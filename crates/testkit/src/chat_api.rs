//! The chat completions API, with a model that counts words, or says what a test wants it to.

use serde_json::{Map, Value, json};

use crate::loopback::{Answer, Request};
use crate::rerank_api::overlap;

/// What the server makes of a chat.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// The answer's text; `null` if there is none.
    pub text: Option<String>,
    /// The first token's alternatives and the natural logarithms of their probabilities; without
    /// any, no `logprobs` are told even if they are asked for.
    pub first: Vec<(String, f64)>,
}

impl Said {
    /// Returns an answer of words alone.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self { text: Some(text.to_owned()), first: Vec::new() }
    }
}

/// Answers a request as the API is documented, with what `say` makes of the whole chat's text.
///
/// A wrong path is status 404; a key other than `key`, where there is one, 401; a body that is no
/// JSON, lacks a field, has one of another type, or has one that the API does not know, 400.
#[must_use]
pub fn chat_answer(request: &Request, key: Option<&str>, say: impl Fn(&str) -> Said) -> Answer {
    let refuse = |status, why: &str| Answer::json(status, &json!({"error": {"message": why}}));
    if (request.method.as_str(), request.path.as_str()) != ("POST", "/v1/chat/completions") {
        return refuse(404, "no such path");
    }
    let bearer = key.map(|key| format!("Bearer {key}"));
    if bearer.is_some() && request.header("authorization") != bearer.as_deref() {
        return refuse(401, "incorrect api key");
    }
    let body = request.json();
    let chat = match body.as_object().ok_or("no object").and_then(checked) {
        Ok(chat) => chat,
        Err(why) => return refuse(400, why),
    };
    let Said { text, first } = say(&chat);
    let asked = body["logprobs"] == true && !first.is_empty();
    Answer::json(200, &completion(text.as_deref(), if asked { &first } else { &[] }))
}

/// Returns the body of an answer.
#[must_use]
pub fn completion(text: Option<&str>, first: &[(String, f64)]) -> Value {
    let token = |(token, logprob): &(String, f64)| json!({"token": token, "logprob": logprob, "bytes": token.as_bytes()});
    let logprobs = first.first().map(|chosen| {
        let mut chosen = token(chosen);
        chosen["top_logprobs"] = first.iter().map(token).collect();
        json!({"content": [chosen], "refusal": null})
    });
    json!({
        "id": "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG",
        "object": "chat.completion",
        "created": 1_741_570_283,
        "model": "a-model",
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": text, "refusal": null},
            "logprobs": logprobs,
            "finish_reason": "stop",
        }],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
    })
}

/// Returns what a model says that counts words: to a question with one passage the probability of
/// yes by [`overlap`], to one with several their order, equals as they stood.
#[must_use]
pub fn counting(chat: &str) -> Said {
    let query = chat.split("Query: ").nth(1).and_then(|rest| rest.lines().next());
    let query = query.unwrap_or_default();
    // What the prompt itself says about fences has no line break in it.
    let passages = chat.split("<passage>\n").skip(1);
    let scores: Vec<f64> = passages
        .map(|rest| overlap(query, rest.split("\n</passage>").next().unwrap_or_default()))
        .collect();
    if let [p] = scores[..] {
        let (yes, no) = ("Yes".to_owned(), "No".to_owned());
        let mut first = vec![(yes, p.ln()), (no, (1.0 - p).ln())];
        first.sort_by(|a, b| b.1.total_cmp(&a.1));
        return Said { text: Some(first[0].0.clone()), first };
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let names: Vec<String> = order.iter().map(|place| format!("[{}]", place + 1)).collect();
    Said::text(&names.join(" > "))
}

/// Returns all that is said in a request's messages, if the request is one.
fn checked(body: &Map<String, Value>) -> Result<String, &'static str> {
    for (name, value) in body {
        let right = match name.as_str() {
            "model" => value.as_str().is_some_and(|model| !model.is_empty()),
            "messages" => value.is_array(),
            "max_tokens" => value.as_u64().is_some_and(|tokens| tokens > 0),
            "temperature" => value.as_f64().is_some_and(|t| (0.0..=2.0).contains(&t)),
            "seed" => value.is_i64() || value.is_u64(),
            "stream" | "logprobs" => value.is_boolean(),
            "top_logprobs" => {
                value.as_u64().is_some_and(|n| n <= 20)
                    && body.get("logprobs") == Some(&true.into())
            }
            _ => return Err("unknown field"),
        };
        if !right {
            return Err("a field has a wrong value");
        }
    }
    if !body.contains_key("model") {
        return Err("missing field model");
    }
    let messages = body.get("messages").and_then(Value::as_array).ok_or("missing messages")?;
    let said = |message: &Value| {
        let role = message["role"].as_str()?;
        let content = message["content"].as_str()?;
        ["system", "user", "assistant"].contains(&role).then(|| content.to_owned())
    };
    let said: Option<Vec<String>> = messages.iter().map(said).collect();
    said.filter(|said| !said.is_empty()).map(|said| said.join("\n")).ok_or("wrong messages")
}
