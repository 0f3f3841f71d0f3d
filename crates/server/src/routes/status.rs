//! `GET /v1/status` and `GET /v1/budget`: what there is, and what time buys.

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ApiResult;
use crate::served::Served;
use crate::state::App;

/// Says what the server has.
pub(crate) async fn status(State(app): State<App>) -> ApiResult<Json<Value>> {
    Ok(Json(of(&app)?))
}

/// Returns what the server has.
pub(crate) fn of(app: &App) -> ApiResult<Value> {
    let collections = app.collections.iter().map(|served| collection(served));
    let collections = collections.collect::<ApiResult<Vec<Value>>>()?;
    let (waiting, running, limit) = app.pool.load();
    Ok(json!({
        "schema": "trommel.server.v1",
        "version": env!("CARGO_PKG_VERSION"),
        "ready": true,
        "collections": collections,
        "encoder": app.models.encoder_id(),
        "rerankers": app.models.reranker_ids(),
        "queue": { "waiting": waiting, "running": running, "limit": limit },
        "jobs": app.jobs.all(),
    }))
}

fn collection(served: &Served) -> ApiResult<Value> {
    let status = served.collection.status()?;
    let roots = status.roots.iter().map(|root| {
        let there = !root.kind.is_on_disk() || trommel_core::path_of_text(&root.path).exists();
        json!({ "kind": root.kind, "path": root.path, "there": there })
    });
    let committed = std::fs::metadata(served.collection.folder().join("manifest.json"))
        .and_then(|manifest| manifest.modified())
        .ok()
        .and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok())
        .map(|since| crate::time::iso(since.as_secs()));
    Ok(json!({
        "name": served.name,
        "documents": status.documents,
        "passages": status.passages,
        "generation": status.generation,
        "bytes": status.bytes,
        "roots": roots.collect::<Vec<_>>(),
        "encoder": status.encoder.model,
        "analyzer": status.analyzer,
        "languages": status.languages,
        "committed": committed,
        "writable": true,
    }))
}

/// Which collection is asked about.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Of {
    /// The collection, if there are several.
    pub(crate) collection: Option<String>,
}

/// Times of a slider, in milliseconds.
const BUDGETS: [u64; 8] = [50, 100, 200, 350, 500, 1000, 2000, 5000];

/// Says how many passages a budget reads, as it went of late.
pub(crate) async fn budget(State(app): State<App>, Query(of): Query<Of>) -> ApiResult<Json<Value>> {
    app.collection(of.collection.as_deref())?;
    let per_pair = app.metrics.per_pair_ms();
    let reads = |ms: u64| per_pair.map(|per_pair| (ms as f64 / per_pair).floor() as u64);
    let points = BUDGETS.map(|ms| json!({ "budget_ms": ms, "reads": reads(ms) }));
    Ok(Json(json!({ "per_pair_ms": per_pair, "points": points })))
}
