//! What became of one document in one search.

use std::io::{self, Write};

use serde::{Serialize, Serializer};
use trommel_engine::{Gate, Loss, SearchSettings, SourceReport, Why};

use super::write;
use crate::json::{JsonReranked, JsonScored};
use crate::why_text::why_in_words;

/// The schema; a change that a reader must know of changes it.
const SCHEMA: &str = "trommel.why.v1";

#[derive(Serialize)]
struct JsonWhy<'a> {
    schema: &'static str,
    query: &'a str,
    id: &'a str,
    title: &'a str,
    passages: usize,
    k: usize,
    stage: &'a str,
    #[serde(flatten)]
    sources: JsonGates<'a>,
    fused: Option<JsonScored>,
    feedback: Option<JsonScored>,
    read: usize,
    reranked: Option<JsonReranked>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    passes: Vec<Option<JsonReranked>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a str>,
    answer: Option<JsonScored>,
    loss: Option<Loss>,
    meaning: Option<&'static str>,
}

/// A field for each source, by its name.
struct JsonGates<'a>(&'a [SourceReport], &'a [Option<Gate>]);

#[derive(Serialize)]
struct JsonGate {
    rank: Option<usize>,
    score: Option<f32>,
    candidate: bool,
}

impl Serialize for JsonGates<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let gate = |Gate { rank, score, candidate }: Gate| JsonGate { rank, score, candidate };
        let gates = self.0.iter().zip(self.1);
        serializer.collect_map(gates.map(|(source, said)| (&source.name, said.map(gate))))
    }
}

fn object<'a>(why: &'a Why, query: &'a str, settings: &SearchSettings) -> JsonWhy<'a> {
    let several = if why.reranked.len() > 1 { &why.reranked[..] } else { &[] };
    let last = why.reranked.iter().rev().flatten().next();
    let sources = &why.rankings.sources;
    JsonWhy {
        schema: SCHEMA,
        query,
        id: &why.id,
        title: &why.title,
        passages: why.passages,
        k: settings.k,
        stage: settings.stage.name_among(sources.iter().map(|source| source.name.as_str())),
        sources: JsonGates(sources, &why.sources),
        feedback: why.feedback.map(JsonScored::from),
        fused: why.fused.map(JsonScored::from),
        read: last.map_or(0, |result| result.read),
        reranked: last.copied().map(JsonReranked::from),
        passes: several.iter().map(|said| said.map(JsonReranked::from)).collect(),
        failure: why.rankings.failure.as_deref(),
        answer: why.last.map(JsonScored::from),
        loss: why.loss,
        meaning: why.loss.map(Loss::meaning),
    }
}

/// Writes it as one object on one line.
///
/// # Errors
///
/// If `out` refuses.
pub fn why(
    out: &mut impl Write,
    why: &Why,
    query: &str,
    settings: &SearchSettings,
) -> io::Result<()> {
    write(out, &object(why, query, settings))?;
    writeln!(out)
}

#[derive(Serialize)]
struct JsonTold<'a> {
    #[serde(flatten)]
    why: JsonWhy<'a>,
    found: bool,
    text: Vec<&'a str>,
}

/// Returns it as one object, with the same in words: `text`, line by line.
#[must_use]
pub fn why_with_text(why: &Why, query: &str, settings: &SearchSettings) -> Vec<u8> {
    let words = why_in_words(why, settings);
    let text = words.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let found = why.last.is_some() && why.loss.is_none();
    let mut out = Vec::new();
    // Writing to memory does not fail.
    let _ = write(&mut out, &JsonTold { why: object(why, query, settings), found, text });
    out
}
