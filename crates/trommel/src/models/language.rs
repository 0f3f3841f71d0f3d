//! A language model as reranker: of the store in this process, or behind an address.

use std::sync::Arc;
use std::time::Duration;

use trommel_core::{ChatModel, Clock, Reranker, SystemClock};
use trommel_inference::InferenceError;
use trommel_inference::llm::{InProcess, LlmReranker, LlmSettings};
use trommel_models::{DEFAULT_LANGUAGE_MODEL, Store};

use super::error::SelectionError;
use super::prompts::prompts;
use super::settings::{ApiSettings, LanguageSettings};
use crate::Error;

/// How long a model may take that nobody waits for over a network: a day is as good as no limit.
const NO_LIMIT: Duration = Duration::from_secs(86_400);

impl LanguageSettings {
    /// Returns the reranker: the model at the address if there is one, else one of the store.
    pub(super) fn load(
        &self,
        api: &ApiSettings,
        store: &Store,
        threads: usize,
    ) -> Result<Arc<dyn Reranker>, Error> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
        let (backend, total) = if api.base.is_some() {
            (self.behind_address(api, &clock)?, api.total)
        } else {
            (self.in_process(api, store, threads, &clock)?, NO_LIMIT)
        };
        let prompts = prompts(&self.prompts)?;
        let settings = LlmSettings { total, ..LlmSettings::default() };
        let reranker = LlmReranker::new(backend, self.strategy, prompts, settings, clock);
        Ok(Arc::new(reranker.map_err(SelectionError::from)?))
    }

    fn behind_address(
        &self,
        api: &ApiSettings,
        clock: &Arc<dyn Clock>,
    ) -> Result<Arc<dyn ChatModel>, SelectionError> {
        if let Some(model) = &self.model {
            return Err(SelectionError::TwoLanguageModels { model: model.clone() });
        }
        Ok(Arc::new(api.chat(Arc::clone(clock))?))
    }

    fn in_process(
        &self,
        api: &ApiSettings,
        store: &Store,
        threads: usize,
        clock: &Arc<dyn Clock>,
    ) -> Result<Arc<dyn ChatModel>, Error> {
        if let Some(model) = &api.model {
            return Err(SelectionError::NoAddress { model: model.clone() }.into());
        }
        let id = self.model.as_deref().unwrap_or(DEFAULT_LANGUAGE_MODEL);
        let model = store.model(id)?;
        match InProcess::load(&model, threads, Arc::clone(clock)) {
            Ok(loaded) => Ok(Arc::new(loaded)),
            Err(InferenceError::Models(error)) => Err(error.into()),
            Err(error) => Err(Error::Rerank(error)),
        }
    }
}
