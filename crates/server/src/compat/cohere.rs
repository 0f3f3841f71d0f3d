//! What all of Cohere's answers say of themselves.

use serde::Serialize;

use super::Dialect;

/// The `meta` of an answer.
#[derive(Debug, Serialize)]
pub(crate) struct Meta {
    api_version: Version,
    billed_units: Billed,
    tokens: Tokens,
    #[serde(skip_serializing_if = "Option::is_none")]
    warnings: Option<[String; 1]>,
}

#[derive(Debug, Serialize)]
struct Version {
    version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_experimental: Option<bool>,
}

#[derive(Debug, Serialize)]
struct Billed {
    #[serde(skip_serializing_if = "Option::is_none")]
    search_units: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input_tokens: Option<usize>,
}

#[derive(Debug, Serialize)]
struct Tokens {
    input_tokens: usize,
    output_tokens: usize,
}

impl Meta {
    /// Returns the meta of a rerank; Cohere counts a query with up to 100 documents as one unit.
    pub(crate) fn of_rerank(
        dialect: Dialect,
        documents: usize,
        tokens: usize,
        warning: Option<String>,
    ) -> Self {
        let billed = Billed { search_units: Some(documents.div_ceil(100)), input_tokens: None };
        Self::new(dialect, billed, tokens, warning)
    }

    /// Returns the meta of embeddings, which Cohere counts by their tokens.
    pub(crate) fn of_embeddings(dialect: Dialect, tokens: usize) -> Self {
        let billed = Billed { search_units: None, input_tokens: Some(tokens) };
        Self::new(dialect, billed, tokens, None)
    }

    fn new(dialect: Dialect, billed_units: Billed, tokens: usize, warning: Option<String>) -> Self {
        let api_version = match dialect {
            Dialect::CohereV2 => Version { version: "2", is_experimental: Some(false) },
            _ => Version { version: "1", is_experimental: None },
        };
        Self {
            api_version,
            billed_units,
            tokens: Tokens { input_tokens: tokens, output_tokens: 0 },
            warnings: warning.map(|warning| [warning]),
        }
    }
}
