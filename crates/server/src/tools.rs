//! What agents' tools stand on: the same searches and documents as HTTP.

use std::sync::atomic::AtomicBool;

use serde_json::Value;
use trommel::{DocumentPart, SteadyClock};

use crate::error::{ApiError, ApiResult};
use crate::mcp::{GetCall, Part, SearchCall, ToolError, ToolResult, Tools, WhyCall};
use crate::routes::{SearchRequest, json_of, status_of, whole};
use crate::state::App;

/// The tools over a server's collections.
pub(crate) struct AppTools(pub(crate) App);

impl From<ApiError> for ToolError {
    fn from(error: ApiError) -> Self {
        let not_found = error.status == axum::http::StatusCode::NOT_FOUND;
        let told = match not_found {
            true => Self::not_found(error.message),
            false => Self::new(error.message),
        };
        match error.hint {
            Some(hint) => told.hint(hint),
            None => told,
        }
    }
}

fn value(bytes: &[u8]) -> ToolResult {
    serde_json::from_slice(bytes).map_err(|error| ToolError::new(error.to_string()))
}

impl AppTools {
    /// Computes on the server's threads.
    fn computed(
        &self,
        cancel: &AtomicBool,
        work: impl FnOnce(&App, &crate::pool::Wanted) -> ApiResult<Vec<u8>> + Send + 'static,
    ) -> ToolResult {
        let app = self.0.clone();
        let computed = self.0.pool.wait(cancel, move |wanted| work(&app, wanted));
        let bytes = computed.map_err(ApiError::from).and_then(|computed| computed)?;
        value(&bytes)
    }
}

impl Tools for AppTools {
    fn search(&self, call: &SearchCall, cancel: &AtomicBool) -> ToolResult {
        let request = SearchRequest {
            query: Some(call.query.clone()),
            collections: call.collections.clone(),
            k: Some(call.k),
            stage: call.stage.clone(),
            filter: call.filter.clone(),
            path: call.path.clone(),
            budget_ms: call.budget_ms.map(|ms| ms as f64),
            min_score: call.min_score.map(|score| score as f32),
            ..SearchRequest::default()
        };
        self.computed(cancel, move |app, wanted| {
            let (queries, asked, _) = request.prepared(app)?;
            let answers = queries.iter().map(|query| whole(app, query, &asked, wanted));
            json_of(&answers.collect::<ApiResult<Vec<_>>>()?, false, false)
        })
    }

    fn get(&self, call: &GetCall, _: &AtomicBool) -> ToolResult {
        let most = call.max_chars.saturating_add(1).max(1);
        let candidates: Vec<_> = match &call.collection {
            Some(name) => vec![self.0.collection(Some(name))?.clone()],
            None => self.0.collections.clone(),
        };
        for served in &candidates {
            for (id, part) in call.readings() {
                let stored = served.collection.document(id).map_err(ApiError::from)?;
                let Some(stored) = stored else { continue };
                let part = part.map_or(DocumentPart::Whole, part_of);
                let range = part.range(&stored).ok_or_else(|| {
                    let has = DocumentPart::all_of(&stored);
                    ToolError::not_found(format!("{id:?} has no such part"))
                        .hint(format!("it has {has}"))
                })?;
                return value(&trommel::json::document_of(&served.name, &stored, &range, most));
            }
        }
        let id = &call.id;
        Err(ToolError::not_found(format!("no document {id:?}"))
            .hint("search first: every hit has its id"))
    }

    fn why(&self, call: &WhyCall, cancel: &AtomicBool) -> ToolResult {
        let WhyCall { query, id, collection } = call.clone();
        let served = match collection {
            Some(name) => self.0.collection(Some(&name))?.clone(),
            None => {
                let has = |id: &str, served: &crate::served::Served| {
                    served.collection.document(id).is_ok_and(|found| found.is_some())
                };
                let of = self.0.collections.iter().find(|served| has(&id, served));
                let only = || self.0.collection(None);
                of.map_or_else(only, Ok)?.clone()
            }
        };
        self.computed(cancel, move |_, _| {
            let settings = served.search_settings(&[], &[], &[])?;
            let searcher = served.searcher(settings.stage)?;
            let why = searcher.why(&id, &query, &settings, &SteadyClock::start());
            match why.map_err(trommel::Error::from)? {
                Some(why) => Ok(trommel::json::why_with_text(&why, &query, &settings)),
                None => Err(served.no_document(&id)),
            }
        })
    }

    fn status(&self) -> ToolResult {
        let status: Value = status_of(&self.0)?;
        Ok(status)
    }
}

fn part_of(part: Part) -> DocumentPart {
    let number = |it: u64| u32::try_from(it).unwrap_or(u32::MAX);
    match part {
        Part::Lines(first, last) => DocumentPart::Lines(first as usize, last as usize),
        Part::Pages(first, last) => DocumentPart::Numbers(number(first), number(last)),
        Part::Named(name) => DocumentPart::Name(name),
    }
}
