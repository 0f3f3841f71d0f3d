//! Vectors, as each API writes them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::{Dialect, EmbedCall, Encoding};
use crate::compat::cohere::Meta;

/// What came of texts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EmbedResult {
    /// One vector a text, in their order, of finite numbers.
    pub(crate) vectors: Vec<Vec<f32>>,
    /// How many tokens were read.
    pub(crate) tokens: usize,
    /// The model that read.
    pub(crate) model: String,
    /// What this answer is called.
    pub(crate) id: String,
}

/// Returns the body of an answer.
///
/// # Errors
///
/// If it cannot be written, which serde only tells of types that are none of these.
pub(crate) fn answer(call: &EmbedCall, result: &EmbedResult) -> serde_json::Result<Vec<u8>> {
    let EmbedResult { vectors, tokens, model, id } = result;
    match call.dialect {
        Dialect::Tei => serde_json::to_vec(vectors),
        Dialect::CohereV1 | Dialect::CohereV2 => serde_json::to_vec(&Cohere {
            id,
            response_type: if call.by_type { "embeddings_by_type" } else { "embeddings_floats" },
            embeddings: match call.by_type {
                true => Embeddings::ByType { float: vectors },
                false => Embeddings::Floats(vectors),
            },
            texts: &call.inputs,
            meta: Meta::of_embeddings(call.dialect, *tokens),
        }),
        Dialect::OpenAi | Dialect::Voyage | Dialect::Jina | Dialect::LlamaCpp => {
            serde_json::to_vec(&OpenAi {
                object: "list",
                data: vectors.iter().enumerate().map(|at| datum(at, call.encoding)).collect(),
                model,
                usage: Usage { prompt_tokens: *tokens, total_tokens: *tokens },
            })
        }
    }
}

fn datum((index, vector): (usize, &Vec<f32>), encoding: Encoding) -> Datum<'_> {
    let embedding = match encoding {
        Encoding::Float => Numbers::Floats(vector),
        Encoding::Base64 => Numbers::Base64(base64_of(vector)),
    };
    Datum { object: "embedding", index, embedding }
}

fn base64_of(vector: &[f32]) -> String {
    let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
    STANDARD.encode(bytes)
}

#[derive(Serialize)]
struct OpenAi<'a> {
    object: &'static str,
    data: Vec<Datum<'a>>,
    model: &'a str,
    usage: Usage,
}

#[derive(Serialize)]
struct Datum<'a> {
    object: &'static str,
    index: usize,
    embedding: Numbers<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Numbers<'a> {
    Floats(&'a [f32]),
    Base64(String),
}

#[derive(Serialize)]
struct Usage {
    prompt_tokens: usize,
    total_tokens: usize,
}

#[derive(Serialize)]
struct Cohere<'a> {
    id: &'a str,
    response_type: &'static str,
    embeddings: Embeddings<'a>,
    texts: &'a [String],
    meta: Meta,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Embeddings<'a> {
    Floats(&'a [Vec<f32>]),
    ByType { float: &'a [Vec<f32>] },
}
