//! Excel's workbooks.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::flow::one_spaced;
use super::number_format::{Formats, Shown, iso};
use super::relations::Relations;
use super::sheet::Workbook;
use super::strings::{Strings, string};
use super::table::Cell;
use super::{Document, MAX_ENTRIES, drawn};
use crate::xml::{Element, Event, Xml};
use crate::{ExtractError, Extracted};

/// What stands before the text of a comment that old programs cannot show as the talk it is.
const THREADED: &str = "[Threaded comment]";

/// Reads the workbook whose main part is `text`.
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
        strings: Strings::default(),
        formats: Formats::default(),
        from_1904: false,
        out: Workbook::new(document.limits),
    };
    if let Some(part) = relations.of_kind("sharedStrings").next() {
        let text = document.text(part)?;
        let strings = Strings::read(&text, document.limits);
        reader.strings = document.tolerate(part, strings)?;
    }
    if let Some(part) = relations.of_kind("styles").next() {
        let text = document.text(part)?;
        let formats = Formats::read(&text, document.limits);
        reader.formats = document.tolerate(part, formats)?;
    }
    let mut xml = Xml::new(text, document.limits);
    while let Some(element) = xml.element_in(0)? {
        match element.name() {
            "workbookPr" => reader.from_1904 = is_on(&element, "date1904"),
            "sheet" => reader.sheet(document, &relations, &element)?,
            _ => {}
        }
    }
    reader.out.finish()
}

/// What is known while sheets are read.
struct Reader {
    strings: Strings,
    formats: Formats,
    from_1904: bool,
    out: Workbook,
}

/// The comments of a sheet, by row.
type Comments = BTreeMap<u32, String>;

impl Reader {
    fn sheet(
        &mut self,
        document: &mut Document<'_>,
        workbook: &Relations,
        element: &Element<'_>,
    ) -> Result<(), ExtractError> {
        let id = element.prefixed("id").unwrap_or_default();
        let Some(part) = workbook.by_id(&id) else { return Ok(()) };
        let is_hidden = element.attribute("state").is_some_and(|state| state != "visible");
        self.out.begin(&element.attribute("name").unwrap_or_default(), is_hidden)?;

        let relations = document.relations(part)?;
        let mut comments = Comments::new();
        for part in relations.of_kind("comments") {
            let text = document.text(part)?;
            let read = read_comments(&mut Xml::new(&text, document.limits), &mut comments);
            document.tolerate(part, read)?;
        }
        let text = document.text(part)?;
        let rows = self.rows(&mut Xml::new(&text, document.limits), &mut comments);
        document.tolerate(part, rows)?;
        for (row, comment) in comments {
            self.out.row(row, &[], &comment)?;
        }
        for part in relations.of_kind("drawing") {
            let text = document.text(part)?;
            let drawn = drawn_text(&mut Xml::new(&text, document.limits));
            let drawn = document.tolerate(part, drawn)?;
            self.out.beside(&drawn)?;
        }
        Ok(())
    }

    fn rows(&mut self, xml: &mut Xml<'_>, comments: &mut Comments) -> Result<(), ExtractError> {
        let mut number = 0u32;
        while let Some(element) = xml.element_in(0)? {
            if element.name() != "row" {
                continue;
            }
            let said = element.attribute("r").and_then(|row| row.parse().ok());
            number = said.unwrap_or(number.saturating_add(1));
            let comment = comments.remove(&number).unwrap_or_default();
            self.row(xml, number, &comment)?;
        }
        Ok(())
    }

    fn row(&mut self, xml: &mut Xml<'_>, number: u32, comment: &str) -> Result<(), ExtractError> {
        let mut cells: Vec<(u32, Value)> = Vec::new();
        let mut column = 0u32;
        let inside = xml.depth();
        while let Some(element) = xml.element_in(inside)? {
            if element.name() != "c" {
                continue;
            }
            let said = element.attribute("r").and_then(|place| column_of(&place));
            column = said.unwrap_or(column.saturating_add(1));
            let value = self.value(xml, &element)?;
            if !value.is_blank() {
                self.out.count(1)?;
                cells.push((column, value));
            }
        }
        // A file may have them in any order.
        cells.sort_by_key(|(column, _)| *column);
        let strings = &self.strings;
        let cells: Vec<Cell<'_>> =
            cells.into_iter().map(|(column, value)| (column, value.text(strings))).collect();
        self.out.row(number, &cells, comment)
    }

    /// Reads the value of a cell that has just begun.
    fn value(&self, xml: &mut Xml<'_>, cell: &Element<'_>) -> Result<Value, ExtractError> {
        let mut text = String::new();
        let inside = xml.depth();
        while let Some(event) = xml.next_in(inside)? {
            let Event::Start(element) = event else { continue };
            match element.name() {
                "v" => text.push_str(&xml.text()?),
                "is" => string(xml, &mut text)?,
                // The formula, and what later programs add.
                "f" | "extLst" => xml.skip()?,
                _ => {}
            }
        }
        Ok(match cell.attribute("t").as_deref() {
            Some("s") => match text.trim().parse() {
                Ok(number) => Value::Shared(number),
                Err(_) => Value::Own(String::new()),
            },
            Some("b") => Value::Own(if text.trim() == "1" { "TRUE" } else { "FALSE" }.to_owned()),
            Some("d") => Value::Own(text.replacen('T', " ", 1)),
            None | Some("n") => {
                let style = cell.attribute("s").and_then(|style| style.parse().ok());
                let shown = style.map_or(Shown::Number, |style| self.formats.shown(style));
                Value::Own(number(&text, shown, self.from_1904))
            }
            Some(_) => Value::Own(text),
        })
    }
}

/// The value of a cell. A shared string stays where it is: many cells may have the same.
enum Value {
    Shared(usize),
    Own(String),
}

impl Value {
    fn is_blank(&self) -> bool {
        matches!(self, Self::Own(text) if text.trim().is_empty())
    }

    fn text(self, strings: &Strings) -> Cow<'_, str> {
        match self {
            Self::Shared(number) => strings.get(number).unwrap_or_default().into(),
            Self::Own(text) => text.into(),
        }
    }
}

/// Returns a number as it is read: a date if that is how it is shown, and without the noise of
/// binary fractions, such as 0.10000000000000001.
fn number(text: &str, shown: Shown, from_1904: bool) -> String {
    let text = text.trim();
    let Ok(value) = text.parse::<f64>() else { return text.to_owned() };
    if let Some(date) = iso(value, shown, from_1904) {
        return date;
    }
    match text.len() > 15 && (1e-7..1e15).contains(&value.abs()) {
        true => value.to_string(),
        false => text.to_owned(),
    }
}

/// Returns the column of a place such as `BC12`, counted from 1.
fn column_of(place: &str) -> Option<u32> {
    let letters = place.bytes().take_while(u8::is_ascii_alphabetic);
    let column = letters.fold(0u32, |column, letter| {
        let digit = u32::from(letter.to_ascii_uppercase() - b'A') + 1;
        column.saturating_mul(26).saturating_add(digit)
    });
    (column > 0).then_some(column)
}

fn read_comments(xml: &mut Xml<'_>, comments: &mut Comments) -> Result<(), ExtractError> {
    while let Some(element) = xml.element_in(0)? {
        if element.name() != "comment" {
            continue;
        }
        let place = element.attribute("ref").unwrap_or_default();
        let digits = place.trim_start_matches(|it: char| it.is_ascii_alphabetic());
        let mut text = String::new();
        string(xml, &mut text)?;
        let text = match text.strip_prefix(THREADED).and_then(|rest| rest.split_once("Comment:")) {
            Some((_, comment)) => comment,
            None => &text,
        };
        let words = one_spaced(text);
        if words.is_empty() || comments.len() == MAX_ENTRIES {
            continue;
        }
        let of_row = comments.entry(digits.parse().unwrap_or(1)).or_default();
        if !of_row.is_empty() {
            of_row.push(' ');
        }
        of_row.push_str(&format!("[comment: {words}]"));
    }
    Ok(())
}

/// Returns the text in shapes, a paragraph a line, and what pictures show.
fn drawn_text(xml: &mut Xml<'_>) -> Result<String, ExtractError> {
    let mut lines = String::new();
    while let Some(element) = xml.element_in(0)? {
        let line = match element.name() {
            "p" => xml.text()?,
            "cNvPr" => drawn::shown(&element),
            _ => continue,
        };
        if !line.trim().is_empty() {
            lines.push_str(line.trim());
            lines.push('\n');
        }
    }
    Ok(lines)
}

fn is_on(element: &Element<'_>, name: &str) -> bool {
    element.attribute(name).is_some_and(|value| value == "1" || value == "true")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_letters() {
        let cases = [("A1", 1), ("z9", 26), ("AA10", 27), ("XFD1048576", 16_384)];
        for (place, column) in cases {
            assert_eq!(column_of(place), Some(column), "{place}");
        }
        assert_eq!(column_of("12"), None);
        assert_eq!(column_of("ZZZZZZZZZZZZ1"), Some(u32::MAX));
    }

    #[test]
    fn numbers_are_read_as_they_are_shown() {
        let shown = |text| number(text, Shown::Number, false);
        for (text, expected) in [
            ("0.10000000000000001", "0.1"),
            ("1599.99", "1599.99"),
            ("1E+300", "1E+300"),
            ("12345678901234567890", "12345678901234567890"),
            ("-", "-"),
        ] {
            assert_eq!(shown(text), expected);
        }
        assert_eq!(number("36585.5", Shown::Date, false), "2000-02-29 12:00:00");
    }
}
