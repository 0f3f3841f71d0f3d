//! Puts characters together to paragraphs, items and rows.

use std::collections::HashSet;

use super::destination::Aside;
use crate::writer::Writer;
use crate::{ExtractError, Extracted, Limits};

/// Puts a document's text together.
pub(super) struct Paragraphs {
    writer: Writer,
    max_cells: u64,
    /// How many headings may still be marked as such.
    headings: u32,
    /// The paragraph or cell that is being read.
    line: String,
    /// The number or bullet of the item that is being read.
    marker: Option<String>,
    /// The cells before it in its row.
    row: Vec<String>,
    cells: u64,
    /// What stands in brackets behind the paragraph.
    notes: Vec<String>,
    /// What follows the paragraph.
    boxes: Vec<String>,
    /// Headers and footers, each once.
    margins: Vec<String>,
    known_margins: HashSet<String>,
    /// The aside that is being read.
    aside: String,
    last: Last,
}

/// What was written last: items and rows stand below one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    Item,
    Row,
    Other,
}

impl Paragraphs {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            writer: Writer::new(limits),
            max_cells: limits.cells,
            headings: limits.members,
            line: String::new(),
            marker: None,
            row: Vec::new(),
            cells: 0,
            notes: Vec::new(),
            boxes: Vec::new(),
            margins: Vec::new(),
            known_margins: HashSet::new(),
            aside: String::new(),
            last: Last::Other,
        }
    }

    /// Takes text of the paragraph.
    pub(super) fn push(&mut self, text: &str) {
        self.line.push_str(text);
    }

    /// Takes text of an aside.
    pub(super) fn push_aside(&mut self, text: &str) {
        self.aside.push_str(text);
    }

    /// Makes the paragraph an item of a list. A mark that is no letter or digit is a bullet.
    pub(super) fn mark_item(&mut self, marker: &str) {
        let marker = marker.trim();
        let is_number = marker.chars().any(char::is_alphanumeric);
        self.marker = Some(if is_number { marker.to_owned() } else { "-".to_owned() });
    }

    /// Ends an aside.
    pub(super) fn end_aside(&mut self, aside: Aside) {
        let text = std::mem::take(&mut self.aside);
        let lines = text.lines().map(joined).filter(|line| !line.is_empty());
        match aside {
            Aside::Note => self.notes.extend(in_brackets("", lines)),
            Aside::Comment => self.notes.extend(in_brackets("comment: ", lines)),
            Aside::TextBox => self.boxes.extend(lines),
            Aside::Margin => {
                for line in lines {
                    if self.known_margins.insert(line.clone()) {
                        self.margins.push(line);
                    }
                }
            }
        }
    }

    /// Ends a paragraph; `level` is that of a heading.
    pub(super) fn end_paragraph(&mut self, level: Option<u8>) -> Result<(), ExtractError> {
        self.end_row()?;
        let text = std::mem::take(&mut self.line);
        let text = text.trim();
        let marker = self.marker.take().filter(|_| !text.is_empty());
        let notes = self.notes.split_off(0);
        let level = level.filter(|_| self.headings > 0);
        match (level, marker) {
            _ if text.is_empty() => {}
            (Some(level), marker) => {
                self.headings -= 1;
                let number = marker.filter(|marker| marker != "-");
                let text = [number.as_deref().unwrap_or_default(), text].join(" ");
                self.writer.heading(level, &text)?;
                self.last = Last::Other;
            }
            (None, Some(marker)) => self.write(Last::Item, &format!("{marker} {text}"), &notes)?,
            (None, None) => self.write(Last::Other, text, &notes)?,
        }
        if text.is_empty() || level.is_some() {
            self.write(Last::Other, "", &notes)?;
        }
        self.write_boxes()
    }

    /// Begins a new line within a cell.
    pub(super) fn end_line_of_cell(&mut self) {
        self.line.push(' ');
    }

    /// Ends a cell.
    pub(super) fn end_cell(&mut self) -> Result<(), ExtractError> {
        self.cells += 1;
        if self.cells > self.max_cells {
            return Err(ExtractError::too_much("cells", self.max_cells));
        }
        let text = joined(&std::mem::take(&mut self.line));
        match self.marker.take().filter(|_| !text.is_empty()) {
            Some(marker) => self.row.push(format!("{marker} {text}")),
            None => self.row.push(text),
        }
        Ok(())
    }

    /// Ends a row, if there is one. Empty cells are left out.
    pub(super) fn end_row(&mut self) -> Result<(), ExtractError> {
        if self.row.is_empty() {
            return Ok(());
        }
        let mut row = std::mem::take(&mut self.row);
        row.retain(|cell| !cell.is_empty());
        let notes = self.notes.split_off(0);
        self.write(Last::Row, &row.join(" | "), &notes)?;
        self.write_boxes()
    }

    /// Ends the document.
    pub(super) fn finish(mut self) -> Result<Extracted, ExtractError> {
        self.end_paragraph(None)?;
        self.margins.iter().try_for_each(|margin| self.writer.block(margin))?;
        Ok(self.writer.finish())
    }

    fn write(&mut self, what: Last, text: &str, notes: &[String]) -> Result<(), ExtractError> {
        let parts = std::iter::once(text).chain(notes.iter().map(String::as_str));
        let text = parts.filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            return Ok(());
        }
        let last = std::mem::replace(&mut self.last, what);
        match what != Last::Other && last == what {
            true => self.writer.line(&text),
            false => self.writer.block(&text),
        }
    }

    fn write_boxes(&mut self) -> Result<(), ExtractError> {
        let boxes = std::mem::take(&mut self.boxes);
        boxes.iter().try_for_each(|text| self.write(Last::Other, text, &[]))
    }
}

/// Returns what a note says, in brackets; none if it is empty.
fn in_brackets(what: &str, lines: impl Iterator<Item = String>) -> Option<String> {
    let text = lines.collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then(|| format!("[{what}{text}]"))
}

/// Returns text with single spaces, without the border of a nested table's last cell.
fn joined(text: &str) -> String {
    let text = text.trim_end();
    let text = text.strip_suffix(" |").unwrap_or(text);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
