//! What was measured, and what one must know before reading on.

use trommel_eval::Report;

use crate::block::{Kind, Phrase};
use crate::number::{count, counted};

/// The facts that tell how large a collection is.
const SIZES: [&str; 3] = ["documents", "passages", "judgements"];

/// The head of a report.
#[derive(Debug, Clone)]
pub(crate) struct Heading {
    /// The name of what was evaluated.
    pub(crate) name: Phrase,
    /// How many queries, documents and so on.
    pub(crate) sizes: Vec<Phrase>,
    /// What was left out, and what counts as 0.
    pub(crate) notes: Vec<Phrase>,
}

/// Returns the head of a report.
pub(crate) fn heading(report: &Report) -> Heading {
    let mut sizes = vec![Phrase::ours(counted(report.queries.evaluated, "query", "queries"))];
    for name in SIZES {
        let fact = report.subject.facts.iter().find(|fact| fact.name == name);
        // Only what is a number is a size; the last letter of its name is the plural's.
        if let Some(number) = fact.and_then(|fact| fact.value.parse().ok()) {
            sizes.push(Phrase::ours(counted(number, &name[..name.len() - 1], name)));
        }
    }
    let name = Some(report.subject.name.as_str()).filter(|name| !name.trim().is_empty());
    Heading { name: Phrase::theirs(name.unwrap_or("evaluation")), sizes, notes: notes(report) }
}

fn notes(report: &Report) -> Vec<Phrase> {
    let queries = &report.queries;
    let mut notes = Vec::new();
    if queries.unjudged > 0 {
        let them = if queries.unjudged == 1 { "has no judgement" } else { "have no judgements" };
        let number = counted(queries.unjudged, "more query", "more queries");
        notes.push(Phrase::ours(format!("{number} {them}; left out")));
    }
    if queries.without_relevant > 0 {
        let (few, all) = (queries.without_relevant, queries.evaluated);
        let verb = if few == 1 { "has" } else { "have" };
        let score = if few == 1 { "scores" } else { "score" };
        let of = format!("{} of {}", count(few), counted(all, "query", "queries"));
        notes.push(Phrase::ours(format!("{of} {verb} no relevant document and {score} 0")));
    }
    for stage in report.stages.iter().filter(|stage| stage.without_results > 0) {
        let (few, all) = (stage.without_results, queries.evaluated);
        let verb = if few == 1 { "has no results and scores" } else { "have no results and score" };
        let of = format!(": {} of {}", count(few), counted(all, "query", "queries"));
        notes.push(Phrase::theirs(&stage.stage).and(Kind::Ours, format!("{of} {verb} 0")));
    }
    if queries.drop_self {
        notes.push(Phrase::ours(
            "a document with the id of the query was left out of its answer (--drop-self)",
        ));
    }
    notes
}
