//! `trommel get`: the text of a document, as it was read from its file.

use std::ops::Range;

use clap::Args;
use serde::Serialize;
use trommel_core::{Location, LocationMark, Metadata};
use trommel_engine::{Snapshot, Stage, StoredDocument};

use super::Context;
use super::document_name::{document, unknown};
use crate::cli::Global;
use crate::error::CliError;
use crate::exit::Exit;
use crate::hints;
use crate::output::object;
use crate::terminal::{self, Screen};

/// Print the text of a document, whole or in part
///
/// It is what was read from the file: of a PDF the text of its pages, of a page its readable part. A
/// part is lines, as in notes.md:3-9, or pages, slides, sheets, chapters or cells, as in report.pdf#12 or
/// sums.xlsx#Sheet2.
#[derive(Debug, Args)]
pub(crate) struct GetArgs {
    /// The document's id or path, as search shows it, with or without a part
    #[arg(value_name = "ID[:LINES|#PAGE]")]
    name: String,
    /// Report as one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(args: &GetArgs, global: &Global) -> Result<Exit, CliError> {
    let context = Context::new(global, Vec::new())?;
    // No index is needed to read a document.
    let engine = |error| hints::engine(error, &context);
    let snapshot = Snapshot::open(&context.folder, Stage::LEXICAL).map_err(engine)?;
    let (stored, part) = find(&args.name, &snapshot, &context)?;
    let range = match &part {
        Some(part) => part.range(&stored, &args.name)?,
        None => 0..stored.document.text.len(),
    };
    let text = stored.document.text[range.clone()].trim_end();
    if args.json {
        let mut screen = Screen::open();
        object(&mut screen, &as_json(&stored, text, &range)).map_err(CliError::stdout)?;
    } else {
        terminal::text(text)?;
    }
    Ok(Exit::Done)
}

/// Returns the document of a name, and which part of it is meant. Names may have `:` and `#` in them, so
/// that the whole is a name first.
fn find(
    name: &str,
    snapshot: &Snapshot,
    context: &Context,
) -> Result<(StoredDocument, Option<Part>), CliError> {
    if let Some(stored) = document(name, snapshot, context)? {
        return Ok((stored, None));
    }
    for at in ['#', ':'] {
        if let Some((id, part)) = name.rsplit_once(at)
            && let Some(part) = Part::parse(at, part)
            && let Some(stored) = document(id, snapshot, context)?
        {
            return Ok((stored, Some(part)));
        }
    }
    Err(unknown(name, snapshot, context))
}

/// A part of a document.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    /// Lines of its text, from 1.
    Lines(usize, usize),
    /// Pages, slides, chapters or cells, by number.
    Numbers(u32, u32),
    /// A sheet, or a page by what is printed on it.
    Name(String),
}

impl Part {
    fn parse(at: char, text: &str) -> Option<Self> {
        let text = text.strip_prefix("page=").unwrap_or(text);
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (at, first.parse::<u32>(), last.parse::<u32>()) {
            (':', Ok(first), Ok(last)) => Some(Self::Lines(first as usize, last as usize)),
            ('#', Ok(first), Ok(last)) => Some(Self::Numbers(first, last)),
            ('#', ..) if !text.is_empty() => Some(Self::Name(text.to_owned())),
            _ => None,
        }
    }

    /// Returns the bytes of the part in a document's text.
    fn range(&self, stored: &StoredDocument, name: &str) -> Result<Range<usize>, CliError> {
        let text = &stored.document.text;
        let found = match self {
            Self::Lines(first, last) => lines(text, *first, *last),
            Self::Numbers(first, last) => located(stored, |location| {
                number_of(location).is_some_and(|it| (*first..=*last).contains(&it))
            }),
            Self::Name(name) => located(stored, |location| is_called(location, name)),
        };
        found.ok_or_else(|| {
            let has = has(stored);
            let id = crate::shell::word(&stored.document.id);
            CliError::usage(format!("{name}: no such part: the document has {has}"))
                .hint(format!("trommel get {id}"))
        })
    }
}

/// Says what parts there are.
fn has(stored: &StoredDocument) -> String {
    let marks = &stored.document.outline.locations;
    match (marks.first(), marks.last()) {
        (Some(first), Some(last)) => format!("{} to {}", first.location, last.location),
        _ => format!("{} lines", stored.document.text.lines().count()),
    }
}

fn lines(text: &str, first: usize, last: usize) -> Option<Range<usize>> {
    let starts = || std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
    let start = starts().nth(first.checked_sub(1)?)?;
    let end = starts().nth(last.max(first)).unwrap_or(text.len());
    Some(start..end)
}

/// Returns from the first location that is meant to the end of the last.
fn located(stored: &StoredDocument, is_meant: impl Fn(&Location) -> bool) -> Option<Range<usize>> {
    let marks = &stored.document.outline.locations;
    let meant = |mark: &LocationMark| is_meant(&mark.location);
    let (first, last) = (marks.iter().position(meant)?, marks.iter().rposition(meant)?);
    let end = marks.get(last + 1).map_or(stored.document.text.len(), |next| next.at);
    Some(marks[first].at..end)
}

fn number_of(location: &Location) -> Option<u32> {
    match location {
        Location::Page { number, .. }
        | Location::Slide { number, .. }
        | Location::Chapter { number, .. }
        | Location::Cell { number } => Some(*number),
        Location::Sheet { .. } => None,
    }
}

fn is_called(location: &Location, wanted: &str) -> bool {
    match location {
        Location::Page { label, .. } => label.as_deref() == Some(wanted),
        Location::Sheet { name, .. } => name == wanted,
        _ => false,
    }
}

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

fn as_json<'a>(
    stored: &'a StoredDocument,
    text: &'a str,
    range: &Range<usize>,
) -> JsonDocument<'a> {
    let document = &stored.document;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_lines_numbers_or_a_name() {
        assert_eq!(Part::parse(':', "3-9"), Some(Part::Lines(3, 9)));
        assert_eq!(Part::parse(':', "7"), Some(Part::Lines(7, 7)));
        assert_eq!(Part::parse('#', "12"), Some(Part::Numbers(12, 12)));
        assert_eq!(Part::parse('#', "page=12"), Some(Part::Numbers(12, 12)));
        assert_eq!(Part::parse('#', "iv"), Some(Part::Name("iv".into())));
        assert_eq!(Part::parse(':', "x"), None);
        assert_eq!(Part::parse('#', ""), None);
    }

    #[test]
    fn lines_are_counted_from_1() {
        let text = "one\ntwo\nthree";
        let part = |first, last| lines(text, first, last).map(|range| &text[range]);
        assert_eq!(part(2, 2), Some("two\n"));
        assert_eq!(part(2, 99), Some("two\nthree"));
        assert_eq!((part(0, 1), part(4, 4)), (None, None));
    }
}
