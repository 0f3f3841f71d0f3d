//! What the tests of hosted rerankers share.
#![allow(dead_code, reason = "each test file uses its part")]

use std::sync::Arc;

use trommel_core::Clock;
use trommel_remote::{ApiKey, Dialect, Endpoint, HostedReranker, Settings};
use trommel_testkit::loopback::{Answer, Loopback};
use trommel_testkit::{Hurried, RerankApi};

pub(crate) const KEY: &str = "k3y-0f-the-tests";

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
