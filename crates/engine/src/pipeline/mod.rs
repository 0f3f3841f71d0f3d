//! The two stages: candidates from two indexes, fused; then the reranker, blended.

mod answer;
mod candidates;
mod cascade;
mod clock;
mod deadline;
mod excerpt;
mod filter;
mod findings;
mod freshness;
mod hits;
mod loss;
mod pass;
mod pool;
mod race;
mod rankings;
mod request;
mod rerank;
mod search;
mod sentence;
mod texts;
mod why;

pub use answer::{
    Answer, Hit, HitPassage, PassReading, Reading, Reread, Scored, Stages, Step, Stopped, Trace,
};
pub use clock::Clock;
pub use excerpt::Excerpts;
pub use filter::Filter;
pub use freshness::Freshness;
pub use loss::Loss;
pub use pass::Pass;
pub use rankings::{RankedDocument, Rankings, StageRanking};
pub use request::{PACK, SearchSettings, Settle, Stage, range};
pub use search::Pipeline;
pub use why::{Gate, Why};
