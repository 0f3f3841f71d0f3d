//! One answer out of several collections.
//!
//! Every collection is searched by itself, with candidates of its own, so that none crowds out a small one.
//! What is comparable of their hits is the probability of being relevant: by that they are merged, and each
//! collection's own order stays.

use std::io::{self, Write};

use serde::Serialize;
use trommel_engine::{Answer, Hit};

use super::answer::{
    ANSWER, ANSWERS, HIT, JsonFeedback, JsonHit, JsonLine, JsonPass, JsonReading, JsonStep,
    fed_back, pass, read, step,
};
use super::write;

/// A collection's answer under its name.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// The collection.
    pub collection: &'a str,
    /// What it answers.
    pub answer: &'a Answer,
}

/// Returns the first hits of several answers, each as the place of its answer and the hit: by falling
/// score, which never rises within an answer; equals in the order of the answers.
#[must_use]
pub fn merged<'a>(answers: &[&'a Answer]) -> Vec<(usize, &'a Hit)> {
    let most = answers.iter().map(|answer| answer.hits.len()).max().unwrap_or(0);
    let mut hits: Vec<(usize, &Hit)> = answers
        .iter()
        .enumerate()
        .flat_map(|(place, answer)| answer.hits.iter().map(move |hit| (place, hit)))
        .collect();
    // The sort is stable: equals of one answer stay in its order.
    hits.sort_by(|(_, a), (_, b)| b.score.total_cmp(&a.score));
    hits.truncate(most);
    hits
}

/// Returns the first of several answers with the hits of all, as [`merged`] orders them; none without an
/// answer.
#[must_use]
pub fn one(answers: &[Named<'_>]) -> Option<Answer> {
    let all: Vec<&Answer> = answers.iter().map(|named| named.answer).collect();
    let ranked = (1..).zip(merged(&all)).map(|(rank, (_, hit))| Hit { rank, ..hit.clone() });
    let first = Answer::clone(all.first()?);
    let answered = all.iter().any(|answer| answer.answered);
    Some(Answer { hits: ranked.collect(), answered, ..first })
}

#[derive(Serialize)]
struct JsonSeveral<'a> {
    schema: &'static str,
    query: &'a str,
    stage: &'a str,
    reranked: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    feedback: Option<JsonFeedback<'a>>,
    rerank: Option<JsonReading>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    passes: Vec<JsonPass<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a str>,
    answered: bool,
    hits: Vec<JsonHit<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    timings: Vec<JsonStep<'a>>,
    collections: Vec<JsonCollection<'a>>,
}

/// What one collection did for the answer.
#[derive(Serialize)]
struct JsonCollection<'a> {
    name: &'a str,
    generation: u64,
    hits: usize,
    answered: bool,
    rerank: Option<JsonReading>,
}

/// Writes the answers of one query as one object on one line.
///
/// # Errors
///
/// If `out` refuses.
pub fn alone(out: &mut impl Write, answers: &[Named<'_>], explain: bool) -> io::Result<()> {
    write(out, &object(answers, explain))?;
    writeln!(out)
}

/// Writes the answers of several queries as one object.
///
/// # Errors
///
/// If `out` refuses.
pub fn batch<'a>(
    out: &mut impl Write,
    answers: impl Iterator<Item = Vec<Named<'a>>>,
    explain: bool,
) -> io::Result<()> {
    write!(out, r#"{{"schema":"{ANSWERS}","answers":["#)?;
    for (number, answers) in answers.enumerate() {
        out.write_all(if number == 0 { b"" } else { b"," })?;
        write(out, &object(&answers, explain))?;
    }
    writeln!(out, "]}}")
}

/// Writes each hit of the answers as one object on its line, with the name of its collection.
///
/// # Errors
///
/// If `out` refuses.
pub fn lines(out: &mut impl Write, answers: &[Named<'_>]) -> io::Result<()> {
    let all: Vec<&Answer> = answers.iter().map(|named| named.answer).collect();
    for (rank, (place, hit)) in (1..).zip(merged(&all)) {
        let Named { collection, answer } = answers[place];
        let hit = JsonHit::among(hit, answer, (rank, collection), true);
        write(out, &JsonLine { schema: HIT, query_id: None, query: &answer.query, hit })?;
        writeln!(out)?;
    }
    Ok(())
}

fn object<'a>(answers: &[Named<'a>], explain: bool) -> JsonSeveral<'a> {
    let all: Vec<&Answer> = answers.iter().map(|named| named.answer).collect();
    let first = all.first().copied();
    let hits = (1..).zip(merged(&all)).map(|(rank, (place, hit))| {
        let Named { collection, answer } = answers[place];
        JsonHit::among(hit, answer, (rank, collection), explain)
    });
    let reports: Vec<_> = all.iter().flat_map(|answer| answer.reranks.iter().cloned()).collect();
    let explained = || all.iter().filter(|_| explain);
    JsonSeveral {
        schema: ANSWER,
        query: first.map_or("", |answer| &answer.query),
        stage: first.map_or("", |answer| answer.stage_name()),
        reranked: all.iter().any(|answer| answer.reading.is_some()),
        feedback: first
            .filter(|_| all.len() == 1)
            .and_then(|it| it.feedback.as_ref())
            .map(fed_back),
        rerank: trommel_engine::Reading::of_all(&reports).map(read),
        passes: explained().flat_map(|answer| answer.reranks.iter().map(pass)).collect(),
        failure: all.iter().find_map(|answer| answer.failure.as_deref()),
        answered: all.iter().any(|answer| answer.answered),
        hits: hits.collect(),
        timings: explained().flat_map(|answer| answer.trace.steps.iter().map(step)).collect(),
        collections: answers
            .iter()
            .map(|Named { collection, answer }| JsonCollection {
                name: collection,
                generation: answer.generation,
                hits: answer.hits.len(),
                answered: answer.answered,
                rerank: answer.reading.map(read),
            })
            .collect(),
    }
}
