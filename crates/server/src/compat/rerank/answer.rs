//! The order of the documents, as each API tells it.

use serde::Serialize;

use super::documents::Returned;
use super::{Dialect, Original, RerankCall};
use crate::compat::cohere::Meta;

/// What came of a rerank.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RerankResult {
    /// The documents in whatever order, but that the first [`RerankResult::read`] were read.
    pub(crate) results: Vec<Scored>,
    /// How many were read; the others have what score they had before.
    pub(crate) read: usize,
    /// Why not all were read.
    pub(crate) stopped: Option<Stopped>,
    /// How many tokens were read.
    pub(crate) tokens: usize,
    /// The model that read.
    pub(crate) model: String,
    /// What this answer is called.
    pub(crate) id: String,
}

/// One document's scores, which are finite and agree on the order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scored {
    /// Its place in the call, counted from 0.
    pub(crate) index: usize,
    /// The probability that it is relevant, in [0, 1].
    pub(crate) relevance: f32,
    /// The model's raw output.
    pub(crate) logit: f32,
}

/// Why documents were left unread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// The budget was spent.
    Budget,
}

/// Returns the body of an answer, best document first.
///
/// What was not read stands below what was, and no score there is above the lowest of those, so
/// that the scores fall.
///
/// # Errors
///
/// If it cannot be written, which serde only tells of types that are none of these.
pub(crate) fn answer(call: &RerankCall, result: RerankResult) -> serde_json::Result<Vec<u8>> {
    let warning = warning(call, &result);
    let RerankResult { results, read, tokens, model, id, .. } = result;
    let mut ranked = ranked(results, read);
    ranked.truncate(call.top_n.unwrap_or(usize::MAX));
    let hits = ranked.iter().map(|scored| hit(call, scored)).collect();
    match call.dialect {
        Dialect::CohereV1 | Dialect::CohereV2 => {
            let meta = Meta::of_rerank(call.dialect, call.documents.len(), tokens, warning);
            serde_json::to_vec(&Cohere { id: &id, results: hits, meta })
        }
        Dialect::Voyage => serde_json::to_vec(&Voyage {
            object: "list",
            data: hits,
            model: &model,
            usage: VoyageUsage { total_tokens: tokens },
            warnings: warning.map(|warning| [warning]),
        }),
        Dialect::Tei => {
            let ranks: Vec<_> = ranked.iter().map(|scored| rank(call, scored)).collect();
            serde_json::to_vec(&ranks)
        }
        Dialect::Jina | Dialect::LlamaCpp | Dialect::OpenAi => serde_json::to_vec(&Jina {
            id: &id,
            object: "list",
            model: &model,
            usage: Usage { prompt_tokens: tokens, total_tokens: tokens },
            results: hits,
            warnings: warning.map(|warning| [warning]),
        }),
    }
}

/// Returns what a client should know of an answer, if anything: that documents were left unread.
///
/// The answers of text-embeddings-inference have no place for it; who serves them can say it in a
/// header.
pub(crate) fn warning(call: &RerankCall, result: &RerankResult) -> Option<String> {
    let Stopped::Budget = result.stopped?;
    let (read, of) = (result.read, call.documents.len());
    // A server may have a budget of its own.
    let over = call.budget_ms.map_or("the time".to_owned(), |budget| format!("budget_ms {budget}"));
    Some(format!("{over} was over when {read} of {of} documents were read: the others stand below"))
}

/// Returns the documents best first, those that were read before the others.
fn ranked(mut results: Vec<Scored>, read: usize) -> Vec<Scored> {
    let read = read.min(results.len());
    let (first, rest) = results.split_at_mut(read);
    for part in [&mut *first, &mut *rest] {
        // A probability may be 1 for logits that still differ.
        part.sort_unstable_by(|a, b| b.logit.total_cmp(&a.logit).then(a.index.cmp(&b.index)));
    }
    if let Some(lowest) = first.last() {
        for unread in rest {
            unread.relevance = unread.relevance.min(lowest.relevance);
            unread.logit = unread.logit.min(lowest.logit);
        }
    }
    results
}

fn score(call: &RerankCall, scored: &Scored) -> f32 {
    if call.raw_scores { scored.logit } else { scored.relevance }
}

fn hit<'a>(call: &'a RerankCall, scored: &Scored) -> Hit<'a> {
    let text = call.documents.get(scored.index).filter(|_| call.return_documents);
    let document = text.map(|text| match call.dialect {
        Dialect::Voyage => Document::Text(text),
        _ => {
            let original = call.originals.get(scored.index).unwrap_or(&Original::Text);
            Document::Object(Returned { text, original })
        }
    });
    Hit { index: scored.index, relevance_score: score(call, scored), document }
}

fn rank<'a>(call: &'a RerankCall, scored: &Scored) -> Rank<'a> {
    let text = call.documents.get(scored.index).filter(|_| call.return_documents);
    Rank { index: scored.index, text: text.map(String::as_str), score: score(call, scored) }
}

#[derive(Serialize)]
struct Cohere<'a> {
    id: &'a str,
    results: Vec<Hit<'a>>,
    meta: Meta,
}

/// Jina's answer, with what llama.cpp and vLLM have beside it.
#[derive(Serialize)]
struct Jina<'a> {
    id: &'a str,
    object: &'static str,
    model: &'a str,
    usage: Usage,
    results: Vec<Hit<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warnings: Option<[String; 1]>,
}

#[derive(Serialize)]
struct Voyage<'a> {
    object: &'static str,
    data: Vec<Hit<'a>>,
    model: &'a str,
    usage: VoyageUsage,
    #[serde(skip_serializing_if = "Option::is_none")]
    warnings: Option<[String; 1]>,
}

#[derive(Serialize)]
struct Hit<'a> {
    index: usize,
    relevance_score: f32,
    // Left out, not null: some clients take null for a wrong document.
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Document<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Document<'a> {
    Text(&'a str),
    Object(Returned<'a>),
}

#[derive(Serialize)]
struct Rank<'a> {
    index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    score: f32,
}

#[derive(Serialize)]
struct Usage {
    prompt_tokens: usize,
    total_tokens: usize,
}

#[derive(Serialize)]
struct VoyageUsage {
    total_tokens: usize,
}
