//! What became of one document in one search, in words.

use std::fmt::Write;

use trommel_core::escape;
use trommel_engine::{FeedbackReport, Gate, Loss, RerankResult, SearchSettings, Stage, Why};

/// Returns what every stage said of a document, a line a stage.
#[must_use]
pub fn why_in_words(why: &Why, settings: &SearchSettings) -> String {
    let mut text = format!("{}", escape(&why.id));
    if !why.title.is_empty() {
        text += &format!("  {}", escape(&why.title));
    }
    text += "\n\n";
    let names = why.rankings.sources.iter().map(|source| source.name.len());
    let width = names.chain([9]).max().unwrap_or(0);
    let mut line = |gate: &str, said: String| {
        let _ = writeln!(text, "{gate:<width$} {said}");
    };
    let source = |place: usize, gate: &Gate| {
        let found = match gate.rank {
            Some(rank) => {
                format!("#{rank} of all documents, score {:.4}", gate.score.unwrap_or_default())
            }
            None if Stage::Source(place).needs_lexical() => {
                "no word of the query is in it".to_owned()
            }
            None => "not found".to_owned(),
        };
        let passed = if gate.candidate { "a candidate" } else { "not a candidate" };
        format!("{found}: {passed}")
    };
    for (place, (report, gate)) in why.rankings.sources.iter().zip(&why.sources).enumerate() {
        if let Some(gate) = gate {
            line(&report.name, source(place, gate));
        }
    }
    if settings.stage >= Stage::Fused {
        let said = why.fused.map_or_else(
            || format!("not among the best {}", settings.candidates),
            |fused| format!("#{} with {:.4}", fused.rank, fused.score),
        );
        line("fused", said);
        if let Some(said) = why.rankings.feedback.as_ref() {
            line("feedback", fed_back(said, why));
        }
    }
    if settings.stage == Stage::Reranked {
        let passes = why.rankings.reranks.len();
        for turn in 0..passes {
            let name =
                if passes == 1 { "reranked".to_owned() } else { format!("pass {}", turn + 1) };
            line(&name, said(why, turn));
        }
    }
    let end = match (why.last, why.loss) {
        (Some(last), None) => format!("hit #{}, ranked by {:.4}", last.rank, last.score),
        (Some(last), Some(loss)) => format!(
            "#{} with {:.4}, not among the first {}: {}",
            last.rank,
            last.score,
            settings.k,
            loss.meaning()
        ),
        (None, loss) => format!("lost: {}", loss.map_or("", Loss::meaning)),
    };
    line("answer", end);
    let several = why.rankings.reranks.len() > 1;
    for pass in why.rankings.reranks.iter().filter(|pass| several || pass.took_part()) {
        let name = if several { format!("{}: ", escape(&pass.reranker)) } else { String::new() };
        line("", format!("({name}{})", pass.reading));
    }
    text
}

/// Returns what moved the query, and what that did to the document.
fn fed_back(report: &FeedbackReport, why: &Why) -> String {
    let place = match (why.fused, why.feedback) {
        (_, None) => "not a candidate after it".to_owned(),
        (None, Some(scored)) => format!("found by it: #{} with {:.4}", scored.rank, scored.score),
        (Some(_), Some(scored)) => format!("#{} with {:.4}", scored.rank, scored.score),
    };
    let documents: Vec<String> = report.documents.iter().map(|id| escape(id).to_string()).collect();
    format!("{place} ({} moved the query, picked by {})", documents.join(" and "), report.by.name())
}

/// Returns what a pass of the second stage said of the document.
fn said(why: &Why, turn: usize) -> String {
    let Some(result) = why.reranked.get(turn).copied().flatten() else {
        return "not read".to_owned();
    };
    let RerankResult { rank, logit, probability, truncated, read, .. } = result;
    let last = why.reranked.iter().rposition(Option::is_some) == Some(turn);
    let passages = match last {
        true => format!(", {read} of {} passages read", why.passages),
        false => String::new(),
    };
    let cut = if truncated { ", the best one in part" } else { "" };
    format!("#{rank} by probability {probability:.4} (logit {logit:.2}){passages}{cut}")
}
