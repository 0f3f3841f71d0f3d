//! A document for whoever judges it: without a score, a rank, or marks on words that match.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use trommel_core::escape;
use trommel_engine::StoredDocument;

use super::direction::Isolation;
use super::text::{isolated, isolated_path, on_one_line};
use super::{place, sentence};
use crate::terminal::Screen;

const TITLE: Style = Style::new().bold();
const PLACE: Style = AnsiColor::Green.on_default();
const QUIET: Style = Style::new().dimmed();
const INDENT: usize = 4;

/// Writes a rule with what is done so far.
pub(crate) fn rule(out: &mut Screen, progress: &str) -> io::Result<()> {
    let rule = "─".repeat(out.width().saturating_sub(progress.len() + 1));
    writeln!(out, "\n{QUIET}{progress} {rule}{QUIET:#}")
}

/// Writes a query.
pub(crate) fn question(out: &mut Screen, query: &str) -> io::Result<()> {
    let isolation = Isolation::of(query, out.is_terminal());
    for line in wrapped(query, out.width()) {
        writeln!(out, "{TITLE}{}{TITLE:#}", isolation.around(&line))?;
    }
    Ok(())
}

/// Writes a document's title, where it is, and one of its passages, the first if it has not so many;
/// returns how many lines that took.
pub(crate) fn passage(
    out: &mut Screen,
    stored: &StoredDocument,
    place: usize,
) -> io::Result<usize> {
    let StoredDocument { document, passages } = stored;
    let title = on_one_line(place::title_or_id(&document.title, &document.id));
    writeln!(out, "{:INDENT$}{TITLE}{}{TITLE:#}", "", isolated(out, &title))?;
    let Some(passage) = passages.get(place).or(passages.first()) else { return Ok(1) };
    let at = place::location_of(&document.origin, passage.lines, passage.location.as_ref());
    write!(out, "{:INDENT$}{PLACE}{}{PLACE:#}", "", isolated_path(out, &escape(&at)))?;
    if document.origin.line.is_some() && document.id != title {
        write!(out, "  {QUIET}{}{QUIET:#}", isolated_path(out, &escape(&document.id)))?;
    }
    if passages.len() > 1 {
        let place = place.min(passages.len() - 1) + 1;
        write!(out, "  {QUIET}passage {place} of {}{QUIET:#}", passages.len())?;
    }
    writeln!(out, "\n")?;
    let mut text = passage.text(document);
    // Many a text begins with its title.
    if let Some((first, rest)) = text.split_once('\n')
        && first.trim_start_matches('#').trim() == document.title.trim()
    {
        text = rest;
    }
    Ok(3 + lines(out, text)?)
}

/// Writes the whole text of a document; returns how many lines that took.
pub(crate) fn whole(out: &mut Screen, stored: &StoredDocument) -> io::Result<usize> {
    lines(out, &stored.document.text)
}

/// Writes text with the lines and paragraphs that it has, blank lines never two in a row; returns
/// how many there are.
fn lines(out: &mut Screen, text: &str) -> io::Result<usize> {
    let width = out.width().saturating_sub(INDENT);
    let mut written = 0;
    let mut blank = false;
    for line in text.lines() {
        if line.trim().is_empty() {
            blank = written > 0;
            continue;
        }
        // Written only before the next line of text, so that no blank line stands at the end.
        if std::mem::take(&mut blank) {
            writeln!(out)?;
            written += 1;
        }
        let isolation = Isolation::of(line, out.is_terminal());
        for line in wrapped(line, width) {
            writeln!(out, "{:INDENT$}{}", "", isolation.around(&line))?;
            written += 1;
        }
    }
    Ok(written)
}

fn wrapped(text: &str, width: usize) -> impl Iterator<Item = String> {
    let lines = sentence::wrap(&[(text, false)], width).into_iter();
    lines.map(|line| line.into_iter().map(|(text, _)| text).collect())
}
