//! ODF documents: text, spreadsheets, presentations and drawings.

use std::collections::BTreeSet;

use super::flow::{Lines, Story};
use super::odf_styles::Styles;
use super::odf_text::Text;
use super::sheet::Workbook;
use super::slide::{Show, Slide};
use super::{Document, ods};
use crate::package::{Package, Properties};
use crate::xml::Xml;
use crate::{ExtractError, Extracted};

const CONTENT: &str = "content.xml";
const STYLES: &str = "styles.xml";
const META: &str = "meta.xml";
const MANIFEST: &str = "META-INF/manifest.xml";

/// Says whether a package is an ODF document. One that is encrypted as a whole has no content.
pub(super) fn is_odf(package: &Package<'_>) -> bool {
    package.has(CONTENT) || (package.has("mimetype") && package.has(MANIFEST))
}

/// Reads an ODF document.
///
/// # Errors
///
/// If it is encrypted, or there is too much of something.
pub(super) fn read(document: &mut Document<'_>) -> Result<Extracted, ExtractError> {
    if document.text(MANIFEST)?.contains("encryption-data") {
        return Err(ExtractError::Encrypted);
    }
    let content = document.text(CONTENT)?;
    let styles = Styles::read(&content, document.limits);
    let styles = document.tolerate(CONTENT, styles)?;
    let mut text = Text::new(styles, document.limits);
    let mut xml = Xml::new(&content, document.limits);
    let kind = kind(&mut xml);
    let mut extracted = match document.tolerate(CONTENT, kind)?.as_str() {
        "spreadsheet" => {
            let mut out = Workbook::new(document.limits);
            let read = ods::read(&mut xml, &mut text, &mut out);
            document.tolerate(CONTENT, read)?;
            out.finish()?
        }
        "presentation" | "drawing" => {
            let mut out = Show::new(document.limits);
            let read = pages(&mut xml, &mut text, &mut out);
            document.tolerate(CONTENT, read)?;
            out.finish()?
        }
        _ => {
            let mut story = Story::new(document.limits);
            let read = text.flow(&mut xml, &mut story);
            document.tolerate(CONTENT, read)?;
            story.end_table()?;
            let styles = document.text(STYLES)?;
            let margins = margins(&mut Xml::new(&styles, document.limits), &mut text);
            for margin in document.tolerate(STYLES, margins)? {
                story.out().block(&margin)?;
            }
            story.finish()?
        }
    };
    extracted.title = text.title;
    let meta = document.text(META)?;
    let properties = Properties::read(&meta, document.limits, property);
    document.tolerate(META, properties)?.put_into(&mut extracted);
    Ok(extracted)
}

/// Goes to the document's body, and returns what is in it.
fn kind(xml: &mut Xml<'_>) -> Result<String, ExtractError> {
    let mut is_in_body = false;
    while let Some(element) = xml.element_in(0)? {
        if is_in_body {
            return Ok(element.name().to_owned());
        }
        is_in_body = element.name() == "body";
    }
    Ok(String::new())
}

/// Reads slides to the end of the element that has just begun.
fn pages(xml: &mut Xml<'_>, text: &mut Text, out: &mut Show) -> Result<(), ExtractError> {
    let inside = xml.depth();
    while let Some(element) = xml.element_in(inside)? {
        if element.name() == "page" {
            let mut slide =
                Slide { is_hidden: text.styles.is_hidden(&element), ..Slide::default() };
            let read = page(xml, text, &mut slide);
            // What was read before the damage.
            out.add(slide)?;
            read?;
        }
    }
    Ok(())
}

fn page(xml: &mut Xml<'_>, text: &mut Text, slide: &mut Slide) -> Result<(), ExtractError> {
    let inside = xml.depth();
    while let Some(element) = xml.element_in(inside)? {
        let class = element.attribute("class");
        match (element.name(), class.as_deref()) {
            ("notes", _) => slide.notes.note("notes", &text.lines(xml)?),
            ("annotation", _) => slide.notes.note("comment", &text.lines(xml)?),
            (_, Some("title")) => slide.add_title(text.lines(xml)?)?,
            _ => text.block(&element, xml, &mut slide.pieces)?,
        }
    }
    Ok(())
}

/// Returns the different texts of headers and footers, which stand with the styles of pages.
fn margins(xml: &mut Xml<'_>, text: &mut Text) -> Result<Vec<String>, ExtractError> {
    let mut seen = BTreeSet::new();
    let mut margins = Vec::new();
    while let Some(element) = xml.element_in(0)? {
        let is_margin = ["header", "footer"].iter().any(|it| element.name().starts_with(it));
        if !is_margin || element.name().ends_with("-style") {
            continue;
        }
        let mut lines = Lines::default();
        text.flow(xml, &mut lines)?;
        let said = lines.text();
        if seen.insert(said.clone()) {
            margins.push(said);
        }
    }
    Ok(margins)
}

fn property(name: &str) -> Option<&'static str> {
    Some(match name {
        "title" => "title",
        "initial-creator" => "author",
        "creation-date" => "created",
        "date" => "modified",
        "subject" => "subject",
        "keyword" => "keywords",
        "description" => "description",
        "language" => "language",
        _ => return None,
    })
}
