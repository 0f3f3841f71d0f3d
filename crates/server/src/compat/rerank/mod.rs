//! A query and documents to put in order.

mod answer;
mod documents;
#[cfg(test)]
mod tests;

use super::fields::{Fields, wrong};
use super::{CallError, Dialect, Headers, Limits, Refusal, Route};

pub(crate) use answer::{RerankResult, Scored, Stopped, answer, warning};
use documents::Documents;
pub(crate) use documents::Original;

/// A rerank that was asked for.
#[derive(Debug, PartialEq)]
pub(crate) struct RerankCall {
    /// Who asks, and so how to answer.
    pub(crate) dialect: Dialect,
    /// The model; none where the client leaves it to the server.
    pub(crate) model: Option<String>,
    /// The query, with more than white space.
    pub(crate) query: String,
    /// The texts to read, at least one.
    pub(crate) documents: Vec<String>,
    /// What the documents were before; empty if they are not wanted back.
    pub(crate) originals: Vec<Original>,
    /// How many of the best to answer, at least 1; all if none is given.
    pub(crate) top_n: Option<usize>,
    /// Whether the documents are wanted back.
    pub(crate) return_documents: bool,
    /// Whether logits are wanted instead of probabilities.
    pub(crate) raw_scores: bool,
    /// Whether a text that is too long for the model is to be cut, and not refused.
    pub(crate) truncate: bool,
    /// After how many tokens each document is to be cut.
    pub(crate) max_tokens_per_doc: Option<usize>,
    /// How much time the reading may take, which all dialects may say here.
    pub(crate) budget_ms: Option<u64>,
}

/// Reads a rerank.
///
/// Beside the fields of each API all of them may have `budget_ms`, `raw_scores` and
/// `return_documents`, and `top_n` also by the name `top_k`.
///
/// # Errors
///
/// If the body is no JSON object, a field is missing or has the wrong type, the query or the list
/// of documents is empty, or a limit is exceeded.
pub(crate) fn read(
    route: Route,
    headers: Headers<'_>,
    body: &[u8],
    limits: Limits,
) -> Result<RerankCall, Refusal> {
    super::read(route, headers, body, |dialect, fields| call(dialect, fields, limits))
}

fn call(dialect: Dialect, fields: &mut Fields, limits: Limits) -> Result<RerankCall, CallError> {
    let query = query(fields, limits)?;
    let asked_back = match dialect {
        Dialect::Tei => fields.flag("return_text")?,
        _ => fields.flag("return_documents")?,
    };
    // Jina's habit, and what vLLM does whatever it is asked.
    let by_default = matches!(dialect, Dialect::Jina | Dialect::LlamaCpp);
    let return_documents = asked_back.unwrap_or(by_default);
    let list = if dialect == Dialect::Tei { "texts" } else { "documents" };
    let Documents { texts, originals } = Documents::take(fields, list, return_documents, limits)?;
    // The other direction would be another order.
    fields.one_of("truncation_direction", &["right"])?;
    Ok(RerankCall {
        dialect,
        model: fields.string("model")?,
        query,
        documents: texts,
        originals,
        top_n: fields.count("top_k")?.or(fields.count("top_n")?),
        return_documents,
        raw_scores: fields.flag("raw_scores")?.unwrap_or(false),
        truncate: fields.flag("truncation")?.or(fields.flag("truncate")?).unwrap_or(true),
        max_tokens_per_doc: fields.count("max_tokens_per_doc")?,
        budget_ms: fields.milliseconds("budget_ms")?,
    })
}

fn query(fields: &mut Fields, limits: Limits) -> Result<String, CallError> {
    const FIELD: &str = "query";
    const EXPECTED: &str = "a string with more than white space";
    let query =
        fields.string(FIELD)?.ok_or(CallError::Missing { field: FIELD, expected: EXPECTED })?;
    if query.trim().is_empty() {
        return Err(CallError::Empty { field: FIELD, expected: EXPECTED });
    }
    if query.len() > limits.query_bytes {
        let (limit, got) = (limits.query_bytes, query.len());
        return Err(CallError::TooLong { field: FIELD.to_owned(), limit, got });
    }
    Ok(query)
}
