//! The routes of others' APIs: rerank, embeddings, models.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use trommel::{Stopped, rank_texts};

use super::search::json;
use crate::compat::embed::{self, EmbedCall, EmbedResult, InputType};
use crate::compat::models::{self, Info, Loaded, ModelType};
use crate::compat::rerank::{self, RerankCall, RerankResult, Scored};
use crate::compat::{CallError, Headers, Refusal, Route, known_model};
use crate::error::ApiError;
use crate::pool::{Refused, Wanted};
use crate::state::App;

/// What a budget left unread, where an answer has no place for it.
const WARNING: HeaderName = HeaderName::from_static("x-trommel-warning");
/// Says how many milliseconds the reranker took (W3C, Server Timing).
const TIMING: HeaderName = HeaderName::from_static("server-timing");

/// Returns the routes.
pub(super) fn routes() -> Router<App> {
    let ranking = ["/rerank", "/v1/rerank", "/v2/rerank", "/reranking", "/v1/reranking"];
    let embedding = ["/embed", "/v1/embed", "/v2/embed", "/embeddings", "/v1/embeddings"];
    let router =
        ranking.into_iter().fold(Router::new(), |router, path| router.route(path, post(rank)));
    let router =
        embedding.into_iter().fold(router, |router, path| router.route(path, post(embed_texts)));
    router
        .route("/v1/models", get(list_models))
        .route("/v1/models/{id}", get(one_model))
        .route("/info", get(info))
}

/// Returns an error of who may ask in the shape of the API that was asked; nothing for trommel's own.
pub(crate) fn refused(request: &Request, error: &ApiError) -> Option<Response> {
    let route = Route::of_path(request.uri().path())?;
    let error = match error.status {
        StatusCode::UNAUTHORIZED => CallError::Unauthorized,
        _ => return None,
    };
    Some(refusal(&Refusal::unread(route, headers_of(request.headers()), error)))
}

fn headers_of(headers: &HeaderMap) -> Headers<'_> {
    Headers::read(|name| headers.get(name).and_then(|value| value.to_str().ok()))
}

fn refusal(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = json(refusal.body().to_string().into_bytes());
    *response.status_mut() = status;
    let retry = refusal.retry_after().and_then(|it| HeaderValue::from_str(&it.to_string()).ok());
    if let Some(value) = retry {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

fn either(result: Result<Response, Refusal>) -> Response {
    result.unwrap_or_else(|refused| refusal(&refused))
}

/// Returns the body, or that it is too large in the shape of the API.
fn whole(
    body: Result<Bytes, BytesRejection>,
    route: Route,
    headers: Headers<'_>,
    app: &App,
) -> Result<Bytes, Refusal> {
    body.map_err(|rejection| {
        let error = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                CallError::BodyTooLarge { limit: app.limits.body_bytes }
            }
            _ => CallError::Internal { problem: "the body did not come whole".to_owned() },
        };
        Refusal::unread(route, headers, error)
    })
}

/// Returns what a request that was not computed is told.
fn not_computed(refused: Refused) -> CallError {
    match refused {
        Refused::Full(patience) => CallError::Overloaded { retry_after: patience.as_secs().max(1) },
        Refused::Lost => {
            CallError::Internal { problem: "the request broke; the server goes on".into() }
        }
    }
}

/// Ranks texts for a query.
async fn rank(
    State(app): State<App>,
    headers: HeaderMap,
    uri: axum::http::Uri,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Some(route) = Route::of_path(uri.path()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    either(rank_as(app, route, headers_of(&headers), body).await)
}

async fn rank_as(
    app: App,
    route: Route,
    headers: Headers<'_>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    let body = whole(body, route, headers, &app)?;
    let call = rerank::read(route, headers, &body, app.limits.into())?;
    let dialect = call.dialect;
    let refuse = |error| Refusal { dialect: Some(dialect), error };
    let ids = app.models.reranker_ids();
    let Some(last) = ids.last().cloned() else {
        return Err(refuse(CallError::NoModel { kind: "reranker" }));
    };
    if app.strict_model {
        let known: Vec<&str> = ids.iter().map(String::as_str).collect();
        known_model(call.model.as_deref(), &known).map_err(refuse)?;
    }
    let shared = app.clone();
    let ranked = app.pool.run(move |wanted| {
        let began = Instant::now();
        let result = ranked(&shared, &call, last, wanted)?;
        let took = began.elapsed();
        let warning = rerank::warning(&call, &result);
        let answer = rerank::answer(&call, result);
        let broken = |error: serde_json::Error| CallError::Internal { problem: error.to_string() };
        Ok((answer.map_err(broken)?, warning, took))
    });
    let (answer, warning, took) =
        ranked.await.map_err(not_computed).and_then(|ranked| ranked).map_err(refuse)?;
    let mut response = json(answer);
    let timing = format!("rerank;dur={:.1}", took.as_secs_f64() * 1000.0);
    response.headers_mut().extend(timing.parse().ok().map(|value| (TIMING, value)));
    if let Some(value) = warning.and_then(|warning| HeaderValue::from_str(&warning).ok()) {
        response.headers_mut().insert(WARNING, value);
    }
    Ok(response)
}

/// Has the second stage read texts.
fn ranked(
    app: &App,
    call: &RerankCall,
    model: String,
    wanted: &Wanted,
) -> Result<RerankResult, CallError> {
    let texts: Vec<&str> = call.documents.iter().map(String::as_str).collect();
    let budget = call.budget_ms.map(Duration::from_millis);
    let ranked =
        rank_texts(app.models.rerankers(), &call.query, &texts, budget, wanted.cancelled());
    let ranked = ranked.map_err(|_| failed(&model))?;
    app.metrics.reading(ranked.read, ranked.stopped == Stopped::Budget);
    // About four letters are a token.
    let letters: usize = texts.iter().map(|text| text.len() + call.query.len()).sum();
    let results = ranked.texts.iter();
    let results = results
        .map(|it| Scored { index: it.place, relevance: it.probability, logit: it.logit })
        .collect();
    Ok(RerankResult {
        results,
        read: ranked.read,
        stopped: (ranked.stopped == Stopped::Budget).then_some(rerank::Stopped::Budget),
        tokens: letters / 4,
        model,
        id: id_of(&call.query, &texts),
    })
}

/// Returns an id for an answer: the same question has the same.
fn id_of(query: &str, texts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(query.as_bytes());
    for text in texts {
        hasher.update(text.as_bytes());
    }
    let hex = hasher.finalize().to_hex();
    format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[12..15], &hex[15..18], &hex[18..30])
}

fn failed(model: &str) -> CallError {
    CallError::Internal { problem: format!("{model} failed") }
}

/// Encodes texts.
async fn embed_texts(
    State(app): State<App>,
    headers: HeaderMap,
    uri: axum::http::Uri,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Some(route) = Route::of_path(uri.path()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    either(embed_as(app, route, headers_of(&headers), body).await)
}

async fn embed_as(
    app: App,
    route: Route,
    headers: Headers<'_>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    let body = whole(body, route, headers, &app)?;
    let Some(encoder) = app.models.encoder().map(Arc::clone) else {
        return Err(Refusal::unread(route, headers, CallError::NoModel { kind: "encoder" }));
    };
    let (model, dimension) = (encoder.fingerprint().model.clone(), encoder.fingerprint().dimension);
    let call = embed::read(route, headers, &body, app.limits.into(), dimension)?;
    let dialect = call.dialect;
    let refuse = |error| Refusal { dialect: Some(dialect), error };
    if app.strict_model {
        known_model(call.model.as_deref(), &[&model]).map_err(refuse)?;
    }
    let encoded = app.pool.run(move |_| {
        let vectors = vectors(&*encoder, &call).map_err(|_| failed(&model))?;
        let letters: usize = call.inputs.iter().map(String::len).sum();
        let texts: Vec<&str> = call.inputs.iter().map(String::as_str).collect();
        let id = id_of("", &texts);
        let result = EmbedResult { vectors, tokens: letters / 4, model, id };
        let broken = |error: serde_json::Error| CallError::Internal { problem: error.to_string() };
        embed::answer(&call, &result).map_err(broken)
    });
    let answer = encoded.await.map_err(not_computed).and_then(|it| it).map_err(refuse)?;
    Ok(json(answer))
}

fn vectors(
    encoder: &dyn trommel::Encoder,
    call: &EmbedCall,
) -> Result<Vec<Vec<f32>>, trommel::ModelError> {
    match call.input_type {
        InputType::Query => call.inputs.iter().map(|text| encoder.encode_query(text)).collect(),
        InputType::Document => {
            let texts: Vec<&str> = call.inputs.iter().map(String::as_str).collect();
            encoder.encode_passages(&texts)
        }
    }
}

fn loaded(app: &App) -> Vec<Loaded> {
    let created = app.models.loaded();
    let ids =
        app.models.encoder_id().map(str::to_owned).into_iter().chain(app.models.reranker_ids());
    ids.map(|id| Loaded { id, created }).collect()
}

async fn list_models(State(app): State<App>) -> Response {
    written(models::list(&loaded(&app)))
}

async fn one_model(State(app): State<App>, Path(id): Path<String>) -> Response {
    match models::find(&loaded(&app), &id) {
        Ok(found) => written(models::one(found)),
        Err(refused) => refusal(&refused),
    }
}

fn written(body: serde_json::Result<Vec<u8>>) -> Response {
    body.map_or_else(|_| Body::empty().into_response(), json)
}

async fn info(State(app): State<App>) -> Response {
    let encoder = app.models.encoder().map(|encoder| encoder.fingerprint());
    let rerankers = app.models.reranker_ids();
    let id = encoder.map(|it| it.model.clone()).or_else(|| rerankers.last().cloned());
    let id = id.unwrap_or_default();
    let (.., limit) = app.pool.load();
    let info = Info {
        model_id: id.clone(),
        model_sha: encoder.map(|it| it.weights.clone()),
        model_dtype: "float32".into(),
        served_model_name: id,
        model_type: match encoder {
            Some(_) => ModelType::Embedding { pooling: "cls" },
            None => ModelType::reranker(),
        },
        max_concurrent_requests: limit,
        max_input_length: encoder.map_or(512, |it| it.max_tokens),
        max_batch_tokens: 16_384,
        max_batch_requests: None,
        max_client_batch_size: app.limits.documents,
        auto_truncate: true,
        tokenization_workers: 1,
        version: env!("CARGO_PKG_VERSION"),
        sha: None,
        docker_label: None,
    };
    written(serde_json::to_vec(&info))
}
