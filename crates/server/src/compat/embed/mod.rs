//! Texts to make vectors of.

mod answer;
#[cfg(test)]
mod tests;

use serde_json::Value;

use super::fields::{Fields, wrong};
use super::{CallError, Dialect, Headers, Limits, Refusal, Route};

pub(crate) use answer::{EmbedResult, answer};

/// Vectors that were asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct EmbedCall {
    /// Who asks, and so how to answer.
    pub(crate) dialect: Dialect,
    /// The model; none where the client leaves it to the server.
    pub(crate) model: Option<String>,
    /// The texts, at least one.
    pub(crate) inputs: Vec<String>,
    /// What the texts are, which decides what is put before them.
    pub(crate) input_type: InputType,
    /// How the numbers are written.
    pub(crate) encoding: Encoding,
    /// Whether vectors are to have length 1.
    pub(crate) normalize: bool,
    /// Whether a text that is too long for the model is to be cut, and not refused.
    pub(crate) truncate: bool,
    /// Whether the vectors stand under the name of their type, as Cohere's do where types were
    /// asked for.
    pub(crate) by_type: bool,
}

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InputType {
    /// Something to search for.
    Query,
    /// Something to be found.
    Document,
}

/// How the numbers of a vector are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// As JSON numbers.
    Float,
    /// As 32-bit floats, little-endian, in base64.
    Base64,
}

/// Reads texts to embed, for an encoder whose vectors have so many numbers.
///
/// # Errors
///
/// If the body is no JSON object, a field is missing or has the wrong type, there is no text, a
/// limit is exceeded, or vectors of another kind are wanted.
pub(crate) fn read(
    route: Route,
    headers: Headers<'_>,
    body: &[u8],
    limits: Limits,
    dimension: usize,
) -> Result<EmbedCall, Refusal> {
    super::read(route, headers, body, |dialect, fields| call(dialect, fields, limits, dimension))
}

fn call(
    dialect: Dialect,
    fields: &mut Fields,
    limits: Limits,
    dimension: usize,
) -> Result<EmbedCall, CallError> {
    for name in ["dimensions", "output_dimension"] {
        of_that_dimension(fields, name, dimension)?;
    }
    let types = float_types(fields)?;
    // The other direction would be another vector.
    fields.one_of("truncation_direction", &["right"])?;
    Ok(EmbedCall {
        dialect,
        inputs: inputs(dialect, fields, limits)?,
        model: fields.string("model")?,
        input_type: input_type(fields)?,
        encoding: encoding(fields)?,
        normalize: fields.flag("normalize")?.unwrap_or(true),
        truncate: truncate(dialect, fields)?,
        by_type: types || dialect == Dialect::CohereV2,
    })
}

fn inputs(dialect: Dialect, fields: &mut Fields, limits: Limits) -> Result<Vec<String>, CallError> {
    const EXPECTED: &str = "a string or an array of strings";
    let name = match dialect {
        Dialect::CohereV1 | Dialect::CohereV2 => "texts",
        Dialect::Tei => "inputs",
        _ => "input",
    };
    let values = match fields.need(name, EXPECTED)? {
        Value::String(text) => vec![Value::String(text)],
        Value::Array(values) => values,
        other => return Err(wrong(name, EXPECTED, &other)),
    };
    let (limit, got) = (limits.documents, values.len());
    match values.first() {
        None => return Err(CallError::Empty { field: name, expected: "at least one text" }),
        Some(Value::Number(_) | Value::Array(_)) => {
            return Err(CallError::Field {
                field: name.to_owned(),
                expected: EXPECTED.to_owned(),
                got: "token ids, which are those of another model".to_owned(),
            });
        }
        Some(_) if got > limit => return Err(CallError::TooMany { field: name, limit, got }),
        Some(_) => {}
    }
    let text = |(index, value)| match value {
        Value::String(text) if text.len() > limits.document_bytes => Err(CallError::TooLong {
            field: format!("{name}[{index}]"),
            limit: limits.document_bytes,
            got: text.len(),
        }),
        Value::String(text) => Ok(text),
        other => Err(wrong(&format!("{name}[{index}]"), "a string", &other)),
    };
    values.into_iter().enumerate().map(text).collect()
}

/// Returns what the texts are, in the words of Voyage and of Cohere, or by the name of the prompt
/// that text-embeddings-inference puts before them.
fn input_type(fields: &mut Fields) -> Result<InputType, CallError> {
    let types = [
        "query",
        "document",
        "search_query",
        "search_document",
        // Texts that are compared with their like, as documents are.
        "classification",
        "clustering",
    ];
    let said = fields.one_of("input_type", &types)?;
    let prompt = fields.one_of("prompt_name", &["query", "document", "passage"])?;
    match said.or(prompt) {
        Some("query" | "search_query") => Ok(InputType::Query),
        _ => Ok(InputType::Document),
    }
}

fn encoding(fields: &mut Fields) -> Result<Encoding, CallError> {
    fields.one_of("output_dtype", &["float"])?;
    match fields.one_of("encoding_format", &["float", "base64"])? {
        Some("base64") => Ok(Encoding::Base64),
        _ => Ok(Encoding::Float),
    }
}

/// Says whether Cohere's `embedding_types` are there, which can only be floats.
fn float_types(fields: &mut Fields) -> Result<bool, CallError> {
    let Some(types) = fields.strings("embedding_types")? else { return Ok(false) };
    match types.iter().position(|name| name != "float") {
        None => Ok(!types.is_empty()),
        Some(index) => {
            let field = format!("embedding_types[{index}]");
            Err(wrong(&field, "\"float\"", &Value::from(types[index].as_str())))
        }
    }
}

fn truncate(dialect: Dialect, fields: &mut Fields) -> Result<bool, CallError> {
    let truncate = match dialect {
        Dialect::CohereV1 | Dialect::CohereV2 => {
            fields.one_of("truncate", &["END", "NONE"])?.map(|end| end == "END")
        }
        Dialect::Voyage => fields.flag("truncation")?,
        _ => fields.flag("truncate")?,
    };
    Ok(truncate.unwrap_or(true))
}

/// Refuses vectors of another length, since the first numbers of ours mean nothing by themselves.
fn of_that_dimension(
    fields: &mut Fields,
    name: &'static str,
    dimension: usize,
) -> Result<(), CallError> {
    match fields.count(name)? {
        Some(got) if got != dimension => Err(CallError::Field {
            field: name.to_owned(),
            expected: format!("{dimension}, which the encoder has"),
            got: got.to_string(),
        }),
        _ => Ok(()),
    }
}
