//! Collections and the two-stage pipeline: the only crate that knows there are two stages.
//!
//! [`index`] brings a collection up to date with its sources; a [`Snapshot`] opens one generation
//! of it; a [`Searcher`] puts models beside the snapshot and answers queries.

mod check;
mod collection;
mod documents;
mod error;
mod filter;
pub mod fusion;
mod indexing;
mod late_vectors;
mod pipeline;
mod repair;
pub mod score_cache;
mod snapshot;
mod status;
#[cfg(test)]
mod testing;

pub use check::{CheckReport, Finding, check};
pub use collection::{
    CollectionSettings, CollectionWriter, Depth, Depths, FORMAT, FileRecord, Manifest,
    OLDEST_FORMAT, PredictionQuality, PredictionState, Root, RootKind, RootReading, Splitting,
    writer_of,
};
pub use documents::{DocumentSegment, DocumentState, StoredDocument};
pub use error::EngineError;
pub use filter::{Filter, FilterError};
pub use indexing::{
    DeepenRequest, Deepened, DocumentProblem, Event, IndexRequest, Reanalysed, Removed, Report,
    Unpredicted, Updates, Upserted, deepen, forget, index, reanalyse, remove,
};
pub use late_vectors::{
    LATE_VECTORS_FILE, LATE_VECTORS_LIMIT, LateVector, LateVectors, clear_late_vectors,
};
pub use pipeline::{
    Abstention, Answer, Candidate, Clock, EarlyStop, Excerpts, Feedback, FeedbackReport, Freshness,
    Gate, Hit, HitPassage, LOCAL_SOURCES, LazyReport, Live, LiveEvent, Loss, PassageTexts,
    RankedDocument, Rankings, Reading, Reads, ReloadPolicy, RerankJob, RerankReport, RerankResult,
    RerankStage, Scored, SearchSettings, Searcher, Source, SourceReport, SourceScore, Stage,
    StageRanking, Step, Stopped, Trace, UnreadOrder, VectorOrigin, Why, joins_without_space, range,
    sentence_lines,
};
pub use repair::{Repair, Repaired};
pub use snapshot::Snapshot;
pub use status::{Graphs, Status, status};
pub use trommel_core::disk::{Disk, DiskFile, Folder, SystemDisk};
