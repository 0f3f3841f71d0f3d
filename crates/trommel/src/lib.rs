//! A two-stage search engine: BM25 and vectors find, a cross-encoder reads the best of them.
//!
//! This crate is the library that a program embeds; the command line is one such program.

pub use trommel_core as core;
pub use trommel_engine as engine;
