//! Any server with OpenAI's chat completions API: llama.cpp's, vLLM's, Ollama's, hosted ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use trommel_core::Place;

use super::{Ask, Backend, FirstToken, LlmError, Reply};
use crate::hosted::address::address;
use crate::hosted::client::Client;
use crate::hosted::retry::{Patience, Waits};
use crate::hosted::turns::Turns;
use crate::hosted::{ApiKey, Clock, Settings};

const PATH: &str = "/v1/chat/completions";

const EXPECTED: &str = r#"{"choices":[{"message":{"content":…},…}],…}"#;

/// How many of the first token's alternatives are asked for: the most that the API allows.
const ALTERNATIVES: u32 = 20;

/// How many tokens a model is taken to have room for if nobody says.
const CONTEXT: usize = 4096;

/// A model behind `POST /v1/chat/completions`.
///
/// It is asked with temperature 0 and the seed of the settings; whether it then always answers the
/// same is the server's doing. Retries, waits, limits of time and size, the number of requests at
/// once and the hiding of the key are those of hosted rerankers.
pub struct OpenAi {
    id: String,
    url: String,
    model: String,
    context: usize,
    client: Client,
    settings: Settings,
    clock: Arc<dyn Clock>,
    turns: Turns,
    requests: AtomicU64,
}

impl OpenAi {
    /// Returns the backend; nothing is sent yet.
    ///
    /// `base` is the address without the API's own path, such as `http://127.0.0.1:8080` or
    /// `https://api.openai.com`; with that path, or its `/v1`, it means the same. `context` is how
    /// many tokens the model takes, prompt and answer together: 4096 if left out. Of the settings,
    /// `total` bounds each chat, and `limits` and `scale` have no meaning here.
    ///
    /// # Errors
    ///
    /// If the address is none of `http://` or `https://`, has a user name, a query or a fragment, if
    /// the model has no name, the key cannot be sent or the proxy is no address.
    pub fn new(
        base: &str,
        model: &str,
        context: Option<usize>,
        key: Option<&ApiKey>,
        settings: Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, LlmError> {
        let url = address(base, PATH).map_err(|problem| LlmError::Address { problem })?;
        if model.trim().is_empty() {
            return Err(LlmError::NoModel);
        }
        Ok(Self {
            id: format!("{model}@{url}"),
            client: Client::new(&url, key, &settings)?,
            url,
            model: model.to_owned(),
            context: context.unwrap_or(CONTEXT),
            turns: Turns::new(settings.concurrency),
            settings,
            clock,
            requests: AtomicU64::new(0),
        })
    }

    /// Returns where requests go.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    fn request(&self, ask: &Ask<'_>) -> Vec<u8> {
        let mut body = json!({
            "model": self.model,
            "messages": ask.messages,
            "max_tokens": ask.max_tokens,
            "temperature": 0,
            "seed": self.settings.seed,
            "stream": false,
        });
        if !ask.first.is_empty() {
            body["logprobs"] = true.into();
            body["top_logprobs"] = ALTERNATIVES.into();
        }
        Value::to_string(&body).into_bytes()
    }
}

impl Backend for OpenAi {
    fn id(&self) -> &str {
        &self.id
    }

    fn place(&self) -> Place {
        Place::Remote
    }

    fn context(&self) -> usize {
        self.context
    }

    fn parallel(&self) -> usize {
        self.settings.concurrency.max(1)
    }

    fn complete(&self, ask: &Ask<'_>, within: Duration) -> Result<Reply, LlmError> {
        let patience = Patience {
            clock: &*self.clock,
            url: &self.url,
            turns: &self.turns,
            start: self.clock.now(),
            limit: within.min(self.settings.total),
        };
        let Settings { seed, first_wait, longest_wait, .. } = self.settings;
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let waits = Waits::new(seed, number, first_wait, longest_wait);
        let body = self.request(ask);
        let mut requests = 0;
        let answer = patience.ask(waits, |_, left| {
            requests += 1;
            self.client.post(&body, left)
        })?;
        let wrong = |error: &dyn std::fmt::Display| {
            LlmError::Http(self.client.malformed(&answer, EXPECTED, &error))
        };
        let Completion { choices, usage } =
            serde_json::from_slice(&answer).map_err(|error| wrong(&error))?;
        let choice = choices.into_iter().next().ok_or_else(|| wrong(&"there is no choice"))?;
        let usage = usage.unwrap_or_default();
        Ok(Reply {
            first: if ask.first.is_empty() { Vec::new() } else { choice.first() },
            text: choice.message.content.unwrap_or_default(),
            requests,
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
        })
    }
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
    usage: Option<Tokens>,
}

#[derive(Deserialize)]
struct Choice {
    message: Said,
    logprobs: Option<Logprobs>,
}

/// A model that declines has no content.
#[derive(Deserialize)]
struct Said {
    content: Option<String>,
}

#[derive(Deserialize)]
struct Logprobs {
    content: Option<Vec<Token>>,
}

#[derive(Deserialize)]
struct Token {
    token: String,
    logprob: Option<f64>,
    top_logprobs: Option<Vec<Alternative>>,
}

/// Servers write what is not finite as `null`.
#[derive(Deserialize)]
struct Alternative {
    token: String,
    logprob: Option<f64>,
}

#[derive(Deserialize, Default)]
struct Tokens {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
}

impl Choice {
    /// Returns what might have begun the answer; the token that did is enough if it is all there is.
    fn first(&self) -> Vec<FirstToken> {
        let Some(first) = self.logprobs.as_ref().and_then(|all| all.content.as_ref()?.first())
        else {
            return Vec::new();
        };
        let chosen = [(&first.token, first.logprob)];
        let alternatives = first.top_logprobs.as_deref().unwrap_or_default();
        let mut tokens: Vec<(&String, Option<f64>)> =
            alternatives.iter().map(|token| (&token.token, token.logprob)).collect();
        if tokens.is_empty() {
            tokens.extend(chosen);
        }
        let known = |(token, logprob): (&String, Option<f64>)| {
            // A logarithm above 0 is of no probability; a little above is rounding.
            let logprob = logprob.filter(|logprob| logprob.is_finite() && *logprob < 1e-3)?;
            Some(FirstToken { token: token.clone(), logprob: logprob.min(0.0) })
        };
        tokens.into_iter().filter_map(known).collect()
    }
}
