//! A reranker that asks a language model.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use trommel_core::{Calibration, ModelError, PartialScores, RerankScore, Reranker};

use super::session::Session;
use super::{
    Backend, LlmError, LlmSettings, LlmUsage, Prompts, Repairs, Strategy, listwise, pairwise,
    pointwise,
};
use crate::hosted::Clock;

/// A language model, a strategy and prompts, as a [`Reranker`].
///
/// Pointwise, a pair's score depends on that pair alone, as far as the model runs the same way every
/// time. Listwise and pairwise it is the passage's rank among all of the call (rank `r` of `n`,
/// counted from 0, has the probability `1 - (r + ½) / n`), and passages are to come best first.
pub struct LlmReranker {
    backend: Arc<dyn Backend>,
    strategy: Strategy,
    prompts: Prompts,
    settings: LlmSettings,
    clock: Arc<dyn Clock>,
    fingerprint: String,
    graded: AtomicBool,
    usage: Mutex<LlmUsage>,
}

/// What a model said of some passages: all there is, and why it is not everything.
#[derive(Debug)]
pub struct LlmAnswer {
    /// One place a passage, in the same order; nothing where a failure left it without a score. Of an
    /// order there is all or nothing.
    pub scores: Vec<Option<RerankScore>>,
    /// What had to be mended.
    pub repairs: Repairs,
    /// The first failure.
    pub failure: Option<LlmError>,
}

/// What the strategies answer with.
pub(crate) type Outcome = LlmAnswer;

impl LlmAnswer {
    pub(crate) fn none(passages: usize) -> Self {
        Self { scores: vec![None; passages], repairs: Repairs::default(), failure: None }
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
        backend: Arc<dyn Backend>,
        strategy: Strategy,
        prompts: Prompts,
        settings: LlmSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, LlmError> {
        strategy.check()?;
        // All that shapes an answer, in an order that cannot be misread.
        let shape = format!("{strategy:?}\n{prompts:?}\n{}", settings.passage_tokens);
        let shape = blake3::hash(shape.as_bytes()).to_hex();
        let fingerprint = format!("llm-{strategy}:{}@{}", backend.id(), &shape[..16]);
        Ok(Self {
            backend,
            strategy,
            prompts,
            settings,
            clock,
            fingerprint,
            graded: AtomicBool::new(false),
            usage: Mutex::default(),
        })
    }

    /// Scores passages for a query within [`LlmSettings::total`], or within a deadline if that is
    /// sooner.
    pub fn ask(&self, query: &str, passages: &[&str], within: Option<Duration>) -> LlmAnswer {
        let session = Session {
            backend: &*self.backend,
            clock: &*self.clock,
            settings: &self.settings,
            usage: &self.usage,
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
        self.count().repairs += answer.repairs;
        answer
    }

    /// Returns the strategy.
    #[must_use]
    pub fn strategy(&self) -> Strategy {
        self.strategy
    }

    /// Returns what was asked and mended so far; the difference of two is what was in between.
    #[must_use]
    pub fn usage(&self) -> LlmUsage {
        *self.count()
    }

    fn count(&self) -> MutexGuard<'_, LlmUsage> {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reranker for LlmReranker {
    /// Returns strategy, model and the start of a hash over strategy and prompts, such as
    /// `llm-listwise:a-model@http://127.0.0.1:8080/v1/chat/completions@5d41402abc4b2a76`.
    fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    fn calibration(&self) -> Calibration {
        Calibration::SIGMOID
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
        let LlmAnswer { scores, failure, .. } = self.ask(query, passages, within);
        let failed = |source: LlmError| ModelError::Failed {
            model: self.backend.id().to_owned(),
            doing: "being asked to rerank",
            source: source.into(),
        };
        PartialScores { scores, failure: failure.map(failed) }
    }

    /// Returns true: an order is of all passages or of none.
    fn is_remote(&self) -> bool {
        true
    }

    fn totals(&self) -> Vec<(usize, &'static str)> {
        self.usage().totals()
    }
}
