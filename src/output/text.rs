//! Answers for people.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use trommel::json::Named;
use trommel::json::several::merged;
use trommel_core::escape;
use trommel_engine::{Answer, Hit};

use super::direction::Isolation;
use super::{Asked, place, sentence};
use crate::terminal::Screen;

const TITLE: Style = Style::new().bold();
const SCORE: Style = AnsiColor::Cyan.on_default();
const PLACE: Style = AnsiColor::Green.on_default();
const MATCH: Style = Style::new().bold();
const WARN: Style = AnsiColor::Yellow.on_default();
const QUIET: Style = Style::new().dimmed();

/// The columns that a hit's text is moved in by: those of its rank.
const INDENT: usize = 4;

/// Writes the query above its answer, in a batch.
pub(super) fn heading(out: &mut Screen, asked: Asked<'_>, first: bool) -> io::Result<()> {
    if !first {
        writeln!(out)?;
    }
    let id = isolated_path(out, &escape(asked.id.unwrap_or_default()));
    let query = isolated(out, &escape(&asked.answer.query));
    writeln!(out, "{QUIET}{id}{QUIET:#}  {TITLE}{query}{TITLE:#}\n")?;
    if asked.answer.hits.is_empty() { writeln!(out, "nothing found") } else { Ok(()) }
}

/// Says that the hits are no answer.
pub(super) const NO_ANSWER: &str = "nothing here answers this; the nearest:";

/// Writes an answer's hits.
pub(super) fn hits(out: &mut Screen, answer: &Answer) -> io::Result<()> {
    list(out, answer.answered, answer.hits.iter().map(|hit| (hit, None)))
}

/// Writes the hits of several collections, each with the name of its own.
pub(super) fn several(out: &mut Screen, answers: &[Named<'_>]) -> io::Result<()> {
    let all: Vec<&Answer> = answers.iter().map(|named| named.answer).collect();
    let answered = all.iter().any(|answer| answer.answered);
    let merged = merged(&all).into_iter();
    list(out, answered, merged.map(|(place, hit)| (hit, Some(answers[place].collection))))
}

fn list<'a>(
    out: &mut Screen,
    answered: bool,
    hits: impl ExactSizeIterator<Item = (&'a Hit, Option<&'a str>)>,
) -> io::Result<()> {
    if !answered && hits.len() > 0 {
        writeln!(out, "{WARN}{NO_ANSWER}{WARN:#}\n")?;
    }
    for (rank, (hit, collection)) in (1..).zip(hits) {
        if rank > 1 {
            writeln!(out)?;
        }
        one(out, rank, hit, collection)?;
    }
    Ok(())
}

fn one(out: &mut Screen, rank: usize, hit: &Hit, collection: Option<&str>) -> io::Result<()> {
    let title = on_one_line(place::title(hit));
    let Hit { score, .. } = hit;
    let shown = isolated(out, &title);
    writeln!(out, "{rank:>2}  {SCORE}{score:.3}{SCORE:#}  {TITLE}{shown}{TITLE:#}")?;
    let place = isolated_path(out, &escape(&place::file_and_location(hit)));
    write!(out, "{:INDENT$}{PLACE}{place}{PLACE:#}", "")?;
    if let Some(mark) = hit.freshness.mark() {
        write!(out, "  {WARN}{mark}{WARN:#}")?;
    }
    if let Some(collection) = collection {
        write!(out, "  {QUIET}[{}]{QUIET:#}", isolated(out, &escape(collection)))?;
    }
    // The id of a document that is not a file cannot be guessed from where it lies.
    if hit.origin.line.is_some() && hit.id != title {
        write!(out, "  {QUIET}{}{QUIET:#}", isolated_path(out, &escape(&hit.id)))?;
    }
    writeln!(out)?;
    let pieces = sentence::pieces(&hit.passage);
    // All lines of a sentence have its direction.
    let isolation = Isolation::of(hit.sentence(), out.is_terminal());
    for line in sentence::wrap(&pieces, out.width().saturating_sub(INDENT)) {
        write!(out, "{:INDENT$}{}", "", isolation.begin())?;
        for (text, matched) in line {
            let style = if matched { MATCH } else { Style::new() };
            write!(out, "{style}{text}{style:#}")?;
        }
        writeln!(out, "{}", isolation.end())?;
    }
    Ok(())
}

/// Returns text that turns nothing beside it.
pub(super) fn isolated(out: &Screen, text: &str) -> String {
    Isolation::of(text, out.is_terminal()).around(text)
}

/// Returns a path or an id that turns nothing beside it.
pub(super) fn isolated_path(out: &Screen, path: &str) -> String {
    Isolation::of_path(path, out.is_terminal()).around(path)
}

/// Returns text on one line, made harmless.
pub(super) fn on_one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    escape(&words.join(" ")).into_owned()
}
