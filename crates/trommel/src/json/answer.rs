//! Answers, alone and in batches.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use trommel_core::{Lines, LocationSpan, Metadata};
use trommel_engine::{
    Abstention, Answer, FeedbackReport, Hit, LazyReport, Reading, RerankReport, SourceReport, Step,
    VectorOrigin,
};

use super::stage::JsonStages;
use super::{Asked, FromCache, write};

/// The schema of one answer; a change that a reader must know of changes it.
pub(super) const ANSWER: &str = "trommel.answer.v1";
/// The schema of a batch of answers.
pub(super) const ANSWERS: &str = "trommel.answers.v1";
/// The schema of one hit on its own line.
pub(super) const HIT: &str = "trommel.hit.v1";

#[derive(Serialize)]
struct JsonAnswer<'a> {
    schema: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    query_id: Option<&'a str>,
    query: &'a str,
    stage: &'a str,
    reranked: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoded_now: Option<JsonEncoded>,
    #[serde(skip_serializing_if = "Option::is_none")]
    feedback: Option<JsonFeedback<'a>>,
    rerank: Option<JsonReading>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    passes: Vec<JsonPass<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a str>,
    answered: bool,
    hits: Vec<JsonHit<'a>>,
    timings: Vec<JsonStep<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache: Option<JsonCache<'a>>,
}

#[derive(Serialize)]
pub(super) struct JsonEncoded {
    read: usize,
    of: usize,
}

#[derive(Serialize)]
pub(super) struct JsonFeedback<'a> {
    by: &'static str,
    documents: &'a [String],
    new: usize,
}

#[derive(Serialize)]
pub(super) struct JsonReading {
    read: usize,
    of: usize,
    stopped: &'static str,
}

#[derive(Serialize)]
pub(super) struct JsonPass<'a> {
    reranker: &'a str,
    depth: usize,
    excerpt: Option<usize>,
    #[serde(flatten)]
    reading: JsonReading,
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown_languages: Option<JsonAbstention>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonAbstention {
    query: bool,
    passages: usize,
    languages: Vec<&'static str>,
}

#[derive(Serialize)]
pub(super) struct JsonLine<'a> {
    pub(super) schema: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) query_id: Option<&'a str>,
    pub(super) query: &'a str,
    #[serde(flatten)]
    pub(super) hit: JsonHit<'a>,
}

#[derive(Serialize)]
pub(super) struct JsonHit<'a> {
    rank: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    collection: Option<&'a str>,
    id: &'a str,
    score: f32,
    probability: f32,
    ranked_by: f32,
    title: &'a str,
    source: JsonSource<'a>,
    freshness: &'static str,
    metadata: &'a Metadata,
    passage: JsonPassage<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vector: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stages: Option<JsonStages<'a>>,
}

#[derive(Serialize)]
struct JsonSource<'a> {
    root: &'a str,
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<&'a str>,
    file: String,
    line: Option<u64>,
}

#[derive(Serialize)]
struct JsonPassage<'a> {
    lines: Lines,
    headings: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<JsonLocation<'a>>,
    text: &'a str,
    sentence: [usize; 2],
    matches: Vec<[usize; 2]>,
}

#[derive(Serialize)]
struct JsonLocation<'a> {
    #[serde(flatten)]
    span: &'a LocationSpan,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

#[derive(Serialize)]
pub(super) struct JsonStep<'a> {
    step: &'a str,
    ms: f64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    meanwhile: bool,
    counts: BTreeMap<&'static str, usize>,
}

#[derive(Serialize)]
struct JsonCache<'a> {
    found: usize,
    asked: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'a str>,
}

/// Writes one answer as one object on one line.
pub fn alone(out: &mut impl Write, asked: Asked<'_>) -> io::Result<()> {
    write(out, &answer(asked))?;
    writeln!(out)
}

/// Writes each hit of an answer as one object on its line.
pub fn lines(out: &mut impl Write, asked: Asked<'_>) -> io::Result<()> {
    for each in &asked.answer.hits {
        let query = &asked.answer.query;
        write(
            out,
            &JsonLine {
                schema: HIT,
                query_id: asked.id,
                query,
                hit: hit(each, &asked.answer.sources),
            },
        )?;
        writeln!(out)?;
    }
    Ok(())
}

/// Opens the object around the answers of a batch.
pub fn begin_batch(out: &mut impl Write) -> io::Result<()> {
    write!(out, r#"{{"schema":"{ANSWERS}","answers":["#)
}

/// Writes one answer of a batch.
pub fn in_batch(out: &mut impl Write, asked: Asked<'_>, first: bool) -> io::Result<()> {
    out.write_all(if first { b"\n" } else { b",\n" })?;
    write(out, &answer(asked))
}

/// Closes the object around the answers of a batch.
pub fn end_batch(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "\n]}}")
}

fn answer<'a>(Asked { id, answer, cached }: Asked<'a>) -> JsonAnswer<'a> {
    let Answer { query, sources, lazy, feedback, reading, reranks, failure, hits, trace, .. } =
        answer;
    let cache = |cached: &'a FromCache| JsonCache {
        found: cached.counts.found,
        asked: cached.counts.asked,
        problem: cached.problem.as_deref(),
    };
    JsonAnswer {
        schema: ANSWER,
        query_id: id,
        query,
        stage: answer.stage_name(),
        reranked: reading.is_some(),
        encoded_now: lazy.map(encoded_now),
        feedback: feedback.as_ref().map(fed_back),
        rerank: reading.map(read),
        passes: reranks.iter().map(pass).collect(),
        failure: failure.as_deref(),
        answered: answer.answered,
        hits: hits.iter().map(|each| hit(each, sources)).collect(),
        timings: trace.steps.iter().map(step).collect(),
        cache: cached.map(cache),
    }
}

pub(super) fn step(step: &Step) -> JsonStep<'_> {
    JsonStep {
        step: &step.name,
        ms: step.took.as_secs_f64() * 1000.0,
        meanwhile: step.meanwhile,
        counts: step.counts.iter().map(|&(count, what)| (what, count)).collect(),
    }
}

pub(super) fn encoded_now(lazy: LazyReport) -> JsonEncoded {
    JsonEncoded { read: lazy.read, of: lazy.of }
}

pub(super) fn fed_back(feedback: &FeedbackReport) -> JsonFeedback<'_> {
    let FeedbackReport { by, documents, new } = feedback;
    JsonFeedback { by: by.name(), documents, new: *new }
}

pub(super) fn read(reading: Reading) -> JsonReading {
    let Reading { read, of, stopped } = reading;
    JsonReading { read, of, stopped: stopped.name() }
}

pub(super) fn pass(pass: &RerankReport) -> JsonPass<'_> {
    JsonPass {
        reranker: &pass.reranker,
        depth: pass.depth,
        excerpt: pass.excerpt,
        reading: read(pass.reading),
        unknown_languages: pass.abstention.as_ref().map(abstention),
        failure: pass.failure.as_deref(),
    }
}

fn abstention(abstention: &Abstention) -> JsonAbstention {
    let Abstention { query, passages, languages } = abstention;
    let languages = languages.iter().map(|language| language.code()).collect();
    JsonAbstention { query: *query, passages: *passages, languages }
}

impl<'a> JsonHit<'a> {
    /// Returns a hit of a collection among those of others, where it has this rank.
    pub(super) fn among(
        hit: &'a Hit,
        answer: &'a Answer,
        (rank, collection): (usize, &'a str),
        explain: bool,
    ) -> Self {
        let own = self::hit(hit, &answer.sources);
        let stages = own.stages.filter(|_| explain);
        Self { rank, collection: Some(collection), stages, ..own }
    }
}

fn hit<'a>(hit: &'a Hit, sources: &'a [SourceReport]) -> JsonHit<'a> {
    let passage = &hit.passage;
    JsonHit {
        rank: hit.rank,
        collection: None,
        id: &hit.id,
        score: hit.score,
        probability: hit.probability,
        ranked_by: hit.candidate.score,
        title: &hit.title,
        source: JsonSource {
            root: &hit.origin.root,
            path: hit.origin.file_path(),
            member: hit.origin.member(),
            file: hit.origin.file(),
            line: hit.origin.line,
        },
        freshness: hit.freshness.name(),
        metadata: &hit.metadata,
        passage: JsonPassage {
            lines: passage.lines,
            headings: &passage.headings,
            location: passage.location.as_ref().map(|span| JsonLocation {
                span,
                text: span.to_string(),
                link: span.fragment().map(|at| format!("{}{at}", hit.origin.file())),
            }),
            text: &passage.text,
            sentence: [passage.sentence.start, passage.sentence.end],
            matches: passage.matches.iter().map(|range| [range.start, range.end]).collect(),
        },
        vector: hit.candidate.vector.map(VectorOrigin::name),
        stages: Some(JsonStages { sources, candidate: &hit.candidate }),
    }
}
