//! What the tests of hosted rerankers share.
#![allow(dead_code, reason = "each test file uses its part")]

use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use trommel_core::{Calibration, RerankScore};
use trommel_rerank::hosted::{
    ApiKey, Clock, Dialect, Endpoint, HostedReranker, Settings, SystemClock,
};
use trommel_rerank::llm::{LlmReranker, LlmSettings, OpenAi, Prompts, Strategy};
use trommel_testkit::loopback::{Answer, Loopback};
use trommel_testkit::{RerankApi, chat_answer, counting};

pub(crate) const KEY: &str = "k3y-0f-the-tests";

/// A clock on which sleeping takes no time: the hand is moved on instead.
pub(crate) struct Hurried {
    real: SystemClock,
    slept: Mutex<Vec<Duration>>,
}

impl Hurried {
    pub(crate) fn start() -> Arc<Self> {
        Arc::new(Self { real: SystemClock::start(), slept: Mutex::default() })
    }

    /// Returns how long was slept, time by time.
    pub(crate) fn slept(&self) -> Vec<Duration> {
        self.slept.lock().unwrap().clone()
    }
}

impl Clock for Hurried {
    fn now(&self) -> Duration {
        self.real.now() + self.slept().iter().sum::<Duration>()
    }

    fn sleep(&self, time: Duration) {
        self.slept.lock().unwrap().push(time);
    }
}

/// Returns the API that a dialect is for.
pub(crate) fn api(dialect: Dialect) -> RerankApi {
    match dialect {
        Dialect::Cohere | Dialect::CompatibleV2 => RerankApi::CohereV2,
        Dialect::Voyage => RerankApi::Voyage,
        Dialect::Jina => RerankApi::Jina,
        Dialect::Tei => RerankApi::Tei,
        Dialect::CompatibleV1 => RerankApi::CohereV1,
    }
}

/// Starts a server that answers rightly.
pub(crate) fn serve(dialect: Dialect) -> Loopback {
    Loopback::start(move |request| api(dialect).answer(request, Some(KEY)))
}

/// Starts a server that gives these answers in turn, and then right ones.
pub(crate) fn serve_first(dialect: Dialect, answers: Vec<Answer>) -> Loopback {
    Loopback::start(move |request| match answers.get(request.number) {
        Some(answer) => answer.clone(),
        None => api(dialect).answer(request, Some(KEY)),
    })
}

pub(crate) fn endpoint(dialect: Dialect, server: &Loopback) -> Endpoint {
    Endpoint::new(dialect, Some(&server.url()), Some("a-model")).unwrap()
}

pub(crate) fn reranker_with(
    dialect: Dialect,
    server: &Loopback,
    settings: Settings,
    clock: Arc<dyn Clock>,
) -> HostedReranker {
    let key = ApiKey::new(KEY).unwrap();
    HostedReranker::new(endpoint(dialect, server), Some(&key), settings, clock).unwrap()
}

pub(crate) fn reranker(dialect: Dialect, server: &Loopback) -> HostedReranker {
    reranker_with(dialect, server, Settings::default(), Hurried::start())
}

/// Returns an error with all its causes, as `Display` and as `Debug`.
pub(crate) fn told(error: &dyn Error) -> String {
    let mut told = format!("{error:?}\n{error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        told.push_str(&format!("\n{error}"));
        cause = error.source();
    }
    told
}

/// Starts a chat completions server with a model that counts words.
pub(crate) fn chat_server() -> Loopback {
    Loopback::start(|request| chat_answer(request, Some(KEY), counting))
}

pub(crate) fn openai(server: &Loopback, context: Option<usize>, clock: Arc<dyn Clock>) -> OpenAi {
    let key = ApiKey::new(KEY).unwrap();
    OpenAi::new(&server.url(), "a-model", context, Some(&key), Settings::default(), clock).unwrap()
}

pub(crate) fn llm_with(
    server: &Loopback,
    strategy: Strategy,
    context: Option<usize>,
    clock: Arc<dyn Clock>,
) -> LlmReranker {
    let backend = Arc::new(openai(server, context, Arc::clone(&clock)));
    let prompts = Prompts::usual().unwrap();
    LlmReranker::new(backend, strategy, prompts, LlmSettings::default(), clock).unwrap()
}

pub(crate) fn llm(server: &Loopback, strategy: Strategy) -> LlmReranker {
    llm_with(server, strategy, None, Hurried::start())
}

pub(crate) fn probability(score: RerankScore) -> f64 {
    f64::from(Calibration::SIGMOID.probability(score.logit))
}
