//! A reranker of this machine: a query and a passage to one logit.

use std::sync::Arc;

use trommel_core::{
    ModelError, RerankRequest, RerankResponse, RerankScore, Reranker, RerankerInfo,
};

use crate::pair::Pairs;
use crate::session::{Input, Output, Session};

/// A network that gives pairs a logit, on any of the runtimes.
pub(crate) struct LocalReranker {
    pub(crate) model: String,
    pub(crate) info: RerankerInfo,
    pub(crate) pairs: Arc<dyn Pairs>,
    pub(crate) session: Session,
}

impl LocalReranker {
    fn scores(&self, query: &str, passages: &[&str]) -> Result<Vec<RerankScore>, ModelError> {
        let query = self.pairs.fit(query).map_err(|source| self.session.failed(source))?;
        let outputs = self.session.run_all(passages, |passage| {
            let tokens = self.pairs.pair(&query, passage)?;
            Ok(Input { query: query.text, text: passage.into(), tokens })
        })?;
        outputs.into_iter().map(|output| self.score(&output)).collect()
    }

    /// Returns a run's score, if it is one that can be compared.
    fn score(&self, Output { numbers, truncated }: &Output) -> Result<RerankScore, ModelError> {
        match numbers.first() {
            Some(&logit) if logit.is_finite() => Ok(RerankScore { logit, truncated: *truncated }),
            other => Err(ModelError::BadOutput {
                model: self.model.clone(),
                expected: "a finite logit".into(),
                got: other.map_or_else(|| "none".to_owned(), f32::to_string),
            }),
        }
    }
}

impl Reranker for LocalReranker {
    fn info(&self) -> &RerankerInfo {
        &self.info
    }

    fn score(&self, RerankRequest { query, passages, .. }: RerankRequest<'_>) -> RerankResponse {
        RerankResponse::all_or_none(self.scores(query, passages), passages.len())
    }
}
