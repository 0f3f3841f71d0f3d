//! A two-stage search engine: BM25 and vectors find, a cross-encoder reads the best of them.
//!
//! This crate is the library that a program embeds; the command line is one such program.

mod cascade;
mod clock;
mod error;
mod home;
pub mod json;
mod models;
mod score_cache;
pub mod settings;

pub use trommel_core as core;
pub use trommel_engine as engine;

pub use cascade::{Cascade, EXPECTED, NONE, NamedReranker, NoCascade};
pub use clock::SteadyClock;
pub use error::{Error, ErrorKind, Result};
pub use home::{HOME, default_home, user_config};
pub use json::FromCache;
pub use models::{
    ApiSettings, LLM, LanguageSettings, ModelSettings, Models, Notice, RuntimeChoice,
    SelectionError, key_variables, prompt_text,
};
pub use score_cache::{SharedScores, cache_folder, caches_folder, file_version};
