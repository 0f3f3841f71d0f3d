//! `/v1/documents`: reading one as it was indexed, adding and removing.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use trommel::json;
use trommel::{Document, DocumentPart, Metadata, Upserted};
use utoipa::ToSchema;

use super::fields::{Body, Fields};
use super::search::json as as_json;
use crate::error::{ApiError, ApiResult};
use crate::state::App;

/// How much text is given at once, in characters, if nothing is said.
const CHARS: usize = 20_000;
/// How much at most.
const MOST_CHARS: usize = 1_000_000;

/// Which part of a document is wanted.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Part {
    /// The collection, if there are several.
    collection: Option<String>,
    /// Lines of its text: `10` or `10-40`.
    lines: Option<String>,
    /// A page, slide, chapter or cell by number, or a sheet by name.
    page: Option<String>,
    /// A passage, from 1.
    passage: Option<usize>,
    /// The most text, in characters.
    max_chars: Option<usize>,
}

/// Reads a document.
pub(crate) async fn read(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(part): Query<Part>,
) -> ApiResult<Response> {
    let served = app.collection(part.collection.as_deref())?.clone();
    let most = part.max_chars.unwrap_or(CHARS).clamp(1, MOST_CHARS);
    let wanted = wanted(&part)?;
    let read = tokio::task::spawn_blocking(move || {
        let stored = served.collection.document(&id)?.ok_or_else(|| served.no_document(&id))?;
        let range = wanted.range(&stored).ok_or_else(|| {
            ApiError::not_found("unknown_part", format!("{id:?} has no such part"))
                .hint(format!("it has {}", DocumentPart::all_of(&stored)))
        })?;
        Ok(json::document_of(&served.name, &stored, &range, most))
    });
    let read: ApiResult<Vec<u8>> =
        read.await.unwrap_or_else(|_| Err(crate::pool::Refused::Lost.into()));
    Ok(as_json(read?))
}

fn wanted(part: &Part) -> ApiResult<DocumentPart> {
    let said = [part.lines.is_some(), part.page.is_some(), part.passage.is_some()];
    if said.into_iter().filter(|it| *it).count() > 1 {
        return Err(ApiError::invalid("expected one of lines, page and passage, got several"));
    }
    match (&part.lines, &part.page, part.passage) {
        (Some(lines), ..) => DocumentPart::lines(lines).ok_or_else(|| {
            ApiError::invalid(format!("lines: expected 10 or 10-40, got {lines:?}"))
        }),
        (_, Some(page), _) => Ok(DocumentPart::page(page)),
        (.., Some(passage)) => Ok(DocumentPart::Passage(passage)),
        _ => Ok(DocumentPart::Whole),
    }
}

/// Documents to add.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub(crate) struct AddRequest {
    /// The collection, if there are several.
    #[serde(default)]
    collection: Option<String>,
    /// Objects with `_id`, `text`, and, if they like, `title` and more, which is metadata.
    #[schema(value_type = Vec<Object>)]
    documents: Vec<Map<String, Value>>,
}

impl Body for AddRequest {
    const FIELDS: &'static [&'static str] = &["collection", "documents"];
}

/// What became of documents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Changed {
    /// How many were new.
    added: usize,
    /// How many took the place of one with their id.
    updated: usize,
    /// How many were there as they are.
    unchanged: usize,
    /// How many were removed.
    removed: usize,
    /// The generation that has all of that.
    generation: u64,
}

/// Adds documents, or puts them in the place of those with their ids.
pub(crate) async fn add(
    State(app): State<App>,
    Fields(request): Fields<AddRequest>,
) -> ApiResult<Json<Changed>> {
    let served = app.collection(request.collection.as_deref())?.clone();
    let most = app.limits.documents;
    if request.documents.len() > most {
        let got = request.documents.len();
        return Err(ApiError::new(
            axum::http::StatusCode::PAYLOAD_TOO_LARGE,
            "too_many_documents",
            format!("expected at most {most} documents, got {got}"),
        ));
    }
    let most = app.limits.document_bytes;
    let documents = request.documents.into_iter().enumerate();
    let documents = documents.map(|(place, it)| document_of(place, it, most));
    let documents = documents.collect::<ApiResult<Vec<Document>>>()?;
    let _writing = app.jobs.hold(&served.name)?;
    let changed = app.pool.run(move |_| {
        let mut changed = Changed::default();
        for document in documents {
            match served.collection.upsert(document)? {
                Upserted::Added => changed.added += 1,
                Upserted::Updated => changed.updated += 1,
                Upserted::Unchanged => changed.unchanged += 1,
            }
        }
        changed.generation = served.collection.commit()?;
        ApiResult::Ok(changed)
    });
    Ok(Json(changed.await??))
}

fn document_of(place: usize, mut object: Map<String, Value>, most: usize) -> ApiResult<Document> {
    let wrong = |what: &str| ApiError::invalid(format!("documents[{place}].{what}"));
    let text = |value: Option<Value>| match value {
        Some(Value::String(text)) => Some(Some(text)),
        None | Some(Value::Null) => Some(None),
        _ => None,
    };
    let id = match object.remove("_id") {
        Some(Value::String(id)) if !id.trim().is_empty() => id,
        Some(Value::Number(number)) if !number.is_f64() => number.to_string(),
        _ => return Err(wrong("_id: expected text that is not empty, or a whole number")),
    };
    let title = text(object.remove("title")).ok_or_else(|| wrong("title: expected text"))?;
    let body = text(object.remove("text")).ok_or_else(|| wrong("text: expected text"))?;
    let (title, body) = (title.unwrap_or_default(), body.unwrap_or_default());
    if title.trim().is_empty() && body.trim().is_empty() {
        return Err(wrong("text: expected text or a title, got neither"));
    }
    if title.len() + body.len() > most {
        return Err(wrong(&format!("text: expected at most {most} bytes")));
    }
    let rest = object.into_iter().filter(|(_, value)| !value.is_null());
    let metadata: Metadata = rest
        .map(|(name, value)| match value {
            Value::String(text) => (name, text),
            other => (name, other.to_string()),
        })
        .collect();
    Ok(Document { metadata, ..Document::new(id, body).with_title(title) })
}

/// Which collection a document is removed from.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct From {
    /// The collection, if there are several.
    collection: Option<String>,
}

/// Removes a document.
pub(crate) async fn remove(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(from): Query<From>,
) -> ApiResult<Json<Changed>> {
    let served = app.collection(from.collection.as_deref())?.clone();
    let _writing = app.jobs.hold(&served.name)?;
    let removed = app.pool.run(move |_| {
        if !served.collection.remove(&id)? {
            return Err(served.no_document(&id));
        }
        let generation = served.collection.commit()?;
        Ok(Changed { removed: 1, generation, ..Changed::default() })
    });
    Ok(Json(removed.await??))
}
