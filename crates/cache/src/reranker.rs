//! A reranker that asks the cache first.

use std::sync::Arc;

use trommel_core::{Calibration, ModelError, RerankScore, Reranker};

use crate::{Keys, ScoreCache};

/// A reranker whose scores are kept: it computes what the cache does not know, in one call.
///
/// It scores as the reranker within does, to the last bit, provided that `variant` differs
/// wherever that one's bits may.
pub struct CachedReranker {
    inner: Arc<dyn Reranker>,
    cache: Arc<ScoreCache>,
    variant: String,
}

impl CachedReranker {
    /// Puts a cache before a reranker.
    ///
    /// `variant` names all that shapes a score and is not in the reranker's fingerprint: what runs
    /// it, in which precision, by which instructions.
    #[must_use]
    pub fn new(inner: Arc<dyn Reranker>, cache: Arc<ScoreCache>, variant: String) -> Self {
        Self { inner, cache, variant }
    }
}

impl Reranker for CachedReranker {
    fn fingerprint(&self) -> &str {
        self.inner.fingerprint()
    }

    fn calibration(&self) -> Calibration {
        self.inner.calibration()
    }

    fn score(&self, query: &str, passages: &[&str]) -> Result<Vec<RerankScore>, ModelError> {
        let keys = Keys::new(self.inner.fingerprint(), &self.variant, query, passages);
        let known = self.cache.find(&keys);
        let missing: Vec<usize> =
            (0..passages.len()).filter(|&place| known[place].is_none()).collect();
        let mut computed = Vec::new();
        if !missing.is_empty() {
            let texts: Vec<&str> = missing.iter().map(|&place| passages[place]).collect();
            computed = self.inner.score(query, &texts)?;
            self.check(computed.len(), missing.len())?;
            self.cache.keep(&keys, missing.into_iter().zip(computed.iter().copied()));
        }
        let mut computed = computed.into_iter();
        // As many were computed as were missing, so none is left out here.
        Ok(known.into_iter().filter_map(|known| known.or_else(|| computed.next())).collect())
    }
}

impl CachedReranker {
    fn check(&self, got: usize, expected: usize) -> Result<(), ModelError> {
        if got == expected {
            return Ok(());
        }
        Err(ModelError::BadOutput {
            model: self.inner.fingerprint().to_owned(),
            expected: format!("{expected} scores"),
            got: got.to_string(),
        })
    }
}
