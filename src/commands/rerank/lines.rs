//! `trommel rerank --text`: any lines against the one before them all, in a pipe.

use std::io::{self, BufRead, Write};

use serde_json::{Map, Value};
use trommel_core::escape;
use trommel_engine::RerankStage;

use super::as_deep;
use super::corpus::whole;
use super::order::{Lost, Ordering};
use crate::error::CliError;
use crate::signals::Cancel;
use crate::terminal::{self, Screen};

/// A line and what the reranker reads of it.
struct Candidate {
    /// Its bytes as they came, without the line feed.
    line: Vec<u8>,
    text: String,
}

/// The query and the candidates of an input, and what it had beside them.
struct Lines {
    query: String,
    candidates: Vec<Candidate>,
    /// How many lines behind the first are blank: there is nothing to read in them.
    blank: usize,
    /// How many lines are no UTF-8: U+FFFD is read in the place of what is wrong.
    damaged: usize,
}

/// Scores every line of standard input but the first for the first, and writes each behind its score
/// and a tab, best first.
///
/// A line that is a JSON object stands for its `text` (under its `title`), the first for its `query`
/// or `text`; it is written as it came, but that a terminal gets nothing to obey. Equals keep their
/// order. Of several rerankers each reads the best of the order before it; what it does not read stands
/// below, with the lowest score.
pub(super) fn rerank(stages: Vec<RerankStage>, cancel: &Cancel) -> Result<(), CliError> {
    let Lines { query, candidates, blank, damaged } =
        cancel.or_end(|| read(io::stdin().lock()))??;
    let stages = as_deep(stages, candidates.len());
    // Before they are read they stand as they came.
    let scores = (0..candidates.len()).map(|number| -(number as f32));
    let results: Vec<(f32, Option<&str>)> =
        scores.zip(&candidates).map(|(score, it)| (score, Some(it.text.as_str()))).collect();
    let mut lost = Lost::default();
    let order =
        Ordering { stages: &stages, weight: 1.0, cancel }.order(&query, &results, &mut lost)?;
    let mut out = Screen::of_bytes();
    order
        .iter()
        .try_for_each(|(place, score)| {
            write!(out, "{score:.6}\t")?;
            let line = &candidates[*place].line;
            if out.is_terminal() {
                write!(out, "{}", escape(&String::from_utf8_lossy(line)))?;
            } else {
                out.write_all(line)?;
            }
            writeln!(out)
        })
        .and_then(|()| out.flush())
        .map_err(CliError::stdout)?;
    lost.tell("lines");
    if blank > 0 {
        terminal::note(format!("blank lines left out: {blank}"));
    }
    if damaged > 0 {
        terminal::note(format!("lines that are no UTF-8, read with U+FFFD: {damaged}"));
    }
    Ok(())
}

/// Returns the query, which is the first line whatever stands in it, and the candidates.
fn read(input: impl BufRead) -> Result<Lines, CliError> {
    let mut query = None;
    let (mut candidates, mut blank, mut damaged) = (Vec::new(), 0, 0);
    for bytes in input.split(b'\n') {
        let bytes = bytes.map_err(|error| wrong(format!("cannot read standard input: {error}")))?;
        let line = String::from_utf8_lossy(&bytes);
        // Only what is damaged is copied.
        damaged += usize::from(matches!(line, std::borrow::Cow::Owned(_)));
        let line = line.strip_suffix('\r').unwrap_or(&line);
        let object = serde_json::from_str::<Map<String, Value>>(line).ok();
        if query.is_none() {
            query = Some(text(line, object.as_ref(), &["query", "text"]));
        } else if line.trim().is_empty() {
            blank += 1;
        } else {
            let text = text(line, object.as_ref(), &["text"]);
            candidates.push(Candidate { line: bytes, text });
        }
    }
    let query =
        query.ok_or_else(|| wrong("standard input: expected a query, got nothing".into()))?;
    if query.trim().is_empty() {
        let message = "standard input:1: the query is empty: expected at least one character";
        return Err(wrong(message.into()));
    }
    Ok(Lines { query, candidates, blank, damaged })
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
