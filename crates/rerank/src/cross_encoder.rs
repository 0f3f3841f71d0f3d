//! What all rerankers do around their network: pairs, threads, checks.

use std::sync::Arc;

use trommel_core::{
    BoxError, Calibration, ModelError, RerankRequest, RerankResponse, RerankScore, Reranker,
    RerankerInfo,
};
use trommel_models::{InstalledModel, ModelsError, Pair, Workers};

use crate::pair::Pairs;

/// A network with all that one thread needs to run it.
pub(crate) trait Judge: Send {
    /// Returns the logit of one pair, given as text and as tokens.
    fn logit(&mut self, query: &str, passage: &str, pair: &Pair) -> Result<f32, BoxError>;
}

pub(crate) struct CrossEncoder<W> {
    model: String,
    info: RerankerInfo,
    pairs: Arc<dyn Pairs>,
    workers: Workers<W, ModelError>,
}

impl<W: Judge + 'static> CrossEncoder<W> {
    /// Returns a reranker on up to `threads` workers, of which the first is made now.
    pub(crate) fn new<E>(
        model: &InstalledModel,
        pairs: Arc<dyn Pairs>,
        threads: usize,
        make: impl Fn() -> Result<W, E> + Send + Sync + 'static,
    ) -> Result<Self, E>
    where
        E: std::error::Error + From<ModelsError> + Send + Sync + 'static,
    {
        let calibration = model.spec.reranker()?.calibration;
        let first = make()?;
        let id = model.spec.id.clone();
        let another = move || {
            let doing = "starting another thread";
            make().map_err(|source| failed(&id, doing, source.into()))
        };
        Ok(Self {
            info: info(model, calibration, threads),
            model: model.spec.id.clone(),
            pairs,
            workers: Workers::new(threads, first, another),
        })
    }
}

impl<W: Judge + 'static> Reranker for CrossEncoder<W> {
    fn info(&self) -> &RerankerInfo {
        &self.info
    }

    fn score(&self, RerankRequest { query, passages, .. }: RerankRequest<'_>) -> RerankResponse {
        RerankResponse::all_or_none(self.scores(query, passages), passages.len())
    }
}

impl<W: Judge + 'static> CrossEncoder<W> {
    fn scores(&self, query: &str, passages: &[&str]) -> Result<Vec<RerankScore>, ModelError> {
        let unread = |source| failed(&self.model, "reading a query and a passage", source);
        let query = self.pairs.fit(query).map_err(unread)?;
        let score = |worker: &mut W, passage: &&str| {
            let pair = self.pairs.pair(&query, passage).map_err(unread)?;
            let logit = worker.logit(query.text, passage, &pair).map_err(unread)?;
            finite(&self.model, RerankScore { logit, truncated: pair.truncated })
        };
        // Bytes stand for tokens: near enough to begin with the long ones, and free.
        self.workers.run_all(passages, |passage| passage.len(), score)
    }
}

/// Returns the info of a model of the store that runs on so many threads.
pub(crate) fn info(
    model: &InstalledModel,
    calibration: Calibration,
    threads: usize,
) -> RerankerInfo {
    let fingerprint = format!("{}@{}", model.spec.id, model.weights_id());
    RerankerInfo::local(fingerprint, calibration, threads)
}

/// Returns a score if it can be compared.
pub(crate) fn finite(model: &str, score: RerankScore) -> Result<RerankScore, ModelError> {
    if score.logit.is_finite() {
        return Ok(score);
    }
    Err(ModelError::BadOutput {
        model: model.to_owned(),
        expected: "a finite logit".into(),
        got: score.logit.to_string(),
    })
}

pub(crate) fn failed(model: &str, doing: &'static str, source: BoxError) -> ModelError {
    ModelError::Failed { model: model.to_owned(), doing, source }
}
