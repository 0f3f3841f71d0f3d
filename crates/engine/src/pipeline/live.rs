//! What a search tells while it runs, for whoever shows it as it happens.

use std::sync::atomic::AtomicBool;

use super::answer::Answer;

/// A step of a search, as far as it has got.
#[derive(Debug, Clone, PartialEq)]
pub enum LiveEvent {
    /// The order of fusion, before any reranker has read.
    Fused(Box<Answer>),
    /// How much the reranker has read.
    Read {
        /// Passages read.
        read: usize,
        /// Passages that may be read in this reading.
        of: usize,
    },
    /// Another order of the first hits, by what was read so far.
    Reranked(Box<Answer>),
}

/// Whom a search tells of its steps, and who may stop it.
#[derive(Clone, Copy)]
pub struct Live<'a> {
    /// Is told of every step.
    pub tell: &'a (dyn Fn(LiveEvent) + 'a),
    /// Set from elsewhere if nobody waits for the answer any more; looked at between the steps.
    pub cancel: &'a AtomicBool,
}
