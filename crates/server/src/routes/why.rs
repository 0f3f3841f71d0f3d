//! `POST /v1/why`: what became of one document in one search.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use trommel::SteadyClock;
use trommel::json::why_with_text;
use utoipa::ToSchema;

use super::fields::{Body, Fields};
use super::search::{SearchRequest, json};
use crate::error::{ApiError, ApiResult};
use crate::state::App;

/// A document and a query.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub(crate) struct WhyRequest {
    /// The query, as it was searched.
    query: String,
    /// The document's id, as a hit shows it.
    id: String,
    /// The collection, if there are several.
    #[serde(default)]
    collection: Option<String>,
    /// How many hits the search has.
    #[serde(default)]
    k: Option<usize>,
    /// Its last stage.
    #[serde(default)]
    stage: Option<String>,
    /// Conditions on metadata.
    #[serde(default)]
    filter: Vec<String>,
    /// Folders or globs.
    #[serde(default)]
    path: Vec<String>,
}

impl Body for WhyRequest {
    const FIELDS: &'static [&'static str] =
        &["query", "id", "collection", "k", "stage", "filter", "path"];
}

/// Tells what became of a document.
pub(crate) async fn why(
    State(app): State<App>,
    Fields(request): Fields<WhyRequest>,
) -> ApiResult<Response> {
    let served = app.collection(request.collection.as_deref())?.clone();
    let WhyRequest { query, id, k, stage, filter, path, .. } = request;
    if query.trim().is_empty() {
        return Err(ApiError::invalid("the query is empty: expected at least one character"));
    }
    let as_search = SearchRequest { k, stage, ..SearchRequest::default() };
    let settings = served.search_settings(&as_search.said()?, &filter, &path)?;
    let told = app.pool.run(move |_| {
        let searcher = served.searcher(settings.stage)?;
        let why = searcher.why(&id, &query, &settings, &SteadyClock::start());
        match why.map_err(trommel::Error::from)? {
            Some(why) => Ok(why_with_text(&why, &query, &settings)),
            None => Err(served.no_document(&id)),
        }
    });
    Ok(json(told.await??))
}
