//! What the styles of a DOCX say of its paragraphs.

use std::collections::HashMap;

use super::MAX_ENTRIES;
use crate::xml::{Element, Xml};
use crate::{ExtractError, Limits};

/// How many styles are followed from one to that on which it is based.
const MAX_CHAIN: usize = 32;

/// The styles of paragraphs.
#[derive(Debug, Default)]
pub(super) struct Styles(HashMap<String, Style>);

#[derive(Debug, Default)]
struct Style {
    /// Its name in small letters; Word keeps it in English.
    name: String,
    based_on: Option<String>,
    outline: Option<u8>,
    is_list: bool,
}

impl Styles {
    /// Reads the part of styles.
    ///
    /// # Errors
    ///
    /// If it is no XML.
    pub(super) fn read(text: &str, limits: &Limits) -> Result<Self, ExtractError> {
        let mut styles = Self::default();
        let mut xml = Xml::new(text, limits);
        while let Some(element) = xml.element_in(0)? {
            if element.name() != "style" {
                continue;
            }
            let id = element.attribute("styleId").unwrap_or_default();
            let style = Style::read(&mut xml)?;
            if styles.0.len() < MAX_ENTRIES {
                styles.0.insert(id, style);
            }
        }
        Ok(styles)
    }

    /// Returns the level of the headings that have the style, if it is one of headings.
    pub(super) fn heading(&self, id: &str) -> Option<u8> {
        let style =
            self.chain(id).find(|it| it.outline.is_some() || it.level_by_name().is_some())?;
        match style.outline {
            Some(outline) => level(outline),
            None => style.level_by_name(),
        }
    }

    /// Says whether paragraphs that have the style are items of a list.
    pub(super) fn is_list(&self, id: &str) -> bool {
        self.chain(id).any(|style| style.is_list)
    }

    /// Says whether the style is that of the document's title.
    pub(super) fn is_title(&self, id: &str) -> bool {
        self.0.get(id).is_some_and(|style| style.name == "title")
    }

    /// Returns a style and those on which it is based.
    fn chain(&self, id: &str) -> impl Iterator<Item = &Style> {
        let based_on = |style: &&Style| self.0.get(style.based_on.as_deref()?);
        std::iter::successors(self.0.get(id), based_on).take(MAX_CHAIN)
    }
}

impl Style {
    fn read(xml: &mut Xml<'_>) -> Result<Self, ExtractError> {
        let mut style = Self::default();
        let inside = xml.depth();
        while let Some(element) = xml.element_in(inside)? {
            match element.name() {
                "name" => style.name = value(&element).to_lowercase(),
                "basedOn" => style.based_on = Some(value(&element)),
                "outlineLvl" => style.outline = value(&element).parse().ok(),
                "numId" => style.is_list = value(&element) != "0",
                _ => {}
            }
        }
        Ok(style)
    }

    fn level_by_name(&self) -> Option<u8> {
        if self.name == "title" {
            return Some(1);
        }
        let number = self.name.strip_prefix("heading ")?.parse::<u8>().ok()?;
        (1..=9).contains(&number).then_some(number)
    }
}

/// Returns the level of headings of an outline level, which counts from 0; 9 is that of text.
pub(super) fn level(outline: u8) -> Option<u8> {
    (outline < 9).then_some(outline + 1)
}

/// Returns the value of an element that has nothing else.
pub(super) fn value(element: &Element<'_>) -> String {
    element.attribute("val").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_told_by_outline_then_name_then_base() {
        let text = "<w:styles>\
            <w:style w:styleId='Title'><w:name w:val='Title'/></w:style>\
            <w:style w:styleId='H2'><w:name w:val='heading 2'/></w:style>\
            <w:style w:styleId='Mine'><w:name w:val='Mine'/><w:basedOn w:val='H2'/></w:style>\
            <w:style w:styleId='Toc'><w:name w:val='TOC Heading'/><w:basedOn w:val='H2'/>\
            <w:pPr><w:outlineLvl w:val='9'/></w:pPr></w:style>\
            <w:style w:styleId='Part'><w:pPr><w:outlineLvl w:val='0'/></w:pPr></w:style>\
            <w:style w:styleId='a'><w:basedOn w:val='b'/></w:style>\
            <w:style w:styleId='b'><w:basedOn w:val='a'/></w:style>\
            <w:style w:styleId='List'><w:pPr><w:numPr><w:numId w:val='3'/></w:numPr></w:pPr>\
            </w:style>\
            </w:styles>";
        let styles = Styles::read(text, &Limits::default()).unwrap();
        let cases = [
            ("Title", Some(1)),
            ("H2", Some(2)),
            ("Mine", Some(2)),
            ("Toc", None),
            ("Part", Some(1)),
            ("a", None),
            ("none", None),
        ];
        for (id, level) in cases {
            assert_eq!(styles.heading(id), level, "{id}");
        }
        assert!(styles.is_list("List") && !styles.is_list("a"));
        assert!(styles.is_title("Title") && !styles.is_title("H2"));
    }
}
