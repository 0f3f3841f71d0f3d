//! A reranker that asks the cache first.

use std::sync::Arc;

use trommel_core::{
    Lookups, RerankRequest, RerankResponse, RerankScore, Reranker, RerankerInfo, Scope, Usage,
};

use super::{Keys, ScoreCache};

/// A reranker whose scores are kept: it computes what the cache does not know, in one call. One whose
/// scores depend on the list ([`Scope::PerList`]) is asked as if there were no cache.
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
    fn info(&self) -> &RerankerInfo {
        self.inner.info()
    }

    fn score(&self, request: RerankRequest<'_>) -> RerankResponse {
        let RerankRequest { query, passages, .. } = request;
        let info = self.inner.info();
        // A score that depends on the other passages of its call means nothing in another one.
        if info.scope == Scope::PerList {
            return self.inner.score(request);
        }
        let keys = Keys::new(&info.fingerprint, &self.variant, query, passages);
        let mut scores = self.cache.find(&keys);
        let missing: Vec<usize> =
            (0..passages.len()).filter(|&place| scores[place].is_none()).collect();
        let found = passages.len() - missing.len();
        let mut usage = Usage::default();
        usage.cache = Lookups { found, asked: passages.len() };
        if missing.is_empty() {
            return RerankResponse { scores, usage, failure: None };
        }
        let texts: Vec<&str> = missing.iter().map(|&place| passages[place]).collect();
        let computed = self
            .inner
            .score(RerankRequest { passages: &texts, ..request })
            .checked(&info.fingerprint, texts.len());
        usage += &computed.usage;
        let known = missing.into_iter().zip(computed.scores);
        let known: Vec<(usize, RerankScore)> =
            known.filter_map(|(place, score)| Some((place, score?))).collect();
        self.cache.keep(&keys, known.iter().copied());
        for (place, score) in known {
            scores[place] = Some(score);
        }
        RerankResponse { scores, usage, failure: computed.failure }
    }
}
