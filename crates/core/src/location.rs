//! Where in a document a passage stands, as a person would look it up.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A part of a document that people know by a number or a name. Numbers count from 1.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Location {
    /// A page of a paged document.
    Page {
        /// Its place in the document.
        number: u32,
        /// What is printed on it, such as `iv`, where that is not its number.
        label: Option<String>,
    },
    /// A slide of a presentation.
    Slide {
        /// Its place.
        number: u32,
        /// Its title, if it has one.
        title: Option<String>,
    },
    /// Rows of a sheet.
    Sheet {
        /// The sheet's name.
        name: String,
        /// The first row.
        first_row: u32,
        /// The last row.
        last_row: u32,
        /// The last column in use.
        columns: u32,
    },
    /// A chapter of a book.
    Chapter {
        /// Its place in the order of reading.
        number: u32,
        /// Its title, if it has one.
        title: Option<String>,
    },
    /// A cell of a notebook.
    Cell {
        /// Its place.
        number: u32,
    },
}

/// A location that begins at a byte of a document's text, and ends where the next one begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocationMark {
    /// The byte.
    pub at: usize,
    /// What begins there.
    pub location: Location,
}

/// A heading of a document whose text does not mark it up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadingMark {
    /// The byte of the text at which the section begins; the heading's own line, if it is in the text.
    pub at: usize,
    /// 1 is the outermost.
    pub level: u8,
    /// The heading, on one line.
    pub text: String,
}

/// What a document's reader knows of its text and the text does not say itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outline {
    /// The headings of plain text, by their place in it.
    pub headings: Vec<HeadingMark>,
    /// Where pages, slides, sheets, chapters or cells begin, by their place in the text.
    pub locations: Vec<LocationMark>,
}

impl Outline {
    /// Says whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.headings.is_empty() && self.locations.is_empty()
    }

    /// Returns where a range of the text stands; nothing in front of the first mark.
    #[must_use]
    pub fn span(&self, bytes: &Range<usize>) -> Option<LocationSpan> {
        let upto = |at: usize| self.locations.partition_point(|mark| mark.at <= at);
        let first = upto(bytes.start).checked_sub(1)?;
        let last = upto(bytes.end.saturating_sub(1).max(bytes.start)).saturating_sub(1);
        let at = |place: usize| self.locations[place].location.clone();
        Some(LocationSpan::new(at(first), (last > first).then(|| at(last))))
    }
}

/// Where a passage stands: at one location, or from one to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocationSpan {
    /// Where it begins.
    pub from: Location,
    /// Where it ends, if that is elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Location>,
}

impl LocationSpan {
    /// Returns a span; rows of one sheet become one range.
    #[must_use]
    pub fn new(from: Location, to: Option<Location>) -> Self {
        use Location::Sheet;
        match (from, to) {
            (
                Sheet { name, first_row, last_row: _, columns },
                Some(Sheet { name: other, last_row, columns: others, .. }),
            ) if name == other => {
                let columns = columns.max(others);
                Self { from: Sheet { name, first_row, last_row, columns }, to: None }
            }
            (from, to) => Self { from, to },
        }
    }

    /// Returns what leads a viewer there, to be put behind the file's address, such as `#page=12`.
    #[must_use]
    pub fn fragment(&self) -> Option<String> {
        match &self.from {
            Location::Page { number, .. } => Some(format!("#page={number}")),
            _ => None,
        }
    }
}

impl fmt::Display for LocationSpan {
    /// Writes it as people say it, such as `pp. 12-13`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Location::{Cell, Chapter, Page, Slide};
        let shown = |number: u32, label: &Option<String>| {
            label.clone().unwrap_or_else(|| number.to_string())
        };
        match (&self.from, &self.to) {
            (from, None) => write!(f, "{from}"),
            (Page { number, label }, Some(Page { number: last, label: end })) => {
                write!(f, "pp. {}-{}", shown(*number, label), shown(*last, end))
            }
            (Slide { number, .. }, Some(Slide { number: last, .. })) => {
                write!(f, "slides {number}-{last}")
            }
            (Chapter { number, .. }, Some(Chapter { number: last, .. })) => {
                write!(f, "chapters {number}-{last}")
            }
            (Cell { number }, Some(Cell { number: last })) => write!(f, "cells {number}-{last}"),
            (from, Some(to)) => write!(f, "{from} to {to}"),
        }
    }
}

impl fmt::Display for Location {
    /// Writes it as people say it, such as `p. 12` or `Sheet1!A2:F18`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let titled =
            |f: &mut fmt::Formatter<'_>, what: &str, number: u32, title: &Option<String>| {
                write!(f, "{what} {number}")?;
                title.as_ref().map_or(Ok(()), |title| write!(f, ": {title}"))
            };
        match self {
            Self::Page { number, label: None } => write!(f, "p. {number}"),
            Self::Page { number, label: Some(label) } => write!(f, "p. {label} ({number})"),
            Self::Slide { number, title } => titled(f, "slide", *number, title),
            Self::Sheet { name, first_row, last_row, columns } => {
                write!(f, "{name}!A{first_row}:{}{last_row}", column_name(*columns))
            }
            Self::Chapter { number, title } => titled(f, "chapter", *number, title),
            Self::Cell { number } => write!(f, "cell {number}"),
        }
    }
}

/// Returns the letters of a column, counted from 1: A to Z, then AA.
fn column_name(mut number: u32) -> String {
    let mut letters = Vec::new();
    while number > 0 {
        letters.push(char::from(b'A' + ((number - 1) % 26) as u8));
        number = (number - 1) / 26;
    }
    match letters.is_empty() {
        true => "A".to_owned(),
        false => letters.into_iter().rev().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_text_stands_where_its_marks_say() {
        let page = |number| Location::Page { number, label: None };
        let marks = [(4, page(1)), (10, page(2)), (20, page(3))];
        let locations = marks.map(|(at, location)| LocationMark { at, location }).to_vec();
        let outline = Outline { locations, ..Outline::default() };
        let said = |bytes| outline.span(&bytes).map(|span| span.to_string());
        assert_eq!(said(0..6), None);
        assert_eq!(said(4..10).unwrap(), "p. 1");
        assert_eq!(said(4..11).unwrap(), "pp. 1-2");
        assert_eq!(said(15..99).unwrap(), "pp. 2-3");
        assert_eq!(said(20..20).unwrap(), "p. 3");
        assert_eq!(outline.span(&(12..13)).unwrap().fragment().unwrap(), "#page=2");
    }

    #[test]
    fn rows_of_one_sheet_are_one_range() {
        let sheet = |name: &str, first_row, last_row, columns| Location::Sheet {
            name: name.into(),
            first_row,
            last_row,
            columns,
        };
        let span = |to| LocationSpan::new(sheet("A", 2, 9, 3), Some(to)).to_string();
        assert_eq!(span(sheet("A", 10, 14, 2)), "A!A2:C14");
        assert_eq!(span(sheet("B", 1, 4, 2)), "A!A2:C9 to B!A1:B4");
    }

    #[test]
    fn locations_read_as_people_say_them() {
        let title = || Some("Results".to_owned());
        let said = [
            (Location::Page { number: 12, label: None }, "p. 12"),
            (Location::Page { number: 4, label: Some("iv".into()) }, "p. iv (4)"),
            (Location::Slide { number: 3, title: title() }, "slide 3: Results"),
            (Location::Chapter { number: 2, title: None }, "chapter 2"),
            (Location::Cell { number: 7 }, "cell 7"),
        ];
        for (location, words) in said {
            assert_eq!(location.to_string(), words);
        }
        let sheet =
            |columns| Location::Sheet { name: "Sums".into(), first_row: 12, last_row: 18, columns };
        // The column names of spreadsheets: A, Z, AA, AZ, XFD.
        for (columns, end) in
            [(1, "A"), (26, "Z"), (27, "AA"), (52, "AZ"), (16_384, "XFD"), (0, "A")]
        {
            assert_eq!(sheet(columns).to_string(), format!("Sums!A12:{end}18"));
        }
    }
}
