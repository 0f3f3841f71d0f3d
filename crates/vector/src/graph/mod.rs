//! HNSW graphs (Malkov & Yashunin 2018) over one segment's rows.
//!
//! `hnsw_rs` builds the graph; this module keeps its links, and only them, in a file of its own
//! that is mapped and walked in place. The library's own dump would repeat every vector, is read
//! link by link into one allocation each, and panics or ends the process where it is damaged.

mod build;
mod file;
mod search;

pub(crate) use build::build;
pub(crate) use file::Graph;
