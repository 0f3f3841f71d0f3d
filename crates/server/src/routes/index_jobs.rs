//! `POST /v1/index` and `/v1/jobs`: indexing runs.

use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::events::channel;
use super::fields::{Body, Fields};
use crate::error::ApiResult;
use crate::jobs::JobState;
use crate::state::App;

/// What is to be brought up to date.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct IndexRequest {
    /// The collection, if there are several.
    collection: Option<String>,
}

impl Body for IndexRequest {
    const FIELDS: &'static [&'static str] = &["collection"];
}

/// Begins to bring a collection up to date with all that was indexed before.
pub(crate) async fn start(
    State(app): State<App>,
    Fields(request): Fields<IndexRequest>,
) -> ApiResult<Response> {
    let served = app.collection(request.collection.as_deref())?.clone();
    let job = app.jobs.start(served, Vec::new())?;
    let state = job.state.borrow().clone();
    Ok((StatusCode::ACCEPTED, Json(state)).into_response())
}

/// Says how far a run is.
pub(crate) async fn state(
    State(app): State<App>,
    Path(id): Path<String>,
) -> ApiResult<Json<JobState>> {
    let state = app.jobs.job(&id)?.state.borrow().clone();
    Ok(Json(state))
}

/// Asks a run to end at its last commit.
pub(crate) async fn cancel(
    State(app): State<App>,
    Path(id): Path<String>,
) -> ApiResult<Json<JobState>> {
    let job = app.jobs.job(&id)?;
    job.cancel.store(true, Ordering::Relaxed);
    let state = job.state.borrow().clone();
    Ok(Json(state))
}

/// Tells of a run until it ends.
pub(crate) async fn events(State(app): State<App>, Path(id): Path<String>) -> ApiResult<Response> {
    let mut state = app.jobs.job(&id)?.state;
    let (told, events) = channel();
    tokio::spawn(async move {
        loop {
            let now = state.borrow_and_update().clone();
            let has_ended = now.state != "running";
            let name = if has_ended { "end" } else { "progress" };
            let data = serde_json::to_string(&now).unwrap_or_default();
            let is_heard = told.tell(Event::default().event(name).data(data));
            if has_ended || !is_heard {
                return;
            }
            tokio::select! {
                changed = state.changed() => if changed.is_err() { return },
                () = told.closed() => return,
            }
        }
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}
