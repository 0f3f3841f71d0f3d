//! Which models a server has, as clients ask before they begin.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{CallError, Dialect, Refusal};

/// A model that is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Loaded {
    /// Its name.
    pub(crate) id: String,
    /// When it was made or loaded, in seconds since 1970.
    pub(crate) created: u64,
}

/// Returns the body of OpenAI's `GET /v1/models`.
///
/// # Errors
///
/// If it cannot be written, which serde only tells of types that are none of these.
pub(crate) fn list(loaded: &[Loaded]) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&List { object: "list", data: loaded.iter().map(model).collect() })
}

/// Returns the model of OpenAI's `GET /v1/models/{id}`.
///
/// # Errors
///
/// If none of that name is loaded.
pub(crate) fn find<'a>(loaded: &'a [Loaded], id: &str) -> Result<&'a Loaded, Refusal> {
    let unknown = || CallError::UnknownModel {
        got: id.to_owned(),
        loaded: loaded.iter().map(|model| model.id.clone()).collect(),
    };
    let found = loaded.iter().find(|model| model.id == id);
    found.ok_or_else(|| Refusal { dialect: Some(Dialect::OpenAi), error: unknown() })
}

/// Returns the body of OpenAI's `GET /v1/models/{id}`.
///
/// # Errors
///
/// If it cannot be written, which serde only tells of types that are none of these.
pub(crate) fn one(loaded: &Loaded) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&model(loaded))
}

fn model(loaded: &Loaded) -> Model<'_> {
    let Loaded { id, created } = loaded;
    Model { id, object: "model", created: *created, owned_by: "trommel" }
}

#[derive(Serialize)]
struct List<'a> {
    object: &'static str,
    data: Vec<Model<'a>>,
}

#[derive(Serialize)]
struct Model<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    owned_by: &'static str,
}

/// The `GET /info` of text-embeddings-inference, which is written as it is.
///
/// Such a server has one model; one that has an encoder and a reranker tells of the encoder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Info {
    /// The model.
    pub(crate) model_id: String,
    /// The hash of its weights.
    pub(crate) model_sha: Option<String>,
    /// The numbers that it calculates with, such as `float32`.
    pub(crate) model_dtype: String,
    /// The name that answers give it.
    pub(crate) served_model_name: String,
    /// What it does.
    pub(crate) model_type: ModelType,
    /// How many requests may be in flight.
    pub(crate) max_concurrent_requests: usize,
    /// How many tokens it reads of a text.
    pub(crate) max_input_length: usize,
    /// How many tokens it reads at a time.
    pub(crate) max_batch_tokens: usize,
    /// How many texts it reads at a time, if that is limited.
    pub(crate) max_batch_requests: Option<usize>,
    /// How many texts one request may have.
    pub(crate) max_client_batch_size: usize,
    /// Whether it cuts what is too long unless it is told not to.
    pub(crate) auto_truncate: bool,
    /// On how many threads texts become tokens.
    pub(crate) tokenization_workers: usize,
    /// The server's version.
    pub(crate) version: &'static str,
    /// The commit that the server was built of.
    pub(crate) sha: Option<&'static str>,
    /// The image that the server runs in.
    pub(crate) docker_label: Option<&'static str>,
}

/// What a model does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ModelType {
    /// It makes vectors.
    Embedding {
        /// What it makes of the vectors of a text's tokens, such as `cls`.
        pooling: &'static str,
    },
    /// It tells how relevant texts are.
    Reranker {
        /// Its one label.
        id2label: BTreeMap<&'static str, &'static str>,
        /// The same the other way around.
        label2id: BTreeMap<&'static str, usize>,
    },
}

impl ModelType {
    /// Returns the type of a reranker, whose one label has no name of its own.
    pub(crate) fn reranker() -> Self {
        Self::Reranker {
            id2label: BTreeMap::from([("0", "LABEL_0")]),
            label2id: BTreeMap::from([("LABEL_0", 0)]),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn loaded() -> [Loaded; 2] {
        ["bge-small-en-v1.5", "ms-marco-MiniLM-L-12-v2"]
            .map(|id| Loaded { id: id.to_owned(), created: 1_700_000_000 })
    }

    /// The fields of OpenAI's reference.
    #[test]
    fn every_loaded_model_is_listed_and_found() {
        let body: Value = serde_json::from_slice(&list(&loaded()).unwrap()).unwrap();
        let encoder = json!({"id": "bge-small-en-v1.5", "object": "model",
            "created": 1_700_000_000, "owned_by": "trommel"});
        assert_eq!(body["object"], "list");
        assert_eq!((&body["data"][0], &body["data"][1]["id"]), (&encoder, &json!(loaded()[1].id)));
        let loaded = loaded();
        let found = find(&loaded, "bge-small-en-v1.5").unwrap();
        let body: Value = serde_json::from_slice(&one(found).unwrap()).unwrap();
        assert_eq!(body, encoder);
    }

    #[test]
    fn a_model_that_is_not_loaded_is_not_found() {
        let refusal = find(&loaded(), "gpt-4").unwrap_err();
        assert_eq!(refusal.status(), 404);
        let body: Value = serde_json::from_str(&refusal.body()).unwrap();
        assert_eq!(body["error"]["code"], "model_not_found");
        let said = "model: expected bge-small-en-v1.5 or ms-marco-MiniLM-L-12-v2, got \"gpt-4\"";
        assert_eq!(body["error"]["message"], said);
    }

    /// The example of text-embeddings-inference's own documentation, with its field names.
    #[test]
    fn info_has_every_field_of_text_embeddings_inference() {
        let info = Info {
            model_id: "thenlper/gte-base".into(),
            model_sha: Some("fca14538aa9956a46526bd1d0d11d69e19b5a101".into()),
            model_dtype: "float16".into(),
            served_model_name: "thenlper/gte-base".into(),
            model_type: ModelType::Embedding { pooling: "cls" },
            max_concurrent_requests: 128,
            max_input_length: 512,
            max_batch_tokens: 2048,
            max_batch_requests: None,
            max_client_batch_size: 32,
            auto_truncate: true,
            tokenization_workers: 4,
            version: "0.5.0",
            sha: None,
            docker_label: None,
        };
        let expected = json!({
            "model_id": "thenlper/gte-base",
            "model_sha": "fca14538aa9956a46526bd1d0d11d69e19b5a101",
            "model_dtype": "float16",
            "served_model_name": "thenlper/gte-base",
            "model_type": {"embedding": {"pooling": "cls"}},
            "max_concurrent_requests": 128,
            "max_input_length": 512,
            "max_batch_tokens": 2048,
            "max_batch_requests": null,
            "max_client_batch_size": 32,
            "auto_truncate": true,
            "tokenization_workers": 4,
            "version": "0.5.0",
            "sha": null,
            "docker_label": null,
        });
        assert_eq!(serde_json::to_value(info).unwrap(), expected);
        let reranker = serde_json::to_value(ModelType::reranker()).unwrap();
        let labels = json!({"id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0}});
        assert_eq!(reranker, json!({"reranker": labels}));
    }
}
