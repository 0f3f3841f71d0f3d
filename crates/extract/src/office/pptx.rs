//! PowerPoint's presentations.

use std::collections::HashSet;

use super::flow::{Flow, Kind, Lines, Paragraph, Piece};
use super::slide::{MAX_TITLE, Show, Slide};
use super::{Document, drawn};
use crate::xml::{Element, Event, Xml};
use crate::{ExtractError, Extracted, one_line};

/// Reads the presentation whose main part is `text`.
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
    let mut reader = Reader {
        cells: document.limits.cells,
        max_cells: document.limits.cells,
        footers: HashSet::new(),
    };
    let mut show = Show::new(document.limits);
    let mut title = None;
    let mut xml = Xml::new(text, document.limits);
    while let Some(element) = xml.element_in(0)? {
        let id = element.prefixed("id").filter(|_| element.name() == "sldId");
        let Some(part) = id.as_deref().and_then(|id| relations.by_id(id)) else { continue };
        let slide = reader.slide(document, part)?;
        if title.is_none() && slide.is_opening {
            title = Some(slide.slide.title.clone());
        }
        show.add(slide.slide)?;
    }
    let mut extracted = show.finish()?;
    extracted.title = title.and_then(|title| one_line(&title, MAX_TITLE));
    Ok(extracted)
}

/// A slide, and whether it is one that shows the presentation's title.
#[derive(Default)]
struct Read {
    slide: Slide,
    is_opening: bool,
}

/// What is known while slides are read.
struct Reader {
    /// How many cells may still be read.
    cells: u64,
    max_cells: u64,
    /// The footers that were read: most slides have the same.
    footers: HashSet<String>,
}

/// For what a shape holds the place.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A shape of its own.
    #[default]
    None,
    Title,
    /// The slide's text, in which each paragraph is an item.
    Body,
    Footer,
    /// The slide's number.
    Number,
    Other,
}

impl Reader {
    fn slide(&mut self, document: &mut Document<'_>, part: &str) -> Result<Read, ExtractError> {
        let text = document.text(part)?;
        let mut read = Read::default();
        let shapes = self.shapes(&mut Xml::new(&text, document.limits), &mut read);
        document.tolerate(part, shapes)?;

        let relations = document.relations(part)?;
        for part in relations.of_kind("diagramData").chain(relations.of_kind("chart")) {
            let text = document.text(part)?;
            let drawn = drawn::read(&mut Xml::new(&text, document.limits), &mut read.slide.pieces);
            document.tolerate(part, drawn)?;
        }
        for part in relations.of_kind("notesSlide") {
            let text = document.text(part)?;
            let mut lines = Lines::default();
            let shapes = notes(&mut Xml::new(&text, document.limits), &mut lines);
            document.tolerate(part, shapes)?;
            read.slide.notes.note("notes", &lines.text());
        }
        for part in relations.of_kind("comments") {
            let text = document.text(part)?;
            let comments = comments(&mut Xml::new(&text, document.limits), &mut read.slide.notes);
            document.tolerate(part, comments)?;
        }
        Ok(read)
    }

    /// Reads the shapes of a slide in their order.
    fn shapes(&mut self, xml: &mut Xml<'_>, read: &mut Read) -> Result<(), ExtractError> {
        let mut place = Place::None;
        while let Some(element) = xml.element_in(0)? {
            let slide = &mut read.slide;
            match element.name() {
                "sld" => slide.is_hidden = element.attribute("show").as_deref() == Some("0"),
                "sp" | "pic" | "graphicFrame" => place = Place::None,
                "ph" => {
                    place = Place::of(&element);
                    read.is_opening |= element.attribute("type").as_deref() == Some("ctrTitle");
                }
                "cNvPr" => {
                    let shown = Paragraph::of(drawn::shown(&element));
                    slide.pieces.take(Piece::Paragraph(shown))?;
                }
                "txBody" => match place {
                    Place::Title => slide.add_title(lines(xml)?)?,
                    Place::Number => xml.skip()?,
                    Place::Footer => {
                        let text = lines(xml)?;
                        if self.footers.insert(text.clone()) {
                            slide.pieces.take(Piece::Paragraph(Paragraph::of(text)))?;
                        }
                    }
                    _ => body(xml, place, &mut slide.pieces)?,
                },
                "tbl" => self.table(xml, &mut slide.pieces)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn table(&mut self, xml: &mut Xml<'_>, into: &mut dyn Flow) -> Result<(), ExtractError> {
        let mut row: Option<Vec<String>> = None;
        let inside = xml.depth();
        while let Some(element) = xml.element_in(inside)? {
            match element.name() {
                "tr" => {
                    if let Some(row) = row.replace(Vec::new()) {
                        into.take(Piece::Row(row))?;
                    }
                }
                "tc" => {
                    self.cells = self
                        .cells
                        .checked_sub(1)
                        .ok_or_else(|| ExtractError::too_much("cells", self.max_cells))?;
                    let is_on = |name| {
                        let value = element.attribute(name);
                        value.is_some_and(|value| value == "1" || value == "true")
                    };
                    // A cell that another covers may still have the text from before.
                    let is_covered = is_on("hMerge") || is_on("vMerge");
                    let mut lines = Lines::default();
                    body(xml, Place::None, &mut lines)?;
                    let text = lines.cell();
                    let text = if is_covered { String::new() } else { text };
                    row.get_or_insert_with(Vec::new).push(text);
                }
                _ => {}
            }
        }
        if let Some(row) = row {
            into.take(Piece::Row(row))?;
        }
        into.take(Piece::TableEnd)
    }
}

impl Place {
    fn of(placeholder: &Element<'_>) -> Self {
        match placeholder.attribute("type").as_deref() {
            Some("title" | "ctrTitle") => Self::Title,
            None | Some("body" | "obj") => Self::Body,
            Some("ftr" | "hdr" | "dt") => Self::Footer,
            Some("sldNum" | "sldImg") => Self::Number,
            Some(_) => Self::Other,
        }
    }
}

/// Reads a paragraph that has just begun.
fn paragraph(xml: &mut Xml<'_>, place: Place) -> Result<Paragraph, ExtractError> {
    let mut paragraph = Paragraph::default();
    let mut is_item = place == Place::Body;
    let mut depth = 0;
    let inside = xml.depth();
    while let Some(event) = xml.next_in(inside)? {
        let Event::Start(element) = event else { continue };
        match element.name() {
            "pPr" => {
                depth = element.attribute("lvl").and_then(|it| it.parse().ok()).unwrap_or(0);
            }
            "buNone" => is_item = false,
            "buChar" | "buAutoNum" | "buBlip" => is_item = true,
            "fld" if element.attribute("type").as_deref() == Some("slidenum") => xml.skip()?,
            "t" => paragraph.text.push_str(&xml.text()?),
            "br" => paragraph.text.push('\n'),
            _ => {}
        }
    }
    if is_item {
        paragraph.kind = Kind::Item(depth);
    }
    Ok(paragraph)
}

/// Reads a paragraph that has just begun, in no shape.
///
/// # Errors
///
/// If it is no XML.
pub(super) fn plain_paragraph(xml: &mut Xml<'_>) -> Result<Paragraph, ExtractError> {
    paragraph(xml, Place::None)
}

/// Reads the paragraphs to the end of the element that has just begun, or of the part.
fn body(xml: &mut Xml<'_>, place: Place, into: &mut dyn Flow) -> Result<(), ExtractError> {
    let inside = xml.depth();
    while let Some(element) = xml.element_in(inside)? {
        if element.name() == "p" {
            into.take(Piece::Paragraph(paragraph(xml, place)?))?;
        }
    }
    Ok(())
}

/// Returns the lines of the element that has just begun.
fn lines(xml: &mut Xml<'_>) -> Result<String, ExtractError> {
    let mut lines = Lines::default();
    body(xml, Place::None, &mut lines)?;
    Ok(lines.text())
}

/// Reads what the speaker is to say; the page of it also shows the slide and its number.
fn notes(xml: &mut Xml<'_>, into: &mut dyn Flow) -> Result<(), ExtractError> {
    let mut place = Place::None;
    while let Some(element) = xml.element_in(0)? {
        match element.name() {
            "sp" => place = Place::None,
            "ph" => place = Place::of(&element),
            "txBody" if matches!(place, Place::Body | Place::None) => {
                body(xml, Place::None, into)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Reads the comments on a slide: those of old have their text in one element, those of today in
/// paragraphs.
fn comments(xml: &mut Xml<'_>, notes: &mut Paragraph) -> Result<(), ExtractError> {
    while let Some(element) = xml.element_in(0)? {
        match element.name() {
            "text" => notes.note("comment", &xml.text()?),
            "p" => notes.note("comment", &paragraph(xml, Place::None)?.text),
            _ => {}
        }
    }
    Ok(())
}
