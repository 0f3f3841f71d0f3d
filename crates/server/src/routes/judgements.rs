//! `/v1/judgements` and `/v1/helps`: what a person says of hits, and what that shows.

use std::sync::{Arc, PoisonError};

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Value, json};
use trommel::{Error, Judgements};
use utoipa::ToSchema;

use super::fields::{Body, Fields};
use super::status::Of;
use crate::error::{ApiError, ApiResult};
use crate::helps;
use crate::pool::Refused;
use crate::served::Served;
use crate::state::App;

/// Which judgements are wanted.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Listed {
    /// The collection, if there are several.
    collection: Option<String>,
    /// Only those of this query.
    query: Option<String>,
}

/// A judgement.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub(crate) struct JudgeRequest {
    /// The collection, if there are several.
    #[serde(default)]
    collection: Option<String>,
    /// The query, as it was searched.
    query: String,
    /// The document's id.
    id: String,
    /// 0 to 3: not relevant, related, relevant, perfect; null takes it back.
    grade: Option<u8>,
}

impl Body for JudgeRequest {
    const FIELDS: &'static [&'static str] = &["collection", "query", "id", "grade"];
}

/// Lists judgements.
pub(crate) async fn list(
    State(app): State<App>,
    Query(listed): Query<Listed>,
) -> ApiResult<Json<Value>> {
    let served = app.collection(listed.collection.as_deref())?.clone();
    beside(move || {
        with_judgements(&served, false, |judgements| {
            let mut all = Vec::new();
            for query in judgements.queries() {
                let text = query.text.trim();
                if listed.query.as_deref().is_some_and(|wanted| wanted.trim() != text) {
                    continue;
                }
                for (id, grade) in judgements.qrels().of(&query.id).into_iter().flatten() {
                    all.push(json!({ "query": text, "id": id, "grade": grade }));
                }
            }
            Ok(json!({ "queries": judgements.qrels().len(), "judgements": all }))
        })
    })
    .await
}

/// Judges a document, or takes a judgement back.
pub(crate) async fn judge(
    State(app): State<App>,
    Fields(request): Fields<JudgeRequest>,
) -> ApiResult<Json<Value>> {
    let served = app.collection(request.collection.as_deref())?.clone();
    let JudgeRequest { query, id, grade, .. } = request;
    if grade.is_some_and(|grade| grade > 3) {
        return Err(ApiError::invalid("grade: expected 0 to 3 or null"));
    }
    let query = query.trim().to_owned();
    if query.is_empty() || id.is_empty() {
        return Err(ApiError::invalid("expected a query and an id, got an empty one"));
    }
    if query.len() > app.limits.query_bytes {
        return Err(ApiError::invalid("the query is longer than one may be"));
    }
    beside(move || {
        if served.collection.document(&id)?.is_none() {
            return Err(served.no_document(&id));
        }
        with_judgements(&served, true, |judgements| {
            let query = judgements.named(&query);
            judgements.merge(&query).map_err(Error::from)?;
            match grade {
                Some(grade) => judgements.grade(&query.id, &id, grade).map_err(Error::from)?,
                None => judgements.take_back(&query.id, &id).map_err(Error::from)?,
            }
            Ok(json!({ "queries": judgements.qrels().len() }))
        })
    })
    .await
}

/// Says whether each stage helps on what was judged.
pub(crate) async fn helps(State(app): State<App>, Query(of): Query<Of>) -> ApiResult<Json<Value>> {
    let served = app.collection(of.collection.as_deref())?.clone();
    let measured = app.pool.run(move |wanted| helps::helps(&served, wanted));
    Ok(Json(measured.await??))
}

/// Runs what waits for files beside the threads that compute.
async fn beside(
    work: impl FnOnce() -> ApiResult<Value> + Send + 'static,
) -> ApiResult<Json<Value>> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(Refused::Lost.into())).map(Json)
}

/// Opens the judgements of a collection for one change; nobody else of this server has them meanwhile.
fn with_judgements(
    served: &Arc<Served>,
    may_make: bool,
    work: impl FnOnce(&mut Judgements) -> ApiResult<Value>,
) -> ApiResult<Value> {
    let _judging = served.judging.lock().unwrap_or_else(PoisonError::into_inner);
    if !may_make && !served.judgements.exists() {
        return Ok(json!({ "queries": 0, "judgements": [] }));
    }
    let mut judgements = Judgements::open(&served.judgements).map_err(Error::from)?;
    work(&mut judgements)
}
