//! The two stages: candidates from two indexes, fused; then the reranker, blended.

mod answer;
mod candidates;
mod clock;
mod deadline;
mod filter;
mod hits;
mod pool;
mod race;
mod request;
mod rerank;
mod search;
mod sentence;
mod texts;

pub use answer::{Answer, Hit, HitPassage, Reading, Reread, Scored, Stages, Step, Stopped, Trace};
pub use clock::Clock;
pub use filter::Filter;
pub use request::{CANDIDATES, PACK, SearchSettings, Settle, Stage};
pub use search::Pipeline;

pub(crate) use texts::model_text;
