//! A reranker that asks the cache first.

use std::sync::Arc;
use std::time::Duration;

use trommel_core::{Calibration, ModelError, PartialScores, RerankScore, Reranker};

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

    fn is_remote(&self) -> bool {
        self.inner.is_remote()
    }

    fn totals(&self) -> Vec<(usize, &'static str)> {
        self.inner.totals()
    }

    fn score(&self, query: &str, passages: &[&str]) -> Result<Vec<RerankScore>, ModelError> {
        self.score_within(query, passages, None).all()
    }

    fn score_within(
        &self,
        query: &str,
        passages: &[&str],
        within: Option<Duration>,
    ) -> PartialScores {
        let keys = Keys::new(self.inner.fingerprint(), &self.variant, query, passages);
        let mut scores = self.cache.find(&keys);
        let missing: Vec<usize> =
            (0..passages.len()).filter(|&place| scores[place].is_none()).collect();
        if missing.is_empty() {
            return scores.into();
        }
        let texts: Vec<&str> = missing.iter().map(|&place| passages[place]).collect();
        let PartialScores { scores: computed, failure } =
            self.inner.score_within(query, &texts, within);
        if failure.is_none() && computed.len() != missing.len() {
            let failure = ModelError::BadOutput {
                model: self.inner.fingerprint().to_owned(),
                expected: format!("{} scores", missing.len()),
                got: computed.len().to_string(),
            };
            return PartialScores { scores, failure: Some(failure) };
        }
        let computed: Vec<(usize, RerankScore)> = missing
            .into_iter()
            .zip(computed)
            .filter_map(|(at, score)| Some((at, score?)))
            .collect();
        self.cache.keep(&keys, computed.iter().copied());
        for (place, score) in computed {
            scores[place] = Some(score);
        }
        PartialScores { scores, failure }
    }
}
