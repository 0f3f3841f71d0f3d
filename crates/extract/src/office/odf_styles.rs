//! What the styles of an ODF document say.

use std::collections::HashMap;

use super::MAX_ENTRIES;
use crate::xml::{Element, Xml};
use crate::{ExtractError, Limits};

/// The styles of paragraphs, tables and slides.
#[derive(Debug, Default)]
pub(super) struct Styles(HashMap<String, Style>);

#[derive(Debug, Default)]
struct Style {
    parent: Option<String>,
    /// Whether a table, a slide or text of that style is not shown.
    is_hidden: bool,
}

impl Styles {
    /// Reads the styles in a part; those of the content stand before it.
    ///
    /// # Errors
    ///
    /// If it is no XML.
    pub(super) fn read(text: &str, limits: &Limits) -> Result<Self, ExtractError> {
        let mut styles = Self::default();
        let mut xml = Xml::new(text, limits);
        while let Some(element) = xml.element_in(0)? {
            match element.name() {
                "body" => break,
                "style" => styles.read_style(&mut xml, &element)?,
                _ => {}
            }
        }
        Ok(styles)
    }

    fn read_style(&mut self, xml: &mut Xml<'_>, style: &Element<'_>) -> Result<(), ExtractError> {
        let name = style.attribute("name").unwrap_or_default();
        let mut read = Style { parent: style.attribute("parent-style-name"), ..Style::default() };
        let inside = xml.depth();
        while let Some(element) = xml.element_in(inside)? {
            let is = |attribute, value| element.attribute(attribute).as_deref() == Some(value);
            read.is_hidden |= match element.name() {
                "table-properties" => is("display", "false"),
                "drawing-page-properties" => is("visibility", "hidden"),
                "text-properties" => is("display", "none"),
                _ => false,
            };
        }
        if self.0.len() < MAX_ENTRIES {
            self.0.insert(name, read);
        }
        Ok(())
    }

    /// Says whether an element's style hides it.
    pub(super) fn is_hidden(&self, element: &Element<'_>) -> bool {
        element
            .attribute("style-name")
            .and_then(|style| self.0.get(&style))
            .is_some_and(|style| style.is_hidden)
    }

    /// Says whether a paragraph is in the style of the document's title, or one made from that.
    pub(super) fn is_title(&self, element: &Element<'_>) -> bool {
        let Some(name) = element.attribute("style-name") else { return false };
        let parent = self.0.get(&name).and_then(|style| style.parent.as_deref());
        name == "Title" || parent == Some("Title")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_hide_and_are_of_titles() {
        let text = "<d><style:style style:name='P1' style:parent-style-name='Title'/>\
            <style:style style:name='ta1'><style:table-properties table:display='false'/>\
            </style:style>\
            <style:style style:name='dp1'><style:drawing-page-properties \
            presentation:visibility='hidden'/></style:style><office:body><style:style \
            style:name='P2' style:parent-style-name='Title'/></office:body></d>";
        let styles = Styles::read(text, &Limits::default()).unwrap();
        let limits = Limits::default();
        let mut xml = Xml::new(
            "<a><p style-name='P1'/><p style-name='P2'/><p style-name='Title'/><p/>\
             <t style-name='ta1'/><t style-name='dp1'/></a>",
            &limits,
        );
        let mut told = Vec::new();
        while let Some(element) = xml.element_in(0).unwrap() {
            told.push((styles.is_title(&element), styles.is_hidden(&element)));
        }
        let (title, hidden, none) = ((true, false), (false, true), (false, false));
        assert_eq!(told, [none, title, none, title, none, hidden, hidden]);
    }
}
