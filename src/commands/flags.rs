//! The flags of every command that searches.

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::config::{ANN, FUSION, Flags, LLM_STRATEGY, PRECISION, RUNTIME, SETTLE};

/// How the stages work.
#[derive(Debug, Args)]
pub(crate) struct StageFlags {
    /// How many documents the first stage finds, 50 to 200
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Stages")]
    candidates: Option<String>,
    /// How BM25 and vectors become one list
    #[arg(long, value_parser = PossibleValuesParser::new(FUSION), help_heading = "Stages")]
    fusion: Option<String>,
    /// The share of vectors in the fused score, 0 to 1
    #[arg(long, value_name = "W", allow_negative_numbers = true, help_heading = "Stages")]
    dense_weight: Option<String>,
    /// The weight of a match in the title beside one in the text
    #[arg(long, value_name = "W", allow_negative_numbers = true, help_heading = "Stages")]
    title_weight: Option<String>,
    /// How many documents a reranker reads for which --reranker says no number
    #[arg(long, value_name = "D", allow_negative_numbers = true, help_heading = "Stages")]
    rerank_depth: Option<String>,
    /// How many passages of each document a reranker reads
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Stages")]
    rerank_passages: Option<String>,
    /// How long reranking may take, such as 150ms or 1.5s; the most promising is read first
    #[arg(long, value_name = "TIME", help_heading = "Stages")]
    budget: Option<String>,
    /// When the reranker may stop early: exact, when nothing unread can enter the hits; learned,
    /// when that is most unlikely
    #[arg(long, value_parser = PossibleValuesParser::new(SETTLE), help_heading = "Stages")]
    settle: Option<String>,
    /// The share of a reranker in the score: 0 keeps the order before it, 1 is its own order
    #[arg(long, value_name = "W", allow_negative_numbers = true, help_heading = "Stages")]
    blend: Option<String>,
    /// Read the query's operators, in BM25 only: "phrases", +must, -not, title:word
    #[arg(long, help_heading = "Stages")]
    syntax: bool,
}

/// Which reranker takes part, or which several.
#[derive(Debug, Args)]
pub(crate) struct RerankerFlag {
    /// The reranker, or none: a model, or an API: cohere, voyage, jina; http for a server of one's
    /// own at --api-base; llm for a language model, there or in this process. Several are a
    /// cascade: with A@64:100,B:20 A reads the best 64 tokens of each of the best 100 documents, B
    /// the best 20 of A's order
    #[arg(long, value_name = "ID,…", help_heading = "Models")]
    reranker: Option<String>,
}

/// Which models take part, and what runs them.
#[derive(Debug, Args)]
pub(crate) struct ModelFlags {
    /// The encoder; must be the one that the collection was made with
    #[arg(long, value_name = "ID", help_heading = "Models")]
    encoder: Option<String>,
    #[command(flatten)]
    api: ApiFlags,
    #[command(flatten)]
    runtime: RuntimeFlags,
    /// Compute every score of the reranker; neither use scores of earlier searches nor keep these
    #[arg(long, help_heading = "Models")]
    no_cache: bool,
    /// How vectors are searched
    #[arg(long, value_parser = PossibleValuesParser::new(ANN), help_heading = "Models")]
    ann: Option<String>,
    /// How widely an HNSW graph is searched
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Models")]
    ef: Option<String>,
}

/// Where a reranker behind an API is.
#[derive(Debug, Args)]
pub(crate) struct ApiFlags {
    /// The API's address, where it is not the owner's
    #[arg(long, value_name = "URL", help_heading = "Models")]
    api_base: Option<String>,
    /// The API's model
    #[arg(long, value_name = "NAME", help_heading = "Models")]
    api_model: Option<String>,
    /// A file with the API's key, in place of $COHERE_API_KEY, $VOYAGE_API_KEY or $JINA_API_KEY
    #[arg(long, value_name = "FILE", help_heading = "Models")]
    api_key_file: Option<String>,
    /// How long the API may take for one query, retries included
    #[arg(long, value_name = "TIME", help_heading = "Models")]
    api_time: Option<String>,
    /// The language model where there is no --api-base [default: smollm2-135m-instruct]
    #[arg(long, value_name = "ID", help_heading = "Models")]
    llm_model: Option<String>,
    /// What a language model is asked: about each passage, for an order, or about pairs
    #[arg(long, value_parser = PossibleValuesParser::new(LLM_STRATEGY), help_heading = "Models")]
    llm_strategy: Option<String>,
}

/// What runs the models.
#[derive(Debug, Args)]
pub(crate) struct RuntimeFlags {
    /// What runs the models; auto is our own kernels where they can
    #[arg(long, value_parser = PossibleValuesParser::new(RUNTIME), help_heading = "Models")]
    runtime: Option<String>,
    /// How our own kernels store weights and activations
    #[arg(long, value_parser = PossibleValuesParser::new(PRECISION), help_heading = "Models")]
    precision: Option<String>,
    /// The instruction set of our own kernels: avx512-bf16, avx512-vnni, avx-vnni, avx2, portable
    #[arg(long, value_name = "NAME", help_heading = "Models")]
    isa: Option<String>,
    /// How many threads to use; 0 is one for every core
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Models")]
    threads: Option<String>,
}

impl StageFlags {
    /// Returns what was given, by the names of the settings.
    pub(super) fn flags(&self) -> Flags {
        let given = |flag: &Option<String>| flag.clone();
        vec![
            ("candidates", given(&self.candidates)),
            ("fusion", given(&self.fusion)),
            ("dense-weight", given(&self.dense_weight)),
            ("title-weight", given(&self.title_weight)),
            ("rerank-depth", given(&self.rerank_depth)),
            ("rerank-passages", given(&self.rerank_passages)),
            ("budget", given(&self.budget)),
            ("settle", given(&self.settle)),
            ("blend", given(&self.blend)),
            ("syntax", self.syntax.then(|| "true".to_owned())),
        ]
    }
}

impl RerankerFlag {
    /// Returns what was given, by the names of the settings.
    pub(super) fn flags(&self) -> Flags {
        vec![("reranker", self.reranker.clone())]
    }
}

impl ModelFlags {
    /// Returns what was given, by the names of the settings.
    pub(super) fn flags(&self) -> Flags {
        let given = |flag: &Option<String>| flag.clone();
        let own = vec![
            ("encoder", given(&self.encoder)),
            ("cache", self.no_cache.then(|| "false".to_owned())),
            ("ann", given(&self.ann)),
            ("ef", given(&self.ef)),
        ];
        own.into_iter().chain(self.api.flags()).chain(self.runtime.flags()).collect()
    }
}

impl ApiFlags {
    /// Returns what was given, by the names of the settings.
    pub(super) fn flags(&self) -> Flags {
        let given = |flag: &Option<String>| flag.clone();
        vec![
            ("api-base", given(&self.api_base)),
            ("api-model", given(&self.api_model)),
            ("api-key-file", given(&self.api_key_file)),
            ("api-time", given(&self.api_time)),
            ("llm-model", given(&self.llm_model)),
            ("llm-strategy", given(&self.llm_strategy)),
        ]
    }
}

impl RuntimeFlags {
    /// Returns what was given, by the names of the settings.
    pub(super) fn flags(&self) -> Flags {
        let given = |flag: &Option<String>| flag.clone();
        vec![
            ("runtime", given(&self.runtime)),
            ("precision", given(&self.precision)),
            ("isa", given(&self.isa)),
            ("threads", given(&self.threads)),
        ]
    }
}
