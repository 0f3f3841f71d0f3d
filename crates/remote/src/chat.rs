//! Any server with OpenAI's chat completions API: llama.cpp's, vLLM's, Ollama's, hosted ones.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use trommel_core::{Ask, ChatError, ChatModel, Clock, FirstToken, Place, Reply};

use super::address::address;
use super::client::Client;
use super::{ApiKey, RemoteError, Settings};

/// How errors call the API.
const SERVER: &str = "chat completions";

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
    model: String,
    context: usize,
    client: Client,
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
    ) -> Result<Self, RemoteError> {
        let url = address(base, PATH)
            .map_err(|problem| RemoteError::Address { server: SERVER, problem })?;
        if model.trim().is_empty() {
            return Err(RemoteError::NoModel { server: SERVER });
        }
        Ok(Self {
            id: format!("{model}@{url}"),
            model: model.to_owned(),
            context: context.unwrap_or(CONTEXT),
            client: Client::new(&url, key, settings, clock)?,
        })
    }

    /// Returns where requests go.
    #[must_use]
    pub fn url(&self) -> &str {
        self.client.url()
    }

    fn completed(&self, ask: &Ask<'_>, within: Duration) -> Result<Reply, RemoteError> {
        let mut requests = 0;
        let deadline = self.client.deadline(Some(within));
        let answer = self.client.ask(&self.request(ask), deadline, |_| requests += 1)?;
        let wrong =
            |error: &dyn std::fmt::Display| self.client.malformed(&answer, EXPECTED, &error);
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

    fn request(&self, ask: &Ask<'_>) -> Vec<u8> {
        let mut body = json!({
            "model": self.model,
            "messages": ask.messages,
            "max_tokens": ask.max_tokens,
            "temperature": 0,
            "seed": self.client.settings().seed,
            "stream": false,
        });
        if !ask.first.is_empty() {
            body["logprobs"] = true.into();
            body["top_logprobs"] = ALTERNATIVES.into();
        }
        Value::to_string(&body).into_bytes()
    }
}

impl ChatModel for OpenAi {
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
        self.client.settings().concurrency.max(1)
    }

    fn complete(&self, ask: &Ask<'_>, within: Duration) -> Result<Reply, ChatError> {
        self.completed(ask, within).map_err(|error| match error {
            // Some servers refuse to tell probabilities; if it was something else, they will refuse
            // again.
            RemoteError::Status { status: 400 | 422 | 501, .. } => ChatError::Refused(error.into()),
            error => ChatError::Failed(error.into()),
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
