//! Files of queries: BEIR's JSONL, and TSV.

use std::collections::HashMap;
use std::io::BufRead;
use std::path::Path;

use serde::Deserialize;

use crate::error::EvalError;
use crate::lines::{self, Line};

/// A query with the id that judgements and runs know it by.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct NamedQuery {
    /// Its id: at least one character. A whole number is taken as its text.
    #[serde(rename = "_id", deserialize_with = "id")]
    pub id: String,
    /// What to look for; may be empty.
    pub text: String,
}

/// Reads a file of queries, in its order.
///
/// A file that is named `….jsonl`, `….ndjson` or `….json` holds one JSON object a line with `_id`
/// and `text`, as BEIR's do; one that is named `….tsv` holds an id and a text with a tab between.
/// Of any other name, the first line decides: JSON begins with a brace.
///
/// # Errors
///
/// [`EvalError::Io`]; [`EvalError::Json`] and [`EvalError::Line`] for a line of another form, an
/// empty id, or an id that an earlier line has; [`EvalError::Empty`] without any query.
pub fn read_queries(path: &Path) -> Result<Vec<NamedQuery>, EvalError> {
    parse_queries(lines::open(path)?, path)
}

/// Reads queries as [`read_queries`] does; `name` is what errors call the file.
///
/// # Errors
///
/// As for [`read_queries`].
pub fn parse_queries(reader: impl BufRead, name: &Path) -> Result<Vec<NamedQuery>, EvalError> {
    let mut queries = Vec::new();
    let mut lines_by_id = HashMap::new();
    let mut form = Form::by_name(name);
    lines::for_each(reader, name, |line| {
        let form = *form.get_or_insert_with(|| Form::by_content(line.text));
        let query = form.query(line)?;
        let what = form.id();
        if query.id.is_empty() {
            let expected = format!("{what} of at least one character");
            return Err(line.wrong(format!("an {expected}"), "an empty one"));
        }
        // Two queries of one id could not be told apart in judgements and runs.
        if let Some(first) = lines_by_id.insert(query.id.clone(), line.number) {
            let got = format!("{:?} of line {first}", query.id);
            return Err(line.wrong(format!("a new {what}"), got));
        }
        queries.push(query);
        Ok(())
    })?;
    if queries.is_empty() {
        return Err(EvalError::Empty { path: name.into(), expected: "query" });
    }
    Ok(queries)
}

/// The two forms of a file.
#[derive(Debug, Clone, Copy)]
enum Form {
    JsonLines,
    Tsv,
}

impl Form {
    fn by_name(name: &Path) -> Option<Self> {
        let extension = name.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "jsonl" | "ndjson" | "json" => Some(Self::JsonLines),
            "tsv" => Some(Self::Tsv),
            _ => None,
        }
    }

    fn by_content(line: &str) -> Self {
        // Without a tab it is no TSV either: then the message should be about JSON, which is the
        // form that the documentation shows.
        if line.trim_ascii_start().starts_with('{') || !line.contains('\t') {
            Self::JsonLines
        } else {
            Self::Tsv
        }
    }

    fn id(self) -> &'static str {
        match self {
            Self::JsonLines => "_id",
            Self::Tsv => "id",
        }
    }

    fn query(self, line: Line<'_>) -> Result<NamedQuery, EvalError> {
        match self {
            Self::JsonLines => {
                serde_json::from_str(line.text).map_err(|error| line.bad_json(&error))
            }
            Self::Tsv => match line.text.split_once('\t') {
                Some((id, text)) => Ok(NamedQuery { id: id.to_owned(), text: text.to_owned() }),
                None => Err(line.expected("an id and a text with a tab between", line.text)),
            },
        }
    }
}

fn id<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected text or a whole number as _id")]
    enum Id {
        Text(String),
        Number(i64),
    }
    Ok(match Id::deserialize(deserializer)? {
        Id::Text(text) => text,
        Id::Number(number) => number.to_string(),
    })
}
