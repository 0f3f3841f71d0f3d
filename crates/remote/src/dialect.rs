//! What each API is asked and how it answers, field by field as documented.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

use super::Limits;

/// An API that reranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Cohere's `POST /v2/rerank`.
    Cohere,
    /// Voyage's `POST /v1/rerank`.
    Voyage,
    /// Jina's `POST /v1/rerank`.
    Jina,
    /// The `POST /rerank` of text-embeddings-inference, which serves one model.
    Tei,
    /// Any server with Cohere's older `POST /v1/rerank`, such as vLLM's and llama.cpp's.
    CompatibleV1,
    /// Any server with Cohere's `POST /v2/rerank`.
    CompatibleV2,
}

/// There is no API of that name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "there is no rerank API {got:?}; there are cohere, voyage, jina, tei, rerank-v1 and rerank-v2"
)]
pub struct UnknownDialect {
    /// The name.
    pub got: String,
}

/// What an answer says, before it is checked.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) scored: Vec<Scored>,
    pub(crate) search_units: Option<f64>,
    pub(crate) tokens: Option<f64>,
}

/// One document's score. Servers write a score that is not finite as `null`.
#[derive(Debug, Deserialize)]
pub(crate) struct Scored {
    pub(crate) index: i64,
    #[serde(alias = "relevance_score")]
    pub(crate) score: Option<f64>,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Cohere, Self::Voyage, Self::Jina, Self::Tei, Self::CompatibleV1, Self::CompatibleV2];

    /// Returns the name, as `FromStr` reads it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cohere => "cohere",
            Self::Voyage => "voyage",
            Self::Jina => "jina",
            Self::Tei => "tei",
            Self::CompatibleV1 => "rerank-v1",
            Self::CompatibleV2 => "rerank-v2",
        }
    }

    /// Returns where its owner serves it; nothing for what anybody may serve.
    #[must_use]
    pub fn home(self) -> Option<&'static str> {
        match self {
            Self::Cohere => Some("https://api.cohere.com"),
            Self::Voyage => Some("https://api.voyageai.com"),
            Self::Jina => Some("https://api.jina.ai"),
            Self::Tei | Self::CompatibleV1 | Self::CompatibleV2 => None,
        }
    }

    /// Returns the path that is asked.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Cohere | Self::CompatibleV2 => "/v2/rerank",
            Self::Voyage | Self::Jina | Self::CompatibleV1 => "/v1/rerank",
            Self::Tei => "/rerank",
        }
    }

    /// Returns the model that the API's documents use as their example; nothing where the server
    /// decides which there are.
    #[must_use]
    pub fn usual_model(self) -> Option<&'static str> {
        match self {
            Self::Cohere => Some("rerank-v3.5"),
            Self::Voyage => Some("rerank-2.5"),
            Self::Jina => Some("jina-reranker-v2-base-multilingual"),
            Self::Tei | Self::CompatibleV1 | Self::CompatibleV2 => None,
        }
    }

    /// Returns what one request may hold, as documented (read in November 2026).
    ///
    /// Cohere: at most 1000 documents are recommended, of any length; the API itself cuts each at
    /// 4096 tokens. Voyage: at most 1000 documents and 600 000 tokens, 300 000 for the models of the
    /// first generation, where the query counts once a document. text-embeddings-inference: 32 texts
    /// and 2 000 000 bytes, unless the server was started with other numbers. Jina documents no
    /// number; it and the servers that speak as Cohere's get Cohere's.
    #[must_use]
    pub fn limits(self, model: &str) -> Limits {
        let any = Limits { documents: 1000, tokens: usize::MAX, bytes: usize::MAX };
        match self {
            Self::Cohere | Self::Jina | Self::CompatibleV1 | Self::CompatibleV2 => any,
            Self::Voyage => {
                let first = model.starts_with("rerank-1") || model.starts_with("rerank-lite-1");
                Limits { tokens: if first { 300_000 } else { 600_000 }, ..any }
            }
            Self::Tei => Limits { documents: 32, bytes: 2_000_000, ..any },
        }
    }

    /// Returns the body of a request. It asks for all documents' scores and for no text back, and
    /// lets the server cut what is too long wherever it would otherwise refuse.
    pub(crate) fn request(self, model: &str, query: &str, documents: &[&str]) -> Vec<u8> {
        let body = match self {
            Self::Cohere | Self::CompatibleV2 => {
                json!({"model": model, "query": query, "documents": documents})
            }
            Self::Voyage => json!({
                "model": model,
                "query": query,
                "documents": documents,
                "return_documents": false,
                "truncation": true,
            }),
            Self::Jina | Self::CompatibleV1 => json!({
                "model": model,
                "query": query,
                "documents": documents,
                "return_documents": false,
            }),
            Self::Tei => json!({
                "query": query,
                "texts": documents,
                // Probabilities, as the other APIs answer.
                "raw_scores": false,
                "return_text": false,
                "truncate": true,
            }),
        };
        Value::to_string(&body).into_bytes()
    }

    /// Returns what the body of an answer says.
    pub(crate) fn reply(self, body: &[u8]) -> serde_json::Result<Reply> {
        let (scored, meta, usage) = match self {
            Self::Cohere | Self::Jina | Self::CompatibleV1 | Self::CompatibleV2 => {
                let Results { results, meta, usage } = serde_json::from_slice(body)?;
                (results, meta, usage)
            }
            Self::Voyage => {
                let Data { data, usage } = serde_json::from_slice(body)?;
                (data, None, usage)
            }
            Self::Tei => (serde_json::from_slice(body)?, None, None),
        };
        let Meta { billed_units, tokens } = meta.unwrap_or_default();
        let billed = billed_units.unwrap_or_default();
        Ok(Reply {
            scored,
            search_units: billed.search_units,
            tokens: usage
                .and_then(|usage| usage.total_tokens)
                .or_else(|| tokens.and_then(|tokens| tokens.input_tokens))
                .or(billed.input_tokens),
        })
    }

    /// Returns what a right answer is.
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Self::Cohere | Self::Jina | Self::CompatibleV1 | Self::CompatibleV2 => {
                r#"{"results":[{"index":…,"relevance_score":…},…],…}"#
            }
            Self::Voyage => r#"{"data":[{"index":…,"relevance_score":…},…],…}"#,
            Self::Tei => r#"[{"index":…,"score":…},…]"#,
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(name: &str) -> Result<Self, UnknownDialect> {
        let known = Self::ALL.into_iter().find(|dialect| dialect.name() == name);
        known.ok_or_else(|| UnknownDialect { got: name.to_owned() })
    }
}

/// Cohere's answer, with what Jina and vLLM add to it.
#[derive(Deserialize)]
struct Results {
    results: Vec<Scored>,
    meta: Option<Meta>,
    usage: Option<Tokens>,
}

/// Voyage's answer.
#[derive(Deserialize)]
struct Data {
    data: Vec<Scored>,
    usage: Option<Tokens>,
}

#[derive(Deserialize, Default)]
struct Meta {
    billed_units: Option<Billed>,
    tokens: Option<Billed>,
}

#[derive(Deserialize, Default)]
struct Billed {
    search_units: Option<f64>,
    input_tokens: Option<f64>,
}

#[derive(Deserialize)]
struct Tokens {
    total_tokens: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_again() {
        for dialect in Dialect::ALL {
            assert_eq!(dialect.to_string().parse(), Ok(dialect));
        }
        let error = "Cohere".parse::<Dialect>().unwrap_err().to_string();
        assert!(Dialect::ALL.iter().all(|dialect| error.contains(dialect.name())), "{error}");
    }

    /// The example of Cohere's reference, as published.
    #[test]
    fn coheres_own_example_is_read() {
        let body = br#"{"results":[{"index":3,"relevance_score":0.999071},
            {"index":4,"relevance_score":0.7867867},{"index":0,"relevance_score":0.32713068}],
            "id":"07734bd2-2473-4f07-94e1-0d9f0e6843cf","meta":{"api_version":{"version":"2",
            "is_experimental":false},"billed_units":{"search_units":1}}}"#;
        let reply = Dialect::Cohere.reply(body).unwrap();
        let scores: Vec<_> = reply.scored.iter().map(|one| (one.index, one.score)).collect();
        assert_eq!(scores, [(3, Some(0.999_071)), (4, Some(0.786_786_7)), (0, Some(0.327_130_68))]);
        assert_eq!((reply.search_units, reply.tokens), (Some(1.0), None));
    }

    /// llama.cpp's server and vLLM's, as they answer to `/v1/rerank`.
    #[test]
    fn what_compatible_servers_add_or_leave_null_is_read_too() {
        let body = br#"{"id":null,"results":[{"index":0,"relevance_score":7.7}],"meta":null}"#;
        let reply = Dialect::CompatibleV1.reply(body).unwrap();
        assert_eq!(reply.scored[0].score, Some(7.7));
        let body = br#"{"id":"rerank-1","model":"m","usage":{"total_tokens":56},
            "results":[{"index":0,"document":{"text":"a"},"relevance_score":0.9}]}"#;
        assert_eq!(Dialect::CompatibleV1.reply(body).unwrap().tokens, Some(56.0));
    }
}
