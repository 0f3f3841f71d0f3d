//! The text of ODF documents: paragraphs, lists and tables, in all kinds of them.

use super::drawn::is_file_of_picture;
use super::flow::{Flow, Kind, Lines, Paragraph, Piece};
use super::odf_styles::Styles;
use crate::xml::{Element, Event, Xml};
use crate::{ExtractError, Limits, one_line};

/// What is no text of the document's own.
const SKIPPED: [&str; 6] = [
    "tracked-changes",
    "forms",
    "note-citation",
    "ruby-text",
    "named-expressions",
    "event-listeners",
];

/// Who made a comment and when; within a paragraph these names are those of fields.
const SIGNATURE: [&str; 5] =
    ["creator", "date", "date-string", "creator-initials", "sender-initials"];

/// Shapes, in which paragraphs of their own stand.
const SHAPES: [&str; 12] = [
    "frame",
    "custom-shape",
    "g",
    "rect",
    "circle",
    "ellipse",
    "polygon",
    "polyline",
    "path",
    "connector",
    "line",
    "caption",
];

/// The longest title, in characters.
const MAX_TITLE: usize = 300;

/// What is known while text is read.
pub(super) struct Text {
    pub(super) styles: Styles,
    /// The first paragraph in the style of titles.
    pub(super) title: Option<String>,
    /// How many cells may still be read.
    cells: u64,
    max_cells: u64,
}

impl Text {
    /// Returns what is known at first.
    pub(super) fn new(styles: Styles, limits: &Limits) -> Self {
        Self { styles, title: None, cells: limits.cells, max_cells: limits.cells }
    }

    /// Reads paragraphs and tables to the end of the element that has just begun.
    ///
    /// # Errors
    ///
    /// If it is no XML, or there is too much of something.
    pub(super) fn flow(
        &mut self,
        xml: &mut Xml<'_>,
        into: &mut dyn Flow,
    ) -> Result<(), ExtractError> {
        let inside = xml.depth();
        while let Some(element) = xml.element_in(inside)? {
            self.block(&element, xml, into)?;
        }
        Ok(())
    }

    /// Returns the lines of the element that has just begun.
    ///
    /// # Errors
    ///
    /// As [`Text::flow`].
    pub(super) fn lines(&mut self, xml: &mut Xml<'_>) -> Result<String, ExtractError> {
        let mut lines = Lines::default();
        self.flow(xml, &mut lines)?;
        Ok(lines.text())
    }

    /// Reads a paragraph, list or table that has just begun; other elements are seen through.
    ///
    /// # Errors
    ///
    /// As [`Text::flow`].
    pub(super) fn block(
        &mut self,
        element: &Element<'_>,
        xml: &mut Xml<'_>,
        into: &mut dyn Flow,
    ) -> Result<(), ExtractError> {
        match element.name() {
            "p" | "h" => into.take(Piece::Paragraph(self.paragraph(element, xml)?)),
            "list" => self.list(xml, 0, into),
            "table" => self.table(xml, into),
            // What a picture shows.
            "desc" | "title" => {
                let shown = Some(xml.text()?).filter(|text| !is_file_of_picture(text));
                into.take(Piece::Paragraph(Paragraph::of(shown.unwrap_or_default())))
            }
            name if is_skipped(name) || SIGNATURE.contains(&name) => xml.skip(),
            name if SHAPES.contains(&name) && is_numbering(element) => xml.skip(),
            _ => Ok(()),
        }
    }

    fn list(
        &mut self,
        xml: &mut Xml<'_>,
        depth: u8,
        into: &mut dyn Flow,
    ) -> Result<(), ExtractError> {
        let mut kind = Kind::Item(depth);
        let inside = xml.depth();
        while let Some(element) = xml.element_in(inside)? {
            match element.name() {
                "list-item" | "list-header" => kind = Kind::Item(depth),
                "list" => self.list(xml, depth.saturating_add(1), into)?,
                "p" => {
                    let mut paragraph = self.paragraph(&element, xml)?;
                    if paragraph.kind == Kind::Text {
                        paragraph.kind = kind;
                    }
                    into.take(Piece::Paragraph(paragraph))?;
                }
                _ => self.block(&element, xml, into)?,
            }
        }
        Ok(())
    }

    fn table(&mut self, xml: &mut Xml<'_>, into: &mut dyn Flow) -> Result<(), ExtractError> {
        let mut row: Option<Vec<String>> = None;
        let inside = xml.depth();
        while let Some(element) = xml.element_in(inside)? {
            match element.name() {
                "table-row" => {
                    if let Some(row) = row.replace(Vec::new()) {
                        into.take(Piece::Row(row))?;
                    }
                }
                "table-cell" | "covered-table-cell" => {
                    self.cells = self
                        .cells
                        .checked_sub(1)
                        .ok_or_else(|| ExtractError::too_much("cells", self.max_cells))?;
                    let mut lines = Lines::default();
                    self.flow(xml, &mut lines)?;
                    let is_covered = element.name() == "covered-table-cell";
                    let text = if is_covered { String::new() } else { lines.cell() };
                    row.get_or_insert_with(Vec::new).push(text);
                }
                name if is_skipped(name) => xml.skip()?,
                _ => {}
            }
        }
        if let Some(row) = row {
            into.take(Piece::Row(row))?;
        }
        into.take(Piece::TableEnd)
    }

    /// Reads a paragraph or heading that has just begun.
    fn paragraph(
        &mut self,
        start: &Element<'_>,
        xml: &mut Xml<'_>,
    ) -> Result<Paragraph, ExtractError> {
        let is_title = self.styles.is_title(start);
        let mut paragraph = Paragraph::default();
        if start.name() == "h" {
            let level = start.attribute("outline-level").and_then(|it| it.parse().ok());
            paragraph.kind = Kind::Heading(level.unwrap_or(1));
        } else if is_title {
            paragraph.kind = Kind::Heading(1);
        }
        let inside = xml.depth();
        while let Some(event) = xml.next_in(inside)? {
            match event {
                // A line's end in the file is none in the text.
                Event::Text(text) => paragraph.text.push_str(&text.replace(['\n', '\r'], " ")),
                Event::Start(element) => self.within(&element, xml, &mut paragraph)?,
                Event::End => {}
            }
        }
        if is_title && self.title.is_none() {
            self.title = one_line(&paragraph.text, MAX_TITLE);
        }
        Ok(paragraph)
    }

    /// Reads an element within a paragraph.
    fn within(
        &mut self,
        element: &Element<'_>,
        xml: &mut Xml<'_>,
        paragraph: &mut Paragraph,
    ) -> Result<(), ExtractError> {
        match element.name() {
            "s" | "tab" => paragraph.text.push(' '),
            "line-break" => paragraph.text.push('\n'),
            "note" => paragraph.note("note", &self.lines(xml)?),
            "annotation" => paragraph.note("comment", &self.lines(xml)?),
            "span" if self.styles.is_hidden(element) => xml.skip()?,
            name if is_skipped(name) => xml.skip()?,
            name if SHAPES.contains(&name) => {
                let text = self.lines(xml)?;
                if !text.is_empty() && !paragraph.boxes.is_empty() {
                    paragraph.boxes.push('\n');
                }
                paragraph.boxes.push_str(&text);
            }
            _ => {}
        }
        Ok(())
    }
}

/// Says whether an element is no text of the document's own; sources of an index hold its
/// templates.
fn is_skipped(name: &str) -> bool {
    SKIPPED.contains(&name) || name.ends_with("-source")
}

/// Says whether a shape holds but the number of a slide, or the date of today.
fn is_numbering(shape: &Element<'_>) -> bool {
    shape.attribute("class").is_some_and(|class| class == "page-number" || class == "date-time")
}
