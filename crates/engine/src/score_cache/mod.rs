//! What a reranker has said before.
//!
//! Reading 20 passages with a cross-encoder costs more than the rest of a search together, and
//! people ask the same things again. A [`ScoreCache`] keeps scores in one file of bounded size;
//! a [`CachedReranker`] is a reranker that looks there first. A kept score is the computed one, to
//! the last bit, so a search answers the same with the cache, without it, and with a damaged one.
//!
//! No text is stored: a score lies under the hash of the reranker, the query and the passage.

mod cache;
mod error;
mod file;
mod keys;
mod page;
mod record;
mod reranker;

pub(crate) use cache::remove;
pub use cache::{FILE, LIMIT, ScoreCache, Usage, clear};
pub use error::CacheError;
pub use keys::Keys;
pub use reranker::CachedReranker;
