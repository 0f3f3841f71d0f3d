//! A language model as reranker: of the store in this process, or behind an address.

use std::sync::Arc;
use std::time::Duration;

use trommel_core::Reranker;
use trommel_models::{DEFAULT_LANGUAGE_MODEL, Store};
use trommel_rerank::hosted::{Clock, SystemClock};
use trommel_rerank::llm::{Backend, InProcess, LlmError, LlmReranker, LlmSettings, Strategy};

use crate::config::Config;
use crate::error::{CliError, Kind};
use crate::hosted::{Hosted, given};
use crate::{hints, prompts};

/// The name of any language model as reranker.
pub(crate) const LLM: &str = "llm";

/// How long a model may take that nobody waits for over a network: a day is as good as no limit.
pub(crate) const NO_LIMIT: Duration = Duration::from_secs(86_400);

/// What the settings say about language models.
#[derive(Debug, Clone)]
pub(crate) struct Language {
    /// The model of the store, if one is named.
    model: Option<String>,
    strategy: Strategy,
    /// For the prompts, which are read only where one is used.
    config: Config,
}

impl Language {
    /// Takes the settings that are about language models.
    pub(crate) fn new(config: &Config) -> Result<Self, CliError> {
        let model = given(config, "llm-model").map(str::to_owned);
        Ok(Self { model, strategy: config.get("llm-strategy")?, config: config.clone() })
    }

    /// Returns the reranker: the model at the address if there is one, else one of the store.
    pub(crate) fn load(
        &self,
        hosted: &Hosted,
        store: &Store,
        threads: usize,
    ) -> Result<Arc<dyn Reranker>, CliError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
        let (backend, total): (Arc<dyn Backend>, _) = if hosted.has_address() {
            self.none_of_the_store()?;
            (Arc::new(hosted.chat(LLM, Arc::clone(&clock))?), hosted.total())
        } else {
            hosted.no_model_of_an_api()?;
            let id = self.model.as_deref().unwrap_or(DEFAULT_LANGUAGE_MODEL);
            let model = store.model(id).map_err(hints::models)?;
            let loaded = InProcess::load(&model, threads, Arc::clone(&clock));
            (Arc::new(loaded.map_err(explain)?), NO_LIMIT)
        };
        let prompts = prompts::all(&self.config)?;
        let settings = LlmSettings { total, ..LlmSettings::default() };
        let reranker = LlmReranker::new(backend, self.strategy, prompts, settings, clock);
        Ok(Arc::new(reranker.map_err(explain)?))
    }

    /// Two models are one too many.
    fn none_of_the_store(&self) -> Result<(), CliError> {
        let Some(model) = &self.model else { return Ok(()) };
        let message = format!("there is an api-base, and llm-model {model} is for this process");
        Err(CliError::usage(message)
            .hint("trommel search --reranker llm --api-base URL --api-model NAME …")
            .hint("trommel search --reranker llm --llm-model ID …"))
    }
}

fn explain(error: LlmError) -> CliError {
    match error {
        LlmError::Models(error) => hints::models(error),
        error => CliError::new(Kind::Usage, error).hint("trommel search --reranker none QUERY"),
    }
}
