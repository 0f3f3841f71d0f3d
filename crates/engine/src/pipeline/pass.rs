//! What the second stage is made of.

use std::sync::Arc;

use trommel_core::Reranker;

use super::request::{SearchSettings, within};
use crate::EngineError;

/// A pass of the second stage: one reranker over the best candidates so far.
///
/// Several make a cascade (Wang, Lin & Metzler, *A cascade ranking model for efficient ranked
/// retrieval*, SIGIR 2011): a cheap reranker reads many candidates, a dear one the best of its order.
#[derive(Clone)]
pub struct Pass {
    /// Who reads.
    pub reranker: Arc<dyn Reranker>,
    /// How many documents it reads, at least 1, and no more than the pass before it; missing for
    /// [`SearchSettings::rerank_depth`].
    pub depth: Option<usize>,
    /// How many tokens of each passage it reads, the best ones for the query
    /// ([`Excerpts`](super::Excerpts)), from 8 to 1024; missing for whole passages.
    pub excerpt: Option<usize>,
}

impl Pass {
    /// Returns a pass over whole passages, as many as the settings say.
    #[must_use]
    pub fn of(reranker: Arc<dyn Reranker>) -> Self {
        Self { reranker, depth: None, excerpt: None }
    }

    /// Returns how many documents the pass reads.
    #[must_use]
    pub fn depth(&self, settings: &SearchSettings) -> usize {
        self.depth.unwrap_or(settings.rerank_depth)
    }

    /// Checks that every pass of a cascade is within its ranges.
    pub(super) fn check(cascade: &[Self], settings: &SearchSettings) -> Result<(), EngineError> {
        let mut most = settings.candidates;
        for pass in cascade {
            let depth = pass.depth(settings);
            within("the depth of a reranker", depth, 1, most)?;
            if let Some(tokens) = pass.excerpt {
                within("the excerpt of a reranker", tokens, 8, 1024)?;
            }
            most = depth;
        }
        Ok(())
    }
}
