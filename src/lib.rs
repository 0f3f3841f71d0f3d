//! A two-stage search engine: BM25 and vectors find, a cross-encoder decides.
//!
//! This crate is a facade: every part of trommel under one name. [`engine`] is where a program
//! that embeds trommel begins; the binary of the same name is such a program.

pub use trommel_cache as cache;
pub use trommel_core as core;
pub use trommel_encode as encode;
pub use trommel_engine as engine;
pub use trommel_eval as eval;
pub use trommel_fusion as fusion;
pub use trommel_ingest as ingest;
pub use trommel_lexical as lexical;
pub use trommel_models as models;
pub use trommel_report as report;
pub use trommel_rerank as rerank;
pub use trommel_vector as vector;
