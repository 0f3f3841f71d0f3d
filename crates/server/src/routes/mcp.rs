//! `POST /mcp`: the tools of agents.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response};
use axum::routing::any;

use crate::mcp::Http;
use crate::state::App;
use crate::tools::AppTools;

/// Returns the route.
pub(super) fn routes(app: &App) -> Router<App> {
    let http = Http::new(Arc::new(AppTools(app.clone())));
    Router::new().route("/mcp", any(answer)).with_state(http)
}

async fn answer(
    State(http): State<Http>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    http.respond(method, headers, body).await.map(Into::into)
}
