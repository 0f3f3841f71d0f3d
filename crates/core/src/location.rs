//! Where in a document a passage stands, as a person would look it up.

use std::fmt;

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
