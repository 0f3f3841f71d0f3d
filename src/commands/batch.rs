//! Many queries at once: everything is loaded one time.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal};
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use trommel_cache::ScoreCache;
use trommel_engine::{Answer, Pipeline, Reading, SearchSettings, Stopped, Trace};

use super::Context;
use crate::cache::FromCache;
use crate::clock::SteadyClock;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{Asked, Format, Writer};
use crate::signals::Cancel;
use crate::terminal::{self, Screen};
use crate::{hints, progress, shell};

/// A query of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct BatchQuery {
    /// Its name in the output; a whole number is taken as its text, as in documents.
    #[serde(rename = "_id", deserialize_with = "name")]
    id: String,
    /// What to look for.
    text: String,
}

/// Reads a JSONL file of queries; `-` is standard input.
pub(super) fn read(path: &Path) -> Result<Vec<BatchQuery>, CliError> {
    let refused = |error: &io::Error| {
        CliError::usage(format!("cannot read {}: {error}", path.display()))
            .hint(format!("ls -l {}", shell::path(path)))
    };
    let reader: Box<dyn BufRead> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(BufReader::new(File::open(path).map_err(|error| refused(&error))?))
    };
    let mut queries = Vec::new();
    let mut lines_by_id = HashMap::new();
    for (number, line) in (1..).zip(reader.split(b'\n')) {
        let line = line.map_err(|error| refused(&error))?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let query =
            query(&line).map_err(|(column, problem)| wrong(path, number, column, &problem))?;
        if let Some(first) = lines_by_id.insert(query.id.clone(), number) {
            let problem = format!("expected a new _id, got {:?} of line {first}", query.id);
            return Err(wrong(path, number, 1, &problem));
        }
        queries.push(query);
    }
    if queries.is_empty() {
        let message = format!("{}: expected at least one query, got none", path.display());
        return Err(CliError::usage(message).hint(EXAMPLE));
    }
    Ok(queries)
}

fn name<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected text or a whole number as _id")]
    enum Name {
        Text(String),
        Number(i64),
    }
    Ok(match Name::deserialize(deserializer)? {
        Name::Text(text) => text,
        Name::Number(number) => number.to_string(),
    })
}

/// A file of queries as it should be.
const EXAMPLE: &str = r#"echo '{"_id": "1", "text": "some words"}' | trommel search --queries -"#;

fn wrong(path: &Path, line: usize, column: usize, problem: &str) -> CliError {
    CliError::usage(format!("{}:{line}:{column}: {problem}", path.display())).hint(EXAMPLE)
}

fn query(line: &[u8]) -> Result<BatchQuery, (usize, String)> {
    let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
    let query: BatchQuery = serde_json::from_slice(line).map_err(|error| {
        let text = error.to_string();
        // Line and column within one line are said in front.
        let text = text.split(" at line ").next().unwrap_or_default();
        (error.column(), format!("expected an object with _id and text: {text}"))
    })?;
    if query.id.is_empty() {
        return Err((1, "expected an _id of at least one character, got an empty one".to_owned()));
    }
    Ok(query)
}

/// Answers all queries, in their order.
pub(super) fn answer(
    queries: &[BatchQuery],
    pipeline: &Pipeline,
    settings: &SearchSettings,
    context: &Context,
    format: Format,
    explain: bool,
    cache: Option<&Arc<ScoreCache>>,
) -> Result<Exit, CliError> {
    let cancel = Cancel::on_signal();
    let clock = SteadyClock::start();
    let mut writer =
        Writer::begin(format, explain, true, Screen::open()).map_err(CliError::stdout)?;
    // Answers on the same terminal would run through the bar.
    let bar = (!io::stdout().is_terminal()).then(|| progress::counter("queries", queries.len()));
    let mut empty = 0;
    let mut stopped = 0;
    for query in queries {
        cancel.check()?;
        let answer = if query.text.trim().is_empty() {
            empty += 1;
            nothing(query, settings)
        } else {
            pipeline
                .search(&query.text, settings, &clock)
                .map_err(|error| hints::engine(error, context))?
        };
        let by_budget = |reading: Reading| reading.stopped == Stopped::Budget;
        stopped += usize::from(answer.reading.is_some_and(by_budget));
        let cached = FromCache::take(cache, &answer);
        let asked = Asked { id: Some(&query.id), answer: &answer, cached: cached.as_ref() };
        writer.answer(asked).map_err(CliError::stdout)?;
        bar.iter().for_each(|bar| bar.inc(1));
    }
    bar.iter().for_each(|bar| bar.finish_and_clear());
    writer.finish().map_err(CliError::stdout)?;
    if empty > 0 {
        terminal::note(format!("{empty} of {} queries have no text", queries.len()));
    }
    if stopped > 0 {
        terminal::note(format!("{stopped} of {} answers were stopped by budget", queries.len()));
    }
    Ok(Exit::Done)
}

fn nothing(query: &BatchQuery, settings: &SearchSettings) -> Answer {
    Answer {
        query: query.text.clone(),
        stage: settings.stage,
        reading: None,
        hits: Vec::new(),
        trace: Trace::default(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn read_text(text: &str) -> Result<Vec<BatchQuery>, String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let name = file.path().display().to_string();
        read(file.path()).map_err(|error| error.to_string().replace(&name, "FILE"))
    }

    #[test]
    fn blank_lines_other_fields_and_crlf_do_no_harm() {
        let queries =
            read_text("\u{feff}{\"_id\":\"1\",\"text\":\"a\",\"metadata\":{}}\r\n\n{\"_id\":\"2\",\"text\":\"\"}")
                .unwrap();
        let pairs: Vec<_> = queries.iter().map(|q| (q.id.as_str(), q.text.as_str())).collect();
        assert_eq!(pairs, [("1", "a"), ("2", "")]);
    }

    #[test]
    fn what_is_wrong_is_named_by_file_line_and_column() {
        let error = read_text("{\"_id\":\"1\",\"text\":\"a\"}\n{\"_id\":\"2\",").unwrap_err();
        assert!(
            error.starts_with("FILE:2:11: expected an object with _id and text: EOF"),
            "{error}"
        );
        let error = read_text("{\"_id\":\"1\"}").unwrap_err();
        assert!(error.contains("FILE:1:11") && error.contains("missing field `text`"), "{error}");
        let error = read_text("{\"_id\":\"1\",\"text\":\"a\"}\n\n{\"_id\":\"1\",\"text\":\"b\"}")
            .unwrap_err();
        assert!(error.starts_with("FILE:3:1: expected a new _id, got \"1\" of line 1"), "{error}");
        assert!(read_text("\n\n").unwrap_err().starts_with("FILE: expected at least one query"));
    }
}
