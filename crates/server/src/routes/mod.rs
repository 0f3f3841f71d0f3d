//! The routes: what each request is answered with.

pub(crate) mod compat;
mod documents;
mod events;
mod fields;
mod index_jobs;
mod judgements;
mod mcp;
mod operations;
mod page;
mod search;
mod status;
mod why;

use std::time::Instant;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};

use crate::error::{ApiError, Detail};
use crate::guard;
use crate::state::App;

pub(crate) use search::{SearchRequest, json_of, whole};
pub(crate) use status::of as status_of;

/// The bodies of requests and answers that are described.
pub(crate) mod schemas {
    pub(crate) use super::documents::{AddRequest, Changed};
    pub(crate) use super::index_jobs::IndexRequest;
    pub(crate) use super::judgements::JudgeRequest;
    pub(crate) use super::search::SearchRequest;
    pub(crate) use super::why::WhyRequest;
}

/// Returns all routes.
pub(crate) fn router(app: App) -> Router {
    let body = DefaultBodyLimit::max(app.limits.body_bytes);
    let own = Router::new()
        .route("/v1/search", post(search::search))
        .route("/v1/documents", post(documents::add))
        .route("/v1/documents/{id}", get(documents::read).delete(documents::remove))
        .route("/v1/why", post(why::why))
        .route("/v1/status", get(status::status))
        .route("/v1/budget", get(status::budget))
        .route("/v1/index", post(index_jobs::start))
        .route("/v1/jobs/{id}", get(index_jobs::state).delete(index_jobs::cancel))
        .route("/v1/jobs/{id}/events", get(index_jobs::events))
        .route("/v1/judgements", get(judgements::list).post(judgements::judge))
        .route("/v1/helps", get(judgements::helps));
    let others = compat::routes();
    let operations = Router::new()
        .route("/health", get(operations::ready))
        .route("/health/live", get(operations::live))
        .route("/health/ready", get(operations::ready))
        .route("/metrics", get(operations::metrics))
        .route("/openapi.json", get(operations::openapi));
    let page = Router::new().route("/", get(page::index)).route("/page/{name}", get(page::file));
    own.merge(others)
        .merge(operations)
        .merge(page)
        .merge(mcp::routes(&app))
        .fallback(unknown_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(body)
        .layer(from_fn_with_state(app.clone(), guard::check))
        .layer(from_fn_with_state(app.clone(), counted))
        .layer(from_fn(plain_headers))
        .with_state(app)
}

async fn unknown_route(request: Request) -> ApiError {
    ApiError::not_found("unknown_route", format!("nothing is at {}", request.uri().path()))
        .hint("GET /openapi.json lists all that there is")
}

async fn wrong_method(request: Request) -> ApiError {
    let message = format!("{} is not taken at {}", request.method(), request.uri().path());
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", message)
}

/// Counts requests, by the route that took them.
async fn counted(State(app): State<App>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let response = next.run(request).await;
    let route = route.unwrap_or_else(|| "other".to_owned());
    app.metrics.request(&route, response.status().as_u16(), began.elapsed());
    if let Some(Detail(detail)) = response.extensions().get() {
        app.log.failure(&route, detail);
    }
    app.log.request(&route, response.status().as_u16(), began.elapsed());
    response
}

/// Says what browsers must not do with answers.
async fn plain_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let same_origin = HeaderValue::from_static("same-origin");
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), same_origin);
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}
