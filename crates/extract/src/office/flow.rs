//! Paragraphs and tables in their order, on their way to the text.

use trommel_core::Location;

use super::MAX_ENTRIES;
use super::table::{Block, Table};
use crate::writer::Writer;
use crate::{ExtractError, Extracted, Limits};

/// How deep the items of nested lists are shown to be.
const MAX_INDENT: u8 = 8;

/// A part of a flow.
#[derive(Debug)]
pub(super) enum Piece {
    Paragraph(Paragraph),
    /// The cells of a table's row; one that another covers is empty.
    Row(Vec<String>),
    /// The end of a table.
    TableEnd,
}

/// A paragraph, and what hangs on it.
#[derive(Debug, Default)]
pub(super) struct Paragraph {
    pub(super) kind: Kind,
    pub(super) text: String,
    /// Its notes and comments, each in brackets.
    pub(super) notes: String,
    /// The text of boxes and pictures that are anchored in it, by lines.
    pub(super) boxes: String,
}

/// What a paragraph is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Text,
    /// A heading of that level.
    Heading(u8),
    /// An item of a list that is so deep in others.
    Item(u8),
}

impl Paragraph {
    /// Returns a paragraph of text.
    pub(super) fn of(text: String) -> Self {
        Self { text, ..Self::default() }
    }

    /// Adds a note in brackets.
    pub(super) fn note(&mut self, what: &str, text: &str) {
        let words = one_spaced(text);
        if !words.is_empty() {
            self.notes.push_str(if self.notes.is_empty() { "[" } else { " [" });
            self.notes.push_str(what);
            self.notes.push_str(": ");
            self.notes.push_str(&words);
            self.notes.push(']');
        }
    }

    /// Returns its lines, without white space that says nothing.
    fn lines(&self) -> String {
        let (indent, bullet) = match self.kind {
            Kind::Item(depth) => (usize::from(depth.min(MAX_INDENT)), "- "),
            _ => (0, ""),
        };
        let mut lines = String::new();
        for line in self.text.lines() {
            let mut words = line.split_whitespace();
            let Some(first) = words.next() else { continue };
            let begins = lines.is_empty();
            lines.push_str(if begins { "" } else { "\n" });
            lines.extend(std::iter::repeat_n("  ", indent));
            // The lines of an item stand under its first.
            lines.push_str(if begins || bullet.is_empty() { bullet } else { "  " });
            lines.push_str(first);
            for word in words {
                lines.push(' ');
                lines.push_str(word);
            }
        }
        lines
    }
}

/// Who takes the pieces of a flow.
pub(super) trait Flow {
    /// Takes the next piece.
    ///
    /// # Errors
    ///
    /// [`ExtractError::TooMuch`] beyond a limit.
    fn take(&mut self, piece: Piece) -> Result<(), ExtractError>;
}

/// Pieces that are kept for later.
#[derive(Debug, Default)]
pub(super) struct Kept(Vec<Piece>);

impl Flow for Kept {
    fn take(&mut self, piece: Piece) -> Result<(), ExtractError> {
        if self.0.len() == MAX_ENTRIES {
            return Err(ExtractError::too_much("paragraphs on a slide", MAX_ENTRIES as u64));
        }
        if !piece.is_empty() {
            self.0.push(piece);
        }
        Ok(())
    }
}

/// Pieces as lines, for a cell, a box or a note.
#[derive(Debug, Default)]
pub(super) struct Lines {
    text: String,
    /// How many pieces had text.
    pieces: usize,
}

impl Lines {
    /// Returns the lines.
    pub(super) fn text(mut self) -> String {
        self.text.truncate(self.text.trim_end().len());
        self.text
    }

    /// Returns the lines of a cell. Many have a list of one item, whose bullet says nothing.
    pub(super) fn cell(self) -> String {
        let has_one = self.pieces == 1;
        let text = self.text();
        match text.strip_prefix("- ").filter(|_| has_one) {
            Some(item) => item.to_owned(),
            None => text,
        }
    }

    fn add(&mut self, lines: &str) {
        if !lines.is_empty() {
            self.text.push_str(lines);
            self.text.push('\n');
        }
    }
}

impl Flow for Lines {
    fn take(&mut self, piece: Piece) -> Result<(), ExtractError> {
        self.pieces += usize::from(!piece.is_empty());
        match piece {
            Piece::Paragraph(paragraph) => {
                self.add(&paragraph.lines());
                self.add(&paragraph.notes);
                self.add(&paragraph.boxes);
            }
            Piece::Row(cells) => {
                let filled = cells.iter().map(|cell| one_spaced(cell));
                let filled: Vec<String> = filled.filter(|cell| !cell.is_empty()).collect();
                self.add(&filled.join(" | "));
            }
            Piece::TableEnd => {}
        }
        Ok(())
    }
}

impl Piece {
    fn is_empty(&self) -> bool {
        match self {
            Self::Paragraph(it) => it.text.is_empty() && it.notes.is_empty() && it.boxes.is_empty(),
            Self::Row(cells) => cells.iter().all(String::is_empty),
            Self::TableEnd => false,
        }
    }
}

/// Returns a text with single spaces.
pub(super) fn one_spaced(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !spaced.is_empty() {
            spaced.push(' ');
        }
        spaced.push_str(word);
    }
    spaced
}

/// A document's main flow: its pieces are written as they come.
pub(super) struct Story {
    out: Writer,
    limits: Limits,
    table: Option<(Table, u32)>,
    is_in_list: bool,
}

impl Story {
    /// Returns a story of no text yet.
    pub(super) fn new(limits: &Limits) -> Self {
        Self { out: Writer::new(limits), limits: *limits, table: None, is_in_list: false }
    }

    /// Writes pieces that were kept.
    ///
    /// # Errors
    ///
    /// [`ExtractError::TooMuch`] beyond a limit.
    pub(super) fn take_all(&mut self, pieces: Kept) -> Result<(), ExtractError> {
        pieces.0.into_iter().try_for_each(|piece| self.take(piece))?;
        self.end_table()
    }

    /// Says where the pieces that follow stand; a list does not go on there.
    pub(super) fn locate(&mut self, location: Location) {
        self.is_in_list = false;
        self.out.locate(location);
    }

    /// Returns the writer, for what is no piece.
    pub(super) fn out(&mut self) -> &mut Writer {
        self.is_in_list = false;
        &mut self.out
    }

    /// Returns all that was written.
    ///
    /// # Errors
    ///
    /// [`ExtractError::TooMuch`] beyond a limit.
    pub(super) fn finish(mut self) -> Result<Extracted, ExtractError> {
        self.end_table()?;
        Ok(self.out.finish())
    }

    fn paragraph(&mut self, paragraph: &Paragraph) -> Result<(), ExtractError> {
        let lines = paragraph.lines();
        let continues = self.is_in_list;
        if !lines.is_empty() {
            self.is_in_list = matches!(paragraph.kind, Kind::Item(_));
        }
        match paragraph.kind {
            Kind::Heading(level) => self.out.heading(level, &lines)?,
            Kind::Item(_) if continues => self.out.line(&lines)?,
            _ => self.out.block(&lines)?,
        }
        match paragraph.kind {
            Kind::Text | Kind::Item(_) if !lines.is_empty() => self.out.line(&paragraph.notes)?,
            _ => self.out.block(&paragraph.notes)?,
        }
        if !paragraph.boxes.is_empty() {
            self.is_in_list = false;
        }
        self.out.block(&paragraph.boxes)
    }

    fn row(&mut self, cells: Vec<String>) -> Result<(), ExtractError> {
        self.is_in_list = false;
        let mut filled = cells.iter().filter(|cell| !cell.trim().is_empty());
        if let (Some(only), None) = (filled.next(), filled.next())
            && only.contains('\n')
        {
            // A table that is there for the layout: its one cell is a text of its own.
            self.end_block()?;
            return self.out.block(only);
        }
        let limit = self.limits.text_bytes;
        let (table, number) = self.table.get_or_insert_with(|| (Table::new(limit), 0));
        *number = number.saturating_add(1);
        let cells: Vec<_> = (1..).zip(cells.into_iter().map(Into::into)).collect();
        match table.add(*number, &cells, "")? {
            Some(block) => self.block(&block),
            None => Ok(()),
        }
    }

    fn block(&mut self, block: &Block) -> Result<(), ExtractError> {
        self.out.block(&block.text)
    }

    fn end_block(&mut self) -> Result<(), ExtractError> {
        match self.table.as_mut().and_then(|(table, _)| table.take()) {
            Some(block) => self.block(&block),
            None => Ok(()),
        }
    }

    /// Ends a table that may not have come to its end.
    ///
    /// # Errors
    ///
    /// [`ExtractError::TooMuch`] beyond a limit.
    pub(super) fn end_table(&mut self) -> Result<(), ExtractError> {
        self.end_block()?;
        self.table = None;
        Ok(())
    }
}

impl Flow for Story {
    fn take(&mut self, piece: Piece) -> Result<(), ExtractError> {
        match piece {
            Piece::Paragraph(paragraph) => {
                self.end_table()?;
                self.paragraph(&paragraph)
            }
            Piece::Row(cells) => self.row(cells),
            Piece::TableEnd => self.end_table(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paragraph(kind: Kind, text: &str) -> Piece {
        Piece::Paragraph(Paragraph { kind, ..Paragraph::of(text.to_owned()) })
    }

    fn row(cells: &[&str]) -> Piece {
        Piece::Row(cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn pieces_become_blocks() {
        let mut noted = Paragraph::of("Noted \u{a0} text".into());
        noted.note("note", " see\nbelow ");
        noted.boxes = "a box".into();
        let mut story = Story::new(&Limits::default());
        story
            .take_all(Kept(vec![
                paragraph(Kind::Heading(2), "A\nheading"),
                Piece::Paragraph(noted),
                paragraph(Kind::Item(0), "one\nmore of one"),
                paragraph(Kind::Item(1), "two"),
                paragraph(Kind::Item(0), " "),
                paragraph(Kind::Text, "after"),
                row(&["Name", "", "Sum"]),
                row(&["a\nb", "", "2"]),
                Piece::TableEnd,
                row(&["1", "2"]),
                row(&["a letter\nin a cell", ""]),
            ]))
            .unwrap();
        let extracted = story.finish().unwrap();
        assert_eq!(
            extracted.text,
            "A heading\n\nNoted text\n[note: see below]\n\na box\n\n- one\n  more of one\n\
             \x20 - two\n\n\
             after\n\nName | | Sum\na b | | 2\n\n1 | 2\n\na letter\nin a cell"
        );
        assert_eq!(extracted.headings.len(), 1);
    }

    fn lines(pieces: Vec<Piece>) -> Lines {
        let mut lines = Lines::default();
        pieces.into_iter().for_each(|piece| lines.take(piece).unwrap());
        lines
    }

    #[test]
    fn pieces_of_a_cell_are_lines() {
        let pieces = || {
            vec![
                paragraph(Kind::Text, "a"),
                paragraph(Kind::Text, ""),
                row(&["b\nc", "", "d"]),
                Piece::TableEnd,
                paragraph(Kind::Item(0), "e"),
            ]
        };
        assert_eq!(lines(pieces()).text(), "a\nb c | d\n- e");
        assert_eq!(lines(pieces()).cell(), "a\nb c | d\n- e");
        assert_eq!(lines(vec![paragraph(Kind::Item(0), "e")]).cell(), "e");
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut kept = Kept::default();
        for _ in 0..2 * MAX_ENTRIES {
            kept.take(paragraph(Kind::Text, "")).unwrap();
        }
        for _ in 0..MAX_ENTRIES {
            kept.take(paragraph(Kind::Text, "a")).unwrap();
        }
        assert!(kept.take(paragraph(Kind::Text, "a")).is_err());
    }
}
