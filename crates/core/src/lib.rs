//! The words that every part of trommel speaks.
//!
//! Data flows one way: a [`Document`] is cut into [`Passage`]s, which two indexes hold under their
//! [`PassageId`]; a [`Query`] is answered by [`Retriever`]s with [`ScoredPassage`]s, and a
//! [`Reranker`] reads the best of them. Whoever writes files does so through [`disk`]. This crate has no
//! heavy dependency.

pub mod disk;
mod document;
mod error;
mod escape;
mod fingerprint;
mod model;
mod near;
mod passage;
mod passage_set;
mod retriever;
mod stamp;

pub use document::{ContentHash, Document, Markup, Metadata, Origin};
pub use error::{BoxError, ModelError, RetrieverError};
pub use escape::{escape, escape_lines, is_deceptive};
pub use fingerprint::Fingerprint;
pub use model::{Calibration, Encoder, PartialScores, RerankScore, Reranker, TokenCounter};
pub use near::near;
pub use passage::{Lines, Passage, PassageId, ScoredPassage};
pub use passage_set::PassageSet;
pub use retriever::{Query, Retriever};
pub use stamp::FileStamp;
