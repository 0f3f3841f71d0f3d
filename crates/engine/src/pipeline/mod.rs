//! A search: candidates from the sources, fused; then rerankers, one after the other.

mod abstention;
mod answer;
mod candidate;
mod clauses;
mod clock;
mod deadline;
mod dense;
mod exact;
mod excerpt;
mod feedback;
mod freshness;
mod hits;
mod lazy;
mod line_break;
mod live;
mod loss;
mod marks;
mod may_read;
mod operators;
mod pool;
mod rankings;
mod reader;
mod relevance;
mod request;
mod rerank;
mod retrieval;
mod search;
mod searcher;
mod sentence;
mod sentences;
mod source;
mod text_lines;
mod ties;
mod top_k;
mod why;

pub use abstention::{Abstention, Reads};
pub use answer::{
    Answer, FeedbackReport, Hit, HitPassage, LazyReport, Reading, RerankReport, SourceReport, Step,
    Stopped, Trace,
};
pub use candidate::{Candidate, RerankResult, Scored, SourceScore, VectorOrigin};
pub use clock::Clock;
pub use excerpt::Excerpts;
pub use freshness::Freshness;
pub use line_break::joins_without_space;
pub use live::{Live, LiveEvent};
pub use loss::Loss;
pub use rankings::{RankedDocument, Rankings, StageRanking};
pub use request::{EarlyStop, Feedback, LOCAL_SOURCES, SearchSettings, Stage, range};
pub use rerank::{PassageTexts, RerankJob, RerankStage, UnreadOrder};
pub use searcher::{ReloadPolicy, Searcher};
pub use sentences::sentence_lines;
pub use source::Source;
pub use why::{Gate, Why};
