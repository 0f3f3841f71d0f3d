//! `/health`, `/metrics`, `/openapi.json`: for whoever runs the server.

use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::metrics::Now;
use crate::openapi;
use crate::state::App;

/// Says that the process answers.
pub(crate) async fn live() -> Json<Value> {
    Json(json!({ "status": "live" }))
}

/// Says whether the server takes requests: models are loaded and collections open.
pub(crate) async fn ready(State(app): State<App>) -> Response {
    if app.ending.load(Ordering::Relaxed) {
        return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "ending" })))
            .into_response();
    }
    Json(json!({ "status": "ready" })).into_response()
}

/// Returns what was counted.
pub(crate) async fn metrics(State(app): State<App>) -> Response {
    let (waiting, running, _) = app.pool.load();
    let collections = app.collections.iter().filter_map(|served| {
        let status = served.collection.status().ok()?;
        Some((served.name.clone(), status.generation, status.documents))
    });
    let now = Now {
        waiting,
        running,
        known_pairs: app.models.known_pairs(),
        collections: collections.collect(),
    };
    const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, TEXT)], app.metrics.text(&now)).into_response()
}

/// Returns what there is to ask, for programs.
pub(crate) async fn openapi() -> Response {
    Json(openapi::document()).into_response()
}
