//! The words that every part of trommel speaks.
//!
//! Data flows one way: a [`Document`] is cut into [`Passage`]s, which two indexes hold under their
//! [`PassageId`]; a [`Query`] is answered by [`Retriever`]s with [`ScoredPassage`]s, and a
//! [`Reranker`] reads the best of them. Whoever writes files does so through [`disk`]. This crate has no
//! heavy dependency.

mod chat;
mod clock;
pub mod disk;
mod document;
mod encoder;
mod error;
mod escape;
mod fingerprint;
mod grapheme;
mod jobs;
mod location;
mod near;
mod neighbours;
mod passage;
mod passage_set;
mod path;
mod reranker;
mod retriever;
mod stamp;
mod word_pieces;

pub use chat::{Ask, ChatError, ChatModel, FirstToken, Message, Reply, Role, estimated_tokens};
pub use clock::{Clock, SystemClock};
pub use document::{ContentHash, Document, Markup, Metadata, Origin};
pub use encoder::{Encoder, TokenCounter};
pub use error::{BoxError, ModelError, RetrieverError};
pub use escape::{escape, escape_lines, is_deceptive};
pub use fingerprint::Fingerprint;
pub use grapheme::{ceil_grapheme, floor_grapheme};
pub use jobs::until_failure;
pub use location::{HeadingMark, Location, LocationMark, LocationSpan, Outline};
pub use near::near;
pub use neighbours::{NEIGHBOURS, Nearest, Neighbour, Neighbours};
pub use passage::{Lines, Passage, PassageId, ScoredPassage};
pub use passage_set::PassageSet;
pub use path::{path_of_text, path_text};
pub use reranker::{
    Calibration, Lookups, Place, RerankRequest, RerankResponse, RerankScore, Reranker,
    RerankerInfo, Scope, Usage,
};
pub use retriever::{DocumentRetriever, Query, Retriever};
pub use stamp::FileStamp;
pub use word_pieces::WordPieces;
