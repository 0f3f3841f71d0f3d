//! Word's documents.

use std::collections::{HashMap, HashSet};

use super::docx_styles::{Styles, level, value};
use super::flow::{Flow, Kind, Lines, Paragraph, Piece, Story};
use super::{Document, MAX_ENTRIES, drawn};
use crate::xml::{Element, Event, Xml};
use crate::{ExtractError, Extracted, one_line};

/// What the document says besides its text: how it is laid out, and what was deleted.
const SKIPPED: [&str; 16] = [
    "del",
    "moveFrom",
    "instrText",
    "delText",
    "sectPr",
    "sdtPr",
    "sdtEndPr",
    "tblPr",
    "tblGrid",
    "trPr",
    "pPrChange",
    "rPrChange",
    "rt",
    "fldData",
    "ffData",
    "binData",
];

/// The longest title, in characters.
const MAX_TITLE: usize = 300;

/// Reads the document whose main part is `text`.
///
/// # Errors
///
/// If there is too much of something, or a part is encrypted.
pub(super) fn read(
    document: &mut Document<'_>,
    main: &str,
    text: &str,
) -> Result<Extracted, ExtractError> {
    let relations = document.relations(main)?;
    let mut body = Body {
        styles: Styles::default(),
        notes: HashMap::new(),
        note_bytes: document.limits.text_bytes,
        cells: document.limits.cells,
        max_note_bytes: document.limits.text_bytes,
        max_cells: document.limits.cells,
        title: None,
    };
    if let Some(part) = relations.of_kind("styles").next() {
        let text = document.text(part)?;
        let styles = Styles::read(&text, document.limits);
        body.styles = document.tolerate(part, styles)?;
    }
    for what in ["footnote", "endnote", "comment"] {
        for part in relations.of_kind(&format!("{what}s")) {
            let text = document.text(part)?;
            let mut xml = Xml::new(&text, document.limits);
            let read = body.read_notes(&mut xml, what);
            document.tolerate(part, read)?;
        }
    }

    let mut story = Story::new(document.limits);
    let read = body.flow(&mut Xml::new(text, document.limits), &mut story);
    document.tolerate(main, read)?;
    story.end_table()?;

    for part in relations.of_kind("diagramData").chain(relations.of_kind("chart")) {
        let text = document.text(part)?;
        let mut lines = Lines::default();
        let read = drawn::read(&mut Xml::new(&text, document.limits), &mut lines);
        document.tolerate(part, read)?;
        story.out().block(&lines.text())?;
    }
    let mut seen = HashSet::new();
    for part in relations.of_kind("header").chain(relations.of_kind("footer")) {
        let text = document.text(part)?;
        let mut lines = Lines::default();
        let read = body.flow(&mut Xml::new(&text, document.limits), &mut lines);
        document.tolerate(part, read)?;
        let text = lines.text();
        if seen.insert(text.clone()) {
            story.out().block(&text)?;
        }
    }
    let mut extracted = story.finish()?;
    extracted.title = body.title;
    Ok(extracted)
}

/// What is known while paragraphs are read.
struct Body {
    styles: Styles,
    /// The texts of notes and comments, by what they are and their number.
    notes: HashMap<(&'static str, String), String>,
    /// How many bytes of notes may still be put behind paragraphs: one can be referred to many
    /// times.
    note_bytes: u64,
    max_note_bytes: u64,
    /// How many cells may still be read.
    cells: u64,
    max_cells: u64,
    /// The first paragraph in the style of titles.
    title: Option<String>,
}

/// What a paragraph says of itself.
#[derive(Default)]
struct Format {
    style: String,
    outline: Option<u8>,
    list: Option<String>,
    depth: u8,
}

impl Body {
    fn read_notes(&mut self, xml: &mut Xml<'_>, what: &'static str) -> Result<(), ExtractError> {
        while let Some(element) = xml.element_in(0)? {
            if element.name() != what {
                continue;
            }
            let mut lines = Lines::default();
            self.flow(xml, &mut lines)?;
            let text = lines.text();
            if !text.is_empty() && self.notes.len() < MAX_ENTRIES {
                let id = element.attribute("id").unwrap_or_default();
                self.notes.insert((what, id), text);
            }
        }
        Ok(())
    }

    /// Reads paragraphs and tables to the end of the element that has just begun, or of the part.
    fn flow(&mut self, xml: &mut Xml<'_>, into: &mut dyn Flow) -> Result<(), ExtractError> {
        let inside = xml.depth();
        while let Some(element) = xml.element_in(inside)? {
            self.block(&element, xml, into)?;
        }
        Ok(())
    }

    /// Reads a paragraph or table that has just begun; other elements are seen through.
    fn block(
        &mut self,
        element: &Element<'_>,
        xml: &mut Xml<'_>,
        into: &mut dyn Flow,
    ) -> Result<(), ExtractError> {
        match element.name() {
            "p" => into.take(Piece::Paragraph(self.paragraph(xml)?)),
            "tbl" => self.table(xml, into),
            name if SKIPPED.contains(&name) => xml.skip(),
            _ => Ok(()),
        }
    }

    fn table(&mut self, xml: &mut Xml<'_>, into: &mut dyn Flow) -> Result<(), ExtractError> {
        let inside = xml.depth();
        while let Some(element) = xml.element_in(inside)? {
            match element.name() {
                "tr" => into.take(Piece::Row(self.row(xml)?))?,
                name if SKIPPED.contains(&name) => xml.skip()?,
                _ => {}
            }
        }
        into.take(Piece::TableEnd)
    }

    fn row(&mut self, xml: &mut Xml<'_>) -> Result<Vec<String>, ExtractError> {
        let mut cells = Vec::new();
        let inside = xml.depth();
        while let Some(element) = xml.element_in(inside)? {
            match element.name() {
                "tc" => cells.push(self.cell(xml)?),
                name if SKIPPED.contains(&name) => xml.skip()?,
                _ => {}
            }
        }
        Ok(cells)
    }

    fn cell(&mut self, xml: &mut Xml<'_>) -> Result<String, ExtractError> {
        self.cells = self
            .cells
            .checked_sub(1)
            .ok_or_else(|| ExtractError::too_much("cells", self.max_cells))?;
        let mut lines = Lines::default();
        let mut is_covered = false;
        let inside = xml.depth();
        while let Some(element) = xml.element_in(inside)? {
            match element.name() {
                // A cell that goes on from the row above.
                "vMerge" => is_covered = value(&element) != "restart",
                _ => self.block(&element, xml, &mut lines)?,
            }
        }
        Ok(if is_covered { String::new() } else { lines.cell() })
    }

    fn paragraph(&mut self, xml: &mut Xml<'_>) -> Result<Paragraph, ExtractError> {
        let mut paragraph = Paragraph::default();
        let (mut is_hidden, mut is_title) = (false, false);
        let inside = xml.depth();
        while let Some(event) = xml.next_in(inside)? {
            let Event::Start(element) = event else { continue };
            match element.name() {
                "pPr" => {
                    let format = Format::read(xml)?;
                    paragraph.kind = self.kind(&format);
                    is_title = self.styles.is_title(&format.style);
                }
                "r" => is_hidden = false,
                "t" if !is_hidden => paragraph.text.push_str(&xml.text()?),
                "vanish" => is_hidden = is_on(&element),
                name if SKIPPED.contains(&name) => xml.skip()?,
                "docPr" => add_line(&mut paragraph.boxes, &drawn::shown(&element)),
                "txbxContent" => {
                    let mut lines = Lines::default();
                    self.flow(xml, &mut lines)?;
                    add_line(&mut paragraph.boxes, &lines.text());
                }
                _ if is_hidden => {}
                "tab" | "ptab" => paragraph.text.push(' '),
                "br" | "cr" => paragraph.text.push('\n'),
                "noBreakHyphen" => paragraph.text.push('-'),
                "footnoteReference" => self.note(&mut paragraph, "footnote", &element)?,
                "endnoteReference" => self.note(&mut paragraph, "endnote", &element)?,
                "commentReference" => self.note(&mut paragraph, "comment", &element)?,
                _ => {}
            }
        }
        if is_title && self.title.is_none() {
            self.title = one_line(&paragraph.text, MAX_TITLE);
        }
        Ok(paragraph)
    }

    fn kind(&self, format: &Format) -> Kind {
        let heading = match format.outline {
            Some(outline) => level(outline),
            None => self.styles.heading(&format.style),
        };
        let is_item = match format.list.as_deref() {
            Some(list) => list != "0",
            None => self.styles.is_list(&format.style),
        };
        match heading {
            Some(level) => Kind::Heading(level),
            None if is_item => Kind::Item(format.depth),
            None => Kind::Text,
        }
    }

    fn note(
        &mut self,
        paragraph: &mut Paragraph,
        what: &'static str,
        reference: &Element<'_>,
    ) -> Result<(), ExtractError> {
        let id = reference.attribute("id").unwrap_or_default();
        let Some(text) = self.notes.get(&(what, id)) else { return Ok(()) };
        self.note_bytes = self
            .note_bytes
            .checked_sub(text.len() as u64)
            .ok_or_else(|| ExtractError::too_much("bytes of text", self.max_note_bytes))?;
        paragraph.note(if what == "comment" { "comment" } else { "note" }, text);
        Ok(())
    }
}

impl Format {
    fn read(xml: &mut Xml<'_>) -> Result<Self, ExtractError> {
        let mut format = Self::default();
        let inside = xml.depth();
        while let Some(element) = xml.element_in(inside)? {
            match element.name() {
                "pStyle" => format.style = value(&element),
                "outlineLvl" => format.outline = value(&element).parse().ok(),
                "numId" => format.list = Some(value(&element)),
                "ilvl" => format.depth = value(&element).parse().unwrap_or(0),
                // What it was before a tracked change.
                "pPrChange" | "rPr" | "sectPr" => xml.skip()?,
                _ => {}
            }
        }
        Ok(format)
    }
}

/// Says whether a property that is on by its mere presence is.
fn is_on(element: &Element<'_>) -> bool {
    !matches!(value(element).as_str(), "0" | "false" | "off")
}

fn add_line(lines: &mut String, line: &str) {
    let line = line.trim();
    if !line.is_empty() {
        if !lines.is_empty() {
            lines.push('\n');
        }
        lines.push_str(line);
    }
}
