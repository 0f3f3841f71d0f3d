//! A reranker that asks a language model.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use trommel_core::{
    Calibration, ChatModel, Clock, ModelError, RerankRequest, RerankResponse, RerankScore,
    Reranker, RerankerInfo,
};

use super::session::Session;
use super::{LlmError, LlmSettings, LlmUsage, Prompts, Strategy, listwise, pairwise, pointwise};

/// A language model, a strategy and prompts, as a [`Reranker`].
///
/// Pointwise, a pair's score depends on that pair alone, as far as the model runs the same way every
/// time. Listwise and pairwise it is the passage's rank among all of the call (rank `r` of `n`,
/// counted from 0, has the probability `1 - (r + ½) / n`), and passages are to come best first.
pub struct LlmReranker {
    backend: Arc<dyn ChatModel>,
    strategy: Strategy,
    prompts: Prompts,
    settings: LlmSettings,
    clock: Arc<dyn Clock>,
    info: RerankerInfo,
    graded: AtomicBool,
}

/// What a model said of some passages: all there is, and why it is not everything.
#[derive(Debug)]
pub struct LlmAnswer {
    /// One place a passage, in the same order; nothing where a failure left it without a score. Of an
    /// order there is all or nothing.
    pub scores: Vec<Option<RerankScore>>,
    /// What was asked, what it costs, and what had to be mended.
    pub usage: LlmUsage,
    /// The first failure.
    pub failure: Option<LlmError>,
}

/// What the strategies answer with.
pub(crate) type Outcome = LlmAnswer;

impl LlmAnswer {
    pub(crate) fn none(passages: usize) -> Self {
        Self { scores: vec![None; passages], usage: LlmUsage::default(), failure: None }
    }

    pub(crate) fn failed(passages: usize, error: LlmError) -> Self {
        Self { failure: Some(error), ..Self::none(passages) }
    }

    pub(crate) fn of(scores: Vec<RerankScore>) -> Self {
        Self { scores: scores.into_iter().map(Some).collect(), ..Self::none(0) }
    }
}

impl LlmReranker {
    /// Returns a reranker; nothing is asked yet.
    ///
    /// # Errors
    ///
    /// [`LlmError::Setting`] if a number of the strategy makes no sense.
    pub fn new(
        backend: Arc<dyn ChatModel>,
        strategy: Strategy,
        prompts: Prompts,
        settings: LlmSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, LlmError> {
        strategy.check()?;
        // All that shapes an answer, in an order that cannot be misread.
        let shape = format!("{strategy:?}\n{prompts:?}\n{}", settings.passage_tokens);
        let shape = blake3::hash(shape.as_bytes()).to_hex();
        let info = RerankerInfo {
            fingerprint: format!("llm-{strategy}:{}@{}", backend.id(), &shape[..16]),
            calibration: Calibration::SIGMOID,
            scope: strategy.scope(),
            // It asks as many chats at a time as its backend likes.
            batch: None,
            place: backend.place(),
            languages: &[],
        };
        Ok(Self {
            backend,
            strategy,
            prompts,
            settings,
            clock,
            info,
            graded: AtomicBool::new(false),
        })
    }

    /// Scores passages for a query within [`LlmSettings::total`], or within a deadline if that is
    /// sooner.
    pub fn ask(&self, query: &str, passages: &[&str], within: Option<Duration>) -> LlmAnswer {
        // Chats are under way at the same time and count into one.
        let usage = Mutex::default();
        let session = Session {
            backend: &*self.backend,
            clock: &*self.clock,
            settings: &self.settings,
            usage: &usage,
            query,
            start: self.clock.now(),
            limit: within.map_or(self.settings.total, |within| within.min(self.settings.total)),
        };
        let answer = match self.strategy {
            Strategy::Pointwise => {
                pointwise::score(&session, &self.prompts, passages, &self.graded)
            }
            Strategy::Listwise { window, step } => {
                listwise::score(&session, &self.prompts, passages, window, step)
            }
            Strategy::Pairwise { top } => pairwise::score(&session, &self.prompts, passages, top),
        };
        let usage = usage.into_inner().unwrap_or_else(PoisonError::into_inner);
        LlmAnswer { usage: LlmUsage { repairs: answer.usage.repairs, ..usage }, ..answer }
    }

    /// Returns the strategy.
    #[must_use]
    pub fn strategy(&self) -> Strategy {
        self.strategy
    }
}

impl Reranker for LlmReranker {
    /// The fingerprint has strategy, model and the start of a hash over strategy and prompts, such as
    /// `llm-listwise:a-model@http://127.0.0.1:8080/v1/chat/completions@5d41402abc4b2a76`.
    fn info(&self) -> &RerankerInfo {
        &self.info
    }

    fn score(&self, request: RerankRequest<'_>) -> RerankResponse {
        let RerankRequest { query, passages, deadline } = request;
        let LlmAnswer { scores, usage, failure, .. } = self.ask(query, passages, deadline);
        let failed = |source: LlmError| ModelError::Failed {
            model: self.backend.id().to_owned(),
            doing: "being asked to rerank",
            source: source.into(),
        };
        RerankResponse { scores, usage: usage.into(), failure: failure.map(failed) }
    }
}
