//! `trommel rerank --text`: any lines against the one before them all, in a pipe.

use std::io::{self, BufRead, Write};

use serde_json::{Map, Value};
use trommel_engine::RerankStage;

use super::as_deep;
use super::corpus::whole;
use super::order::{Lost, Ordering};
use crate::error::CliError;
use crate::signals::Cancel;
use crate::terminal::Screen;

/// A line and what the reranker reads of it.
struct Candidate {
    line: String,
    text: String,
}

/// Scores every line of standard input but the first for the first, and writes each behind its score
/// and a tab, best first.
///
/// A line that is a JSON object stands for its `text` (under its `title`), the first for its `query`
/// or `text`; it is written as it came. Equals keep their order. Of several rerankers each reads the
/// best of the order before it; what it does not read stands below, with the lowest score.
pub(super) fn rerank(stages: Vec<RerankStage>, cancel: &Cancel) -> Result<(), CliError> {
    let (query, candidates) = cancel.or_end(|| read(io::stdin().lock()))??;
    let stages = as_deep(stages, candidates.len());
    // Before they are read they stand as they came.
    let scores = (0..candidates.len()).map(|number| -(number as f32));
    let results: Vec<(f32, Option<&str>)> =
        scores.zip(&candidates).map(|(score, it)| (score, Some(it.text.as_str()))).collect();
    let mut lost = Lost::default();
    let order =
        Ordering { stages: &stages, weight: 1.0, cancel }.order(&query, &results, &mut lost)?;
    let mut out = Screen::open();
    order
        .iter()
        .try_for_each(|(place, score)| writeln!(out, "{score:.6}\t{}", candidates[*place].line))
        .and_then(|()| out.flush())
        .map_err(CliError::stdout)?;
    lost.tell("lines");
    Ok(())
}

/// Returns the query and the candidates; blank lines are none.
fn read(input: impl BufRead) -> Result<(String, Vec<Candidate>), CliError> {
    let mut query = None;
    let mut candidates = Vec::new();
    for (number, line) in (1..).zip(input.split(b'\n')) {
        let line = line.map_err(|error| wrong(format!("cannot read standard input: {error}")))?;
        let line = String::from_utf8(line)
            .map_err(|_| wrong(format!("standard input:{number}: expected UTF-8")))?;
        let line = line.strip_suffix('\r').unwrap_or(&line);
        if line.trim().is_empty() {
            continue;
        }
        let object = serde_json::from_str::<Map<String, Value>>(line).ok();
        if query.is_none() {
            query = Some(text(line, object.as_ref(), &["query", "text"]));
            continue;
        }
        let text = text(line, object.as_ref(), &["text"]);
        candidates.push(Candidate { line: line.to_owned(), text });
    }
    let query =
        query.ok_or_else(|| wrong("standard input: expected a query, got nothing".into()))?;
    Ok((query, candidates))
}

/// Returns what a line says: the first of these fields that is text, else the line itself.
fn text(line: &str, object: Option<&Map<String, Value>>, fields: &[&str]) -> String {
    let field = |name: &str| object.and_then(|object| object.get(name)).and_then(Value::as_str);
    let Some(text) = fields.iter().find_map(|name| field(name)) else { return line.to_owned() };
    whole(text).model_text(field("title").unwrap_or_default(), text)
}

fn wrong(message: String) -> CliError {
    CliError::usage(message)
        .hint(r"printf 'capital of France\nParis\nRome\n' | trommel rerank --text")
}
