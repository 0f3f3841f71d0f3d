//! What a document says of itself: title, author, dates.

use trommel_core::Metadata;

use crate::xml::Xml;
use crate::{ExtractError, Extracted, Limits, one_line};

/// The longest title, and the longest value of another property, in characters.
const MAX_TITLE: usize = 300;
const MAX_VALUE: usize = 1000;

/// Titles that programs give.
const TEMPLATES: [&str; 15] = [
    "untitled",
    "untitled document",
    "unnamed",
    "unknown",
    "document",
    "document1",
    "word document",
    "microsoft word document",
    "powerpoint presentation",
    "powerpoint-pr\u{e4}sentation",
    "pr\u{e9}sentation powerpoint",
    "presentaci\u{f3}n de powerpoint",
    "presentation",
    "presentation1",
    "slide 1",
];

/// What the names of files end with that become titles.
const ENDINGS: [&str; 18] = [
    "doc", "docx", "dot", "dotx", "rtf", "txt", "pdf", "ppt", "pptx", "xls", "xlsx", "odt", "ods",
    "odp", "htm", "html", "tmp", "exe",
];

/// The properties of a document, by their names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Properties(Metadata);

impl Properties {
    /// Reads the properties in `text`. `key` says under which name the text of an element goes, if
    /// it is a property; `attribute` elements name themselves so.
    ///
    /// # Errors
    ///
    /// If it is no XML.
    pub(crate) fn read(
        text: &str,
        limits: &Limits,
        key: fn(&str) -> Option<&'static str>,
    ) -> Result<Self, ExtractError> {
        let mut properties = Self::default();
        let mut xml = Xml::new(text, limits);
        while let Some(element) = xml.element_in(0)? {
            // EPUB 3 has some of them as `<meta property="dcterms:modified">`.
            let property = element.attribute("property");
            let name = property.as_deref().unwrap_or_else(|| element.name());
            if let Some(key) = key(name) {
                properties.add(key, &xml.text()?);
            }
        }
        Ok(properties)
    }

    /// Adds a value. A second author, subject or keyword is put behind the first; of other
    /// properties the first is kept.
    fn add(&mut self, key: &'static str, value: &str) {
        let is_date = matches!(key, "created" | "modified" | "date");
        let value = match is_date {
            true => date(value),
            false => one_line(value, MAX_VALUE),
        };
        let Some(value) = value else { return };
        match self.0.get_mut(key) {
            None => drop(self.0.insert(key.to_owned(), value)),
            Some(all) if matches!(key, "author" | "subject" | "keywords") => {
                if all.len() < MAX_VALUE && !all.split(", ").any(|one| one == value) {
                    all.push_str(", ");
                    all.push_str(&value);
                }
            }
            Some(_) => {}
        }
    }

    /// Puts the properties where they belong. A title that a program gave is none.
    pub(crate) fn put_into(mut self, extracted: &mut Extracted) {
        if let Some(title) = self.0.remove("title").and_then(|title| one_line(&title, MAX_TITLE))
            && is_real(&title)
        {
            extracted.title = Some(title);
        }
        extracted.language = self.0.remove("language").or(extracted.language.take());
        extracted.metadata.append(&mut self.0);
    }
}

/// Says whether a title was given by a person.
fn is_real(title: &str) -> bool {
    let lower = title.to_lowercase();
    let is_file = lower.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending));
    title.chars().any(char::is_alphanumeric)
        && !is_file
        && !lower.starts_with("microsoft word - ")
        && !lower.starts_with("microsoft powerpoint - ")
        && !TEMPLATES.contains(&lower.as_str())
}

/// Returns a date of ISO 8601 without fractions of seconds; none if it is another.
fn date(text: &str) -> Option<String> {
    let text = text.trim();
    let year = text.get(..4)?;
    let rest = text.get(4..)?;
    if !year.bytes().all(|byte| byte.is_ascii_digit())
        || !rest.bytes().all(|byte| byte.is_ascii_digit() || b"-:.+TZ".contains(&byte))
        || !(rest.is_empty() || rest.starts_with('-'))
    {
        return None;
    }
    let Some((whole, fraction)) = text.split_once('.') else { return Some(text.to_owned()) };
    Some(format!("{whole}{}", fraction.trim_start_matches(|digit: char| digit.is_ascii_digit())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Option<&'static str> {
        match name {
            "title" => Some("title"),
            "creator" => Some("author"),
            "date" => Some("date"),
            "dcterms:modified" => Some("modified"),
            "language" => Some("language"),
            _ => None,
        }
    }

    fn read(xml: &str) -> Extracted {
        let mut extracted = Extracted::default();
        Properties::read(xml, &Limits::default(), key).unwrap().put_into(&mut extracted);
        extracted
    }

    #[test]
    fn properties_go_where_they_belong() {
        let extracted = read(
            "<a><dc:title> The\n mill </dc:title><dc:title>2</dc:title><dc:creator>Ann</dc:creator>\
             <dc:creator>Bob</dc:creator><dc:creator>Ann</dc:creator><dc:date>2019</dc:date>\
             <meta property='dcterms:modified'>2020-01-02T03:04:05.678Z</meta>\
             <dc:language>de-AT</dc:language></a>",
        );
        assert_eq!(extracted.title.unwrap(), "The mill");
        assert_eq!(extracted.language.unwrap(), "de-AT");
        let metadata: Vec<(&str, &str)> =
            extracted.metadata.iter().map(|(name, value)| (&**name, &**value)).collect();
        let expected =
            [("author", "Ann, Bob"), ("date", "2019"), ("modified", "2020-01-02T03:04:05Z")];
        assert_eq!(metadata, expected);
    }

    #[test]
    fn what_programs_call_documents_is_no_title() {
        for title in
            ["Microsoft Word - a.doc", "PowerPoint Presentation", "Untitled", "10811.exe", "-"]
        {
            assert_eq!(read(&format!("<t><title>{title}</title></t>")).title, None, "{title}");
        }
        let real = read("<t><title>Untitled memories, vol. 2</title></t>");
        assert_eq!(real.title.unwrap(), "Untitled memories, vol. 2");
    }

    #[test]
    fn dates_are_iso_or_none() {
        let cases = [
            ("2019-04-26T15:39:00Z", Some("2019-04-26T15:39:00Z")),
            ("2019-04-26T15:39:00.123456789", Some("2019-04-26T15:39:00")),
            ("2019", Some("2019")),
            ("20190426", None),
            ("April 2019", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(date(text).as_deref(), expected, "{text}");
        }
    }
}
