//! What each embeddings API is asked and how it answers, field by field as documented.

use std::fmt;

use serde::Deserialize;
use serde_json::{Value, json};

use super::address::address;
use super::{Limits, RemoteError};

/// An API that gives texts vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EmbeddingsApi {
    /// OpenAI's `POST /v1/embeddings`, as llama.cpp, vLLM and Ollama serve it too.
    OpenAi,
    /// The `POST /embed` of text-embeddings-inference, which serves one model.
    Tei,
}

/// A model behind an embeddings API at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddingsEndpoint {
    api: EmbeddingsApi,
    url: String,
    model: String,
}

impl EmbeddingsApi {
    /// Returns the API that an address means: OpenAI's where its path ends with `/v1` or
    /// `/v1/embeddings`, else that of text-embeddings-inference.
    #[must_use]
    pub fn of_address(base: &str) -> Self {
        let base = base.trim().trim_end_matches('/');
        match base.ends_with("/v1") || base.ends_with("/v1/embeddings") {
            true => Self::OpenAi,
            false => Self::Tei,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "embeddings",
            Self::Tei => "tei",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::OpenAi => "/v1/embeddings",
            Self::Tei => "/embed",
        }
    }

    /// Returns what one request may hold, as documented (read in November 2026).
    ///
    /// OpenAI: 2048 inputs and 300 000 tokens; servers of one's own take fewer at a time, and gain
    /// nothing by more than 128. text-embeddings-inference: 32 texts and 2 000 000 bytes, unless the
    /// server was started with other numbers.
    pub(crate) fn limits(self) -> Limits {
        match self {
            Self::OpenAi => Limits { documents: 128, tokens: 300_000, bytes: usize::MAX },
            Self::Tei => Limits { documents: 32, tokens: usize::MAX, bytes: 2_000_000 },
        }
    }

    /// Returns the body of a request; the server may cut what is too long for its model.
    pub(crate) fn request(self, model: &str, texts: &[&str]) -> Vec<u8> {
        let body = match self {
            Self::OpenAi => json!({"model": model, "input": texts, "encoding_format": "float"}),
            Self::Tei => json!({"inputs": texts, "normalize": true, "truncate": true}),
        };
        Value::to_string(&body).into_bytes()
    }

    /// Returns the vectors of an answer in the order of the texts; or what is wrong with it.
    pub(crate) fn reply(self, body: &[u8], texts: usize) -> Result<Vec<Vec<f32>>, String> {
        let vectors = match self {
            Self::Tei => serde_json::from_slice(body).map_err(|error| error.to_string())?,
            Self::OpenAi => {
                let data: Data = serde_json::from_slice(body).map_err(|error| error.to_string())?;
                in_order(data.data, texts)?
            }
        };
        match vectors.len() {
            got if got == texts => Ok(vectors),
            got => Err(format!("expected {texts} vectors, got {got}")),
        }
    }

    /// Returns what a right answer is.
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Self::OpenAi => r#"{"data":[{"index":…,"embedding":[…]},…]}"#,
            Self::Tei => "[[…],…]",
        }
    }
}

impl EmbeddingsEndpoint {
    /// Returns the endpoint of an API.
    ///
    /// `base` is the address without the API's own path, or with it. A server of
    /// text-embeddings-inference has one model and needs no name.
    ///
    /// # Errors
    ///
    /// If the address is none of `http://` or `https://`, has a user name, a query or a fragment, or
    /// a model is wanted and has no name.
    pub fn new(api: EmbeddingsApi, base: &str, model: Option<&str>) -> Result<Self, RemoteError> {
        let server = api.name();
        let url = address(base, api.path())
            .map_err(|problem| RemoteError::Address { server, problem })?;
        match model.map(str::trim).filter(|model| !model.is_empty()) {
            Some(model) => Ok(Self { api, url, model: model.to_owned() }),
            None if api == EmbeddingsApi::Tei => Ok(Self { api, url, model: String::new() }),
            None => Err(RemoteError::NoModel { server }),
        }
    }

    /// Returns the API.
    #[must_use]
    pub fn api(&self) -> EmbeddingsApi {
        self.api
    }

    /// Returns where requests go.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the model's name; empty where the server has one model and needs no name.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }
}

impl fmt::Display for EmbeddingsApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[derive(Deserialize)]
struct Data {
    data: Vec<Embedding>,
}

#[derive(Deserialize)]
struct Embedding {
    index: usize,
    embedding: Numbers,
}

/// Numbers as JSON has them, or 32-bit floats in base64, as some servers answer whatever is asked.
#[derive(Deserialize)]
#[serde(untagged)]
enum Numbers {
    Floats(Vec<f32>),
    Base64(String),
}

fn in_order(data: Vec<Embedding>, texts: usize) -> Result<Vec<Vec<f32>>, String> {
    let mut vectors = vec![None; texts];
    for Embedding { index, embedding } in data {
        let numbers = match embedding {
            Numbers::Floats(numbers) => numbers,
            Numbers::Base64(text) => floats(&text)
                .ok_or_else(|| format!("embedding {index} is no base64 of 32-bit floats"))?,
        };
        let place = vectors.get_mut(index).ok_or_else(|| {
            format!("expected an index below {texts}, counted from 0, got {index}")
        })?;
        if place.replace(numbers).is_some() {
            return Err(format!("expected each index once, got {index} twice"));
        }
    }
    let missing = vectors.iter().position(Option::is_none);
    match missing {
        Some(index) => Err(format!("expected {texts} vectors, got none of index {index}")),
        None => Ok(vectors.into_iter().flatten().collect()),
    }
}

/// Returns the little-endian floats of a text in base64 (RFC 4648, section 4).
fn floats(text: &str) -> Option<Vec<f32>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        // The lowest `held` bits are still to be written; older ones fall out at the top.
        (bits, held) = (bits << 6 | u32::from(six), held + 6);
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    let (numbers, rest) = bytes.as_chunks::<4>();
    rest.is_empty().then(|| numbers.iter().map(|&number| f32::from_le_bytes(number)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_says_which_api_it_is_and_the_path_is_there_once() {
        for (base, api, url) in [
            ("http://h:1", EmbeddingsApi::Tei, "http://h:1/embed"),
            ("http://h:1/embed/", EmbeddingsApi::Tei, "http://h:1/embed"),
            ("http://h:1/v1", EmbeddingsApi::OpenAi, "http://h:1/v1/embeddings"),
            ("http://h:1/v1/embeddings", EmbeddingsApi::OpenAi, "http://h:1/v1/embeddings"),
            ("https://h/gate/v1/", EmbeddingsApi::OpenAi, "https://h/gate/v1/embeddings"),
        ] {
            assert_eq!(EmbeddingsApi::of_address(base), api, "{base}");
            assert_eq!(EmbeddingsEndpoint::new(api, base, Some("m")).unwrap().url(), url);
        }
        let error = EmbeddingsEndpoint::new(EmbeddingsApi::OpenAi, "http://h/v1", None);
        assert_eq!(error.unwrap_err().to_string(), "a embeddings server needs the name of a model");
        assert!(EmbeddingsEndpoint::new(EmbeddingsApi::Tei, "http://h", None).is_ok());
    }

    /// The example of OpenAI's reference, shortened, with its data in another order.
    #[test]
    fn vectors_come_back_in_the_order_of_the_texts() {
        let body = br#"{"object":"list","data":[
            {"object":"embedding","index":1,"embedding":[0.5,-1]},
            {"object":"embedding","index":0,"embedding":"AACAPwAAAMA="}],
            "model":"m","usage":{"prompt_tokens":8,"total_tokens":8}}"#;
        // `struct.pack('<2f', 1, -2)` in base64.
        let vectors = EmbeddingsApi::OpenAi.reply(body, 2).unwrap();
        assert_eq!(vectors, [vec![1.0, -2.0], vec![0.5, -1.0]]);
        let vectors = EmbeddingsApi::Tei.reply(b"[[1,0],[0,1]]", 2).unwrap();
        assert_eq!(vectors, [[1.0, 0.0], [0.0, 1.0]]);
    }

    #[test]
    fn what_is_no_answer_to_the_texts_is_refused() {
        let one = |fields: &str| format!(r#"{{"data":[{fields}]}}"#);
        for (api, body, problem) in [
            (EmbeddingsApi::Tei, "[[1]]".to_owned(), "expected 2 vectors, got 1"),
            (EmbeddingsApi::Tei, "[[1],[null]]".to_owned(), "null"),
            (EmbeddingsApi::OpenAi, one(""), "got none of index 0"),
            (EmbeddingsApi::OpenAi, one(r#"{"index":2,"embedding":[1]}"#), "got 2"),
            (
                EmbeddingsApi::OpenAi,
                one(r#"{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}"#),
                "got 0 twice",
            ),
            (EmbeddingsApi::OpenAi, one(r#"{"index":0,"embedding":"AAA"}"#), "no base64"),
            (EmbeddingsApi::OpenAi, one(r#"{"index":0,"embedding":[null]}"#), "did not match"),
        ] {
            let error = api.reply(body.as_bytes(), 2).unwrap_err();
            assert!(error.contains(problem), "{body}: {error}");
        }
    }
}
