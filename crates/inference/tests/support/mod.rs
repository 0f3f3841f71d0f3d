//! What the tests of language models share.
#![allow(dead_code, reason = "each test file uses its part")]

use std::sync::Arc;

use trommel_core::{Calibration, Clock, RerankScore};
use trommel_inference::llm::{LlmReranker, LlmSettings, Prompts, Strategy};
use trommel_remote::{ApiKey, OpenAi, Settings};
use trommel_testkit::loopback::Loopback;
use trommel_testkit::{Hurried, chat_answer, counting};

pub(crate) const KEY: &str = "k3y-0f-the-tests";

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
