//! `trommel rerank --text`: any lines against the one before them all, in a pipe.

use std::io::{self, BufRead, Write};

use serde_json::{Map, Value};
use trommel_core::Reranker;
use trommel_engine::model_text;

use super::corpus::whole;
use super::pack;
use crate::error::CliError;
use crate::signals::Cancel;
use crate::terminal::{self, Screen};

/// A line and what the reranker reads of it.
struct Candidate {
    line: String,
    text: String,
}

/// Scores every line of standard input but the first for the first, and writes each behind its score
/// and a tab, best first.
///
/// A line that is a JSON object stands for its `text` (under its `title`), the first for its `query`
/// or `text`; it is written as it came. Equals keep their order.
pub(super) fn rerank(reranker: &dyn Reranker, cancel: &Cancel) -> Result<(), CliError> {
    let (query, candidates) = cancel.or_end(|| read(io::stdin().lock()))??;
    let mut scored: Vec<(f32, &str)> = Vec::with_capacity(candidates.len());
    let mut truncated = 0;
    for part in candidates.chunks(pack(reranker)) {
        cancel.check()?;
        let texts: Vec<&str> = part.iter().map(|candidate| candidate.text.as_str()).collect();
        let scores = reranker.score(&query, &texts).map_err(super::failed)?;
        truncated += scores.iter().filter(|score| score.truncated).count();
        let logits = scores.into_iter().map(|score| score.logit);
        scored.extend(logits.zip(part.iter().map(|candidate| candidate.line.as_str())));
    }
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut out = Screen::open();
    let calibration = reranker.calibration();
    scored
        .iter()
        .try_for_each(|(logit, line)| {
            writeln!(out, "{:.6}\t{line}", calibration.probability(*logit))
        })
        .and_then(|()| out.flush())
        .map_err(CliError::stdout)?;
    if truncated > 0 {
        terminal::note(format!("{truncated} of {} lines read without their end", candidates.len()));
    }
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
    model_text(field("title").unwrap_or_default(), &whole(text), text)
}

fn wrong(message: String) -> CliError {
    CliError::usage(message)
        .hint(r"printf 'capital of France\nParis\nRome\n' | trommel rerank --text")
}
