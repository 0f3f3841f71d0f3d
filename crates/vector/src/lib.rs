//! Unit vectors on disk, searched exactly or through HNSW.
//!
//! A folder holds immutable segments: rows of unit vectors under rising [`PassageId`]s; a passage
//! has one row at most, in whichever segment. A [`VectorState`] names the segments, the graphs and the tombstones of one generation;
//! [`VectorWriter`] makes the next state, [`VectorIndex`] reads one, and [`VectorRetriever`]
//! answers queries. Nothing here is ever overwritten: whoever holds the states removes the files
//! that none of them names.
//!
//! The exact scan first screens an 8-bit copy of the rows, by bounds that prove what can be left
//! out, so its answer is that of scoring every row.
//!
//! Every score is the dot product of two unit vectors, computed by one kernel, so the exact scan,
//! the graph and [`trommel_core::Retriever::score`] agree to the last bit.
//!
//! [`PassageId`]: trommel_core::PassageId

#[cfg(target_endian = "big")]
compile_error!("vector files are little endian and read in place");

mod error;
mod files;
mod format;
mod graph;
mod index;
mod int8;
mod neighbours;
mod retriever;
mod row_set;
mod scan;
mod segment;
mod segment_writer;
mod settings;
mod state;
mod sums;
mod tombstones;
mod top;
mod unit;
mod walk;
mod writer;

pub use error::VectorError;
pub use index::VectorIndex;
pub use neighbours::Owner;
pub use retriever::{VectorRetriever, score};
pub use settings::{Ann, DEFAULT_THRESHOLD, VectorSearch, VectorSettings};
pub use state::{SegmentState, VectorState};
pub use unit::{MAX_PASSAGE_ID, NORM_TOLERANCE};
pub use writer::VectorWriter;
