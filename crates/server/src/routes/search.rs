//! `POST /v1/search`: one query or several, at once or as it happens.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;
use trommel::json::{Named, several};
use trommel::{Answer, Live, LiveEvent, SearchSettings, SteadyClock};
use utoipa::ToSchema;

use super::events::{Teller, channel};
use super::fields::{Body, Fields};
use crate::error::{ApiError, ApiResult};
use crate::pool::Wanted;
use crate::served::Served;
use crate::state::App;

/// The least time that is left to a search under load.
const LEAST_BUDGET: Duration = Duration::from_millis(50);
/// What a search without a budget is taken to want, when budgets shrink.
const USUAL_BUDGET: Duration = Duration::from_secs(2);

/// How long reading waits at most for the fused order to be on its way.
const SEEN_OFF: Duration = Duration::from_millis(5);

/// A search.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct SearchRequest {
    /// What to look for, as plain words.
    pub(crate) query: Option<String>,
    /// Several queries in the place of one.
    pub(crate) queries: Option<Vec<String>>,
    /// The collections to search; all of them without it.
    pub(crate) collections: Vec<String>,
    /// How many hits.
    pub(crate) k: Option<usize>,
    /// The last stage: bm25, dense, bm25+neighbours, fused, feedback or reranked.
    pub(crate) stage: Option<String>,
    /// Conditions on metadata, which must all hold: `author=Ada`, `date>=2024-01-01`.
    pub(crate) filter: Vec<String>,
    /// Folders or globs, of which one must match.
    pub(crate) path: Vec<String>,
    /// How many milliseconds the reranker may read.
    pub(crate) budget_ms: Option<f64>,
    /// The least probability of a hit, 0 to 1.
    pub(crate) min_score: Option<f32>,
    /// Whether `-word`, `+word` and phrases in quotes are operators.
    pub(crate) operators: Option<bool>,
    /// Whether the answer says what every stage did and how long it took; it does, unless this is false.
    pub(crate) explain: Option<bool>,
    /// Any other setting of a search, by its name: `{"neighbours": 0}`.
    pub(crate) settings: BTreeMap<String, Value>,
}

impl Body for SearchRequest {
    const FIELDS: &'static [&'static str] = &[
        "query",
        "queries",
        "collections",
        "k",
        "stage",
        "filter",
        "path",
        "budget_ms",
        "min_score",
        "operators",
        "explain",
        "settings",
    ];
}

impl SearchRequest {
    /// Returns what it says of settings, by their names.
    pub(crate) fn said(&self) -> ApiResult<Vec<(&str, String)>> {
        let mut said: Vec<(&str, String)> = Vec::new();
        for (name, value) in &self.settings {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(_) | Value::Bool(_) => value.to_string(),
                _ => {
                    let message =
                        format!("settings.{name}: expected text, a number or true or false");
                    return Err(ApiError::invalid(message));
                }
            };
            said.push((name, text));
        }
        said.extend(self.k.map(|k| ("k", k.to_string())));
        said.extend(self.stage.clone().map(|stage| ("stage", stage)));
        said.extend(self.min_score.map(|score| ("min-score", score.to_string())));
        said.extend(self.operators.map(|on| ("syntax", on.to_string())));
        if let Some(ms) = self.budget_ms {
            said.push(("budget", format!("{}ms", milliseconds(ms)?.as_secs_f64() * 1000.0)));
        }
        Ok(said)
    }

    /// Returns the queries, what they are asked of, and the budget where the load made it smaller.
    pub(crate) fn prepared(&self, app: &App) -> ApiResult<(Vec<String>, Asked, Option<Duration>)> {
        let queries = self.queries(app)?;
        let said = self.said()?;
        let mut asked: Asked = Vec::new();
        for served in app.collections_of(&self.collections)? {
            let settings = served.search_settings(&said, &self.filter, &self.path)?;
            asked.push((served, settings));
        }
        let share = app.pool.share();
        let mut shed = None;
        if app.shed && share < 1.0 {
            for (_, settings) in &mut asked {
                let wanted = settings.budget.unwrap_or(USUAL_BUDGET);
                let budget = wanted.mul_f64(share).max(LEAST_BUDGET).min(wanted);
                settings.budget = Some(budget);
                shed = Some(budget);
            }
        }
        Ok((queries, asked, shed))
    }

    /// Returns the queries.
    fn queries(&self, app: &App) -> ApiResult<Vec<String>> {
        let queries = match (&self.query, &self.queries) {
            (Some(query), None) => vec![query.clone()],
            (None, Some(queries)) if !queries.is_empty() => queries.clone(),
            (Some(_), Some(_)) => {
                return Err(ApiError::invalid("query and queries: expected one of them, got both"));
            }
            _ => return Err(ApiError::invalid("expected a query, got none")),
        };
        let (most, most_bytes) = (app.limits.queries, app.limits.query_bytes);
        if queries.len() > most {
            let message = format!("expected at most {most} queries, got {}", queries.len());
            return Err(ApiError::invalid(message));
        }
        if let Some(query) = queries.iter().find(|query| query.len() > most_bytes) {
            let got = query.len();
            let message = format!("expected a query of at most {most_bytes} bytes, got {got}");
            return Err(ApiError::invalid(message));
        }
        if queries.iter().any(|query| query.trim().is_empty()) {
            return Err(ApiError::invalid("the query is empty: expected at least one character"));
        }
        Ok(queries)
    }
}

/// Returns a time in milliseconds.
pub(crate) fn milliseconds(ms: f64) -> ApiResult<Duration> {
    // Beyond a day a number is a mistake.
    if ms.is_finite() && (0.0..=86_400_000.0).contains(&ms) {
        return Ok(Duration::from_secs_f64(ms / 1000.0));
    }
    Err(ApiError::invalid(format!("budget_ms: expected 0 to 86400000, got {ms}")))
}

/// What one query is asked of.
pub(crate) type Asked = Vec<(Arc<Served>, SearchSettings)>;

/// Answers a search.
pub(crate) async fn search(
    State(app): State<App>,
    headers: HeaderMap,
    Fields(request): Fields<SearchRequest>,
) -> ApiResult<Response> {
    let (queries, asked, shed) = request.prepared(&app)?;
    let explain = request.explain.unwrap_or(true);
    if wants_events(&headers) {
        let [query] = &queries[..] else {
            return Err(ApiError::invalid(
                "events are told of one query: expected query, got queries",
            ));
        };
        return events(app, query.clone(), asked, explain);
    }
    let shared = app.clone();
    let is_batch = request.queries.is_some();
    let answered = app.pool.run(move |wanted| {
        let answer = |query: &String| whole(&shared, query, &asked, wanted);
        let answers = queries.iter().map(answer).collect::<ApiResult<Vec<_>>>()?;
        json_of(&answers, is_batch, explain)
    });
    let mut response = json(answered.await??);
    if let Some(budget) = shed {
        let value = format!("{}", budget.as_millis());
        response.headers_mut().extend(value.parse().ok().map(|it| (SHED, it)));
    }
    Ok(response)
}

/// The header that says which budget a search got under load.
const SHED: header::HeaderName = header::HeaderName::from_static("x-trommel-budget-ms");

/// Answers one query from every collection that it is asked of.
pub(crate) fn whole(
    app: &App,
    query: &str,
    asked: &Asked,
    wanted: &Wanted,
) -> ApiResult<Vec<(String, Answer)>> {
    let live = Live { tell: &|_| {}, cancel: wanted.cancelled() };
    asked.iter().map(|(served, settings)| one(app, query, served, settings, &live)).collect()
}

fn one(
    app: &App,
    query: &str,
    served: &Served,
    settings: &SearchSettings,
    live: &Live<'_>,
) -> ApiResult<(String, Answer)> {
    let searcher = served.searcher(settings.stage)?;
    let answer = searcher.search_live(query, settings, &SteadyClock::start(), live);
    let answer = answer.map_err(trommel::Error::from)?;
    app.metrics.search(&answer);
    Ok((served.name.clone(), answer))
}

/// Writes answers as one object.
pub(crate) fn json_of(
    answers: &[Vec<(String, Answer)>],
    is_batch: bool,
    explain: bool,
) -> ApiResult<Vec<u8>> {
    let mut out = Vec::new();
    let written = if is_batch {
        several::batch(&mut out, answers.iter().map(|it| named(it)), explain)
    } else {
        several::alone(&mut out, &named(answers.first().map_or(&[], Vec::as_slice)), explain)
    };
    // Writing to memory does not fail.
    written.map_err(|error| ApiError::invalid(error.to_string()))?;
    Ok(out)
}

fn named(answers: &[(String, Answer)]) -> Vec<Named<'_>> {
    answers.iter().map(|(collection, answer)| Named { collection, answer }).collect()
}

pub(crate) fn json(bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], Bytes::from(bytes)).into_response()
}

pub(super) fn wants_events(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/event-stream"))
}

/// Answers as it happens: the fused order, then each order that reading gives, then the answer.
///
/// # Errors
///
/// If the queue is full: a client hears so by the status, before anything is streamed.
fn events(app: App, query: String, asked: Asked, explain: bool) -> ApiResult<Response> {
    let (told, events) = channel();
    let (shared, teller) = (app.clone(), told.clone());
    let work = app
        .pool
        .begin(move |wanted| run_live(&shared, &query, &asked, explain, &teller, wanted))?;
    // The task goes on until the work ends, which looks at whether anybody listens.
    tokio::spawn(async move {
        let end = tokio::select! {
            end = work => end,
            // The client went away: dropping the work takes it back.
            () = told.closed() => return,
        };
        told.tell(match end {
            Ok(Ok(answer)) => event("answer", &answer),
            Ok(Err(error)) => error_event(&error),
            Err(refused) => error_event(&refused.into()),
        });
    });
    Ok(Sse::new(events).into_response())
}

/// Searches all collections and tells, of each step, what all of them say together by then.
fn run_live(
    app: &App,
    query: &str,
    asked: &Asked,
    explain: bool,
    told: &Teller,
    wanted: &Wanted,
) -> ApiResult<Vec<u8>> {
    let mut done: Vec<(String, Answer)> = Vec::new();
    for (served, settings) in asked {
        let before = &done;
        let tell = |what: LiveEvent| {
            let (name, answer) = match what {
                LiveEvent::Fused(answer) => ("fused", answer),
                LiveEvent::Reranked(answer) => ("reranked", answer),
                LiveEvent::Read { read, of } => {
                    let progress = serde_json::json!({ "read": read, "of": of }).to_string();
                    told.tell(event("progress", progress.as_bytes()));
                    return;
                }
            };
            let mut all = before.clone();
            all.push((served.name.clone(), *answer));
            if let Ok(json) = json_of(&[all], false, explain) {
                told.tell(event(name, &json));
            }
            if name == "fused" {
                told.see_off(SEEN_OFF);
            }
        };
        let live = Live { tell: &tell, cancel: wanted.cancelled() };
        let answered = one(app, query, served, settings, &live)?;
        done.push(answered);
    }
    json_of(&[done], false, explain)
}

fn event(name: &str, data: &[u8]) -> Event {
    // A line feed would end the data; JSON on one line has none but its last.
    Event::default().event(name).data(String::from_utf8_lossy(data).trim_end())
}

fn error_event(error: &ApiError) -> Event {
    let body = serde_json::to_vec(&error.body()).unwrap_or_default();
    event("error", &body)
}
