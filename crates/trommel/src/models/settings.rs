//! What a program may say about its models.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use trommel_inference::llm::{PromptKind, Strategy};
use trommel_models::{DEFAULT_RERANKER, Isa, Precision};
use trommel_remote::Prefixes;

use crate::cascade::{Cascade, NamedReranker};

/// Which models take part and what runs them.
#[derive(Debug, Clone)]
pub struct ModelSettings {
    /// The encoder; `None` for the one that a collection was made with, else the default one. `http`
    /// is a server at the address of [`ApiSettings`].
    pub encoder: Option<String>,
    /// The rerankers, in the order in which they read; none for no second stage.
    pub rerankers: Cascade,
    /// What runs the models.
    pub runtime: RuntimeChoice,
    /// How our own kernels store weights and activations.
    pub precision: Precision,
    /// The instruction set of our own kernels; `None` for the best of this machine.
    pub isa: Option<Isa>,
    /// The ONNX Runtime library; `None` for the one in the store.
    pub library: Option<PathBuf>,
    /// How many threads a model uses, at least 1.
    pub threads: usize,
    /// Rerankers behind an API.
    pub api: ApiSettings,
    /// Language models as rerankers.
    pub language: LanguageSettings,
}

impl Default for ModelSettings {
    /// Returns the settings that were measured best, with a thread for every core.
    fn default() -> Self {
        Self {
            encoder: None,
            rerankers: Cascade(vec![NamedReranker::new(DEFAULT_RERANKER)]),
            runtime: RuntimeChoice::Auto,
            precision: Precision::Int8,
            isa: None,
            library: None,
            threads: thread::available_parallelism().map_or(1, usize::from),
            api: ApiSettings::default(),
            language: LanguageSettings::default(),
        }
    }
}

/// What runs the models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RuntimeChoice {
    /// Our own kernels where they can, else ONNX Runtime or candle, whichever reads the weights.
    #[default]
    Auto,
    /// Our own kernels.
    Kernels,
    /// ONNX Runtime.
    Onnx,
    /// candle.
    Candle,
}

/// How models behind an API are reached. Keys never show in `Debug`.
#[derive(Clone)]
pub struct ApiSettings {
    /// The address, where it is not the owner's.
    pub base: Option<String>,
    /// The API's model, where it is not the usual one.
    pub model: Option<String>,
    /// A file that holds the key.
    pub key_file: Option<PathBuf>,
    /// Keys by the variable that holds them, as [`key_variables`](super::key_variables) names them.
    pub keys: BTreeMap<String, String>,
    /// How long one query may take, retries included.
    pub total: Duration,
    /// The proxy for addresses that are not on this machine.
    pub proxy: Option<String>,
    /// Parts clients that failed together: any number.
    pub seed: u64,
    /// What stands before the texts of an encoder, which its server does not add.
    pub prefixes: Prefixes,
}

impl Default for ApiSettings {
    fn default() -> Self {
        Self {
            base: None,
            model: None,
            key_file: None,
            keys: BTreeMap::new(),
            total: Duration::from_secs(15),
            proxy: None,
            seed: 0,
            prefixes: Prefixes::default(),
        }
    }
}

impl fmt::Debug for ApiSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&String> = self.keys.keys().collect();
        // A proxy's address may hold a password.
        f.debug_struct("ApiSettings")
            .field("base", &self.base)
            .field("model", &self.model)
            .field("key_file", &self.key_file)
            .field("keys", &keys)
            .field("total", &self.total)
            .field("seed", &self.seed)
            .field("prefixes", &self.prefixes)
            .finish_non_exhaustive()
    }
}

/// How a language model is asked to rerank.
#[derive(Debug, Clone)]
pub struct LanguageSettings {
    /// The model of the store; `None` for the default one, or for the one behind `api.base`.
    pub model: Option<String>,
    /// What it is asked.
    pub strategy: Strategy,
    /// Files with prompts of one's own; the others are built in.
    pub prompts: HashMap<PromptKind, PathBuf>,
}

impl Default for LanguageSettings {
    fn default() -> Self {
        Self { model: None, strategy: Strategy::LISTWISE, prompts: HashMap::new() }
    }
}
