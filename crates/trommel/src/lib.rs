//! A two-stage search engine as a library: BM25 and vectors find, a cross-encoder reads the best of
//! what they found.
//!
//! A program that indexes a folder, adds a document of its own and asks a question:
//!
//! ```no_run
#![doc = include_str!("../examples/embed.rs")]
//! ```
//!
//! [`Models`] are loaded by name from a store, or are the program's own; a [`Collection`] is a
//! folder on disk; a [`Search`] is a question to it, and an [`Answer`] has the hits with what every
//! stage said of them. Every error is an [`Error`], whose [`kind`](Error::kind) says whose trouble
//! it is.
//!
//! The library prints nothing, keeps no state of the process, and reads the environment in one
//! place: [`Models::open_default`]. `examples/` is a tutorial, from a search to a retriever of
//! one's own.

mod cascade;
mod clock;
mod collection;
mod document_part;
mod error;
pub mod eval;
mod home;
pub mod json;
mod judgements;
mod languages;
mod models;
mod rank_texts;
mod score_cache;
mod search;
pub mod settings;
mod why_text;

pub use trommel_core::{
    Calibration, Document, DocumentRetriever, Encoder, Fingerprint, Lines, Markup, Metadata,
    ModelError, Origin, RerankRequest, RerankResponse, RerankScore, Reranker, RerankerInfo,
    RetrieverError, TokenCounter, Usage,
};
pub use trommel_engine::{
    Answer, Clock, CollectionSettings, Event, Filter, Freshness, Hit, HitPassage, IndexRequest,
    Live, LiveEvent, Loss, Report, RerankResult, RerankStage, SearchSettings, Searcher, Source,
    Splitting, Stage, Status, Stopped, StoredDocument, Upserted, Why,
};
pub use trommel_ingest::{IngestOptions, Input, Limits, file_sizes};
pub use trommel_models::{FetchOptions, Isa, Precision, Progress, Silent};

pub use cascade::{Cascade, EXPECTED, NONE, NamedReranker, NoCascade};
pub use clock::SteadyClock;
pub use collection::{Collection, open_searcher};
pub use document_part::DocumentPart;
pub use error::{Error, ErrorKind, Result};
pub use home::{HOME, default_home, user_config};
pub use json::FromCache;
pub use judgements::{Judgements, JudgementsError};
pub use languages::{LanguageSample, reranker_for};
pub use models::{
    ApiSettings, LLM, LanguageSettings, ModelSettings, Models, Notice, RuntimeChoice,
    SelectionError, key_variables, prompt_text,
};
pub use rank_texts::{RankedText, RankedTexts, rank_texts};
pub use score_cache::{SharedScores, cache_folder, caches_folder, file_version, late_vectors};
pub use search::Search;
pub use why_text::why_in_words;
