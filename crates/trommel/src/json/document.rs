//! A document as it was read, whole or in part.

use std::io::{self, Write};
use std::ops::Range;

use serde::Serialize;
use trommel_core::{Lines, Location, LocationMark, LocationSpan, Metadata};
use trommel_engine::StoredDocument;

use super::write;

#[derive(Serialize)]
struct JsonDocument<'a> {
    schema: &'static str,
    id: &'a str,
    title: &'a str,
    metadata: &'a Metadata,
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    locations: Vec<JsonMark<'a>>,
    text: &'a str,
}

/// A location that begins at a byte of the text.
#[derive(Serialize)]
struct JsonMark<'a> {
    at: usize,
    location: &'a Location,
}

fn object<'a>(stored: &'a StoredDocument, range: &Range<usize>) -> JsonDocument<'a> {
    let document = &stored.document;
    let text = document.text[range.clone()].trim_end();
    let within = |mark: &&LocationMark| range.contains(&mark.at);
    let marks = document.outline.locations.iter().filter(within);
    JsonDocument {
        schema: "trommel.document.v1",
        id: &document.id,
        title: &document.title,
        metadata: &document.metadata,
        file: document.origin.file(),
        member: document.origin.member(),
        line: document.origin.line,
        locations: marks
            .map(|mark| JsonMark { at: mark.at - range.start, location: &mark.location })
            .collect(),
        text,
    }
}

/// Writes the bytes `range` of a document as one object on one line.
///
/// # Errors
///
/// If `out` refuses.
pub fn document(
    out: &mut impl Write,
    stored: &StoredDocument,
    range: &Range<usize>,
) -> io::Result<()> {
    write(out, &object(stored, range))?;
    writeln!(out)
}

#[derive(Serialize)]
struct JsonServed<'a> {
    #[serde(flatten)]
    document: JsonDocument<'a>,
    collection: &'a str,
    lines: Lines,
    total_lines: usize,
    truncated: bool,
    passages: Vec<JsonPassage<'a>>,
}

#[derive(Serialize)]
struct JsonPassage<'a> {
    lines: Lines,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<&'a LocationSpan>,
}

/// Returns at most `most` characters of the bytes `range` of a document as one object, with the lines that
/// they are and where its passages stand.
#[must_use]
pub fn document_of(
    collection: &str,
    stored: &StoredDocument,
    range: &Range<usize>,
    most: usize,
) -> Vec<u8> {
    let text = &stored.document.text;
    let part = &text[range.clone()];
    let cut = part.char_indices().nth(most).map_or(part.len(), |(at, _)| at);
    let range = range.start..range.start + cut;
    let line_of = |at: usize| text[..at].matches('\n').count() as u32 + 1;
    let last = text[range.clone()].trim_end().len() + range.start;
    let passages = stored.passages.iter();
    let passages = passages
        .map(|it| JsonPassage { lines: it.lines, location: it.location.as_ref() })
        .collect();
    let served = JsonServed {
        document: object(stored, &range),
        collection,
        lines: Lines { first: line_of(range.start), last: line_of(last) },
        total_lines: text.lines().count(),
        truncated: cut < part.len(),
        passages,
    };
    let mut out = Vec::new();
    // Writing to memory does not fail.
    let _ = write(&mut out, &served);
    out
}
