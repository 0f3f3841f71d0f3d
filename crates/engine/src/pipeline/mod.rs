//! The two stages: candidates from two indexes, fused; then the reranker, blended.

mod answer;
mod candidates;
mod clock;
mod filter;
mod hits;
mod pool;
mod request;
mod rerank;
mod search;
mod sentence;

pub use answer::{Answer, Hit, HitPassage, Reread, Scored, Stages, Step, Trace};
pub use clock::Clock;
pub use filter::Filter;
pub use request::{CANDIDATES, SearchSettings, Stage};
pub use search::Pipeline;

pub(crate) use rerank::model_text;
