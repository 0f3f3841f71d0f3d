//! A part of a document: lines, pages, sheets, passages.

use std::ops::Range;

use trommel_core::{Location, LocationMark};
use trommel_engine::StoredDocument;

/// A part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentPart {
    /// All of it.
    Whole,
    /// Lines of its text, from 1: the first and the last.
    Lines(usize, usize),
    /// Pages, slides, chapters or cells, by number: the first and the last.
    Numbers(u32, u32),
    /// A sheet, or a page by what is printed on it.
    Name(String),
    /// A passage, from 1.
    Passage(usize),
}

impl DocumentPart {
    /// Reads what stands behind an id: lines behind `:`, as in `3-9`, pages and the like behind `#`;
    /// nothing if it is neither.
    #[must_use]
    pub fn parse(at: char, text: &str) -> Option<Self> {
        let text = text.strip_prefix("page=").unwrap_or(text);
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (at, first.parse::<u32>(), last.parse::<u32>()) {
            (':', Ok(first), Ok(last)) => Some(Self::Lines(first as usize, last as usize)),
            ('#', Ok(first), Ok(last)) => Some(Self::Numbers(first, last)),
            ('#', ..) if !text.is_empty() => Some(Self::Name(text.to_owned())),
            _ => None,
        }
    }

    /// Reads lines, as in `10` or `10-40`.
    #[must_use]
    pub fn lines(text: &str) -> Option<Self> {
        Self::parse(':', text)
    }

    /// Reads a page, slide, chapter or cell by number, as in `3` or `3-5`, or a sheet by name.
    #[must_use]
    pub fn page(text: &str) -> Self {
        Self::parse('#', text).unwrap_or_else(|| Self::Name(text.to_owned()))
    }

    /// Returns the bytes of the part in a document's text; nothing if it has no such part.
    #[must_use]
    pub fn range(&self, stored: &StoredDocument) -> Option<Range<usize>> {
        let text = &stored.document.text;
        match self {
            Self::Whole => Some(0..text.len()),
            Self::Lines(first, last) => lines(text, *first, *last),
            Self::Numbers(first, last) => located(stored, |location| {
                number_of(location).is_some_and(|it| (*first..=*last).contains(&it))
            }),
            Self::Name(name) => located(stored, |location| is_called(location, name)),
            Self::Passage(number) => {
                let passage = stored.passages.get(number.checked_sub(1)?)?;
                lines(text, passage.lines.first as usize, passage.lines.last as usize)
            }
        }
    }

    /// Says what parts a document has.
    #[must_use]
    pub fn all_of(stored: &StoredDocument) -> String {
        let marks = &stored.document.outline.locations;
        match (marks.first(), marks.last()) {
            (Some(first), Some(last)) => format!("{} to {}", first.location, last.location),
            _ => format!("{} lines", stored.document.text.lines().count()),
        }
    }
}

fn lines(text: &str, first: usize, last: usize) -> Option<Range<usize>> {
    let starts = || std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
    let start = starts().nth(first.checked_sub(1)?)?;
    let end = starts().nth(last.max(first)).unwrap_or(text.len());
    Some(start..end)
}

/// Returns from the first location that is meant to the end of the last.
fn located(stored: &StoredDocument, is_meant: impl Fn(&Location) -> bool) -> Option<Range<usize>> {
    let marks = &stored.document.outline.locations;
    let meant = |mark: &LocationMark| is_meant(&mark.location);
    let (first, last) = (marks.iter().position(meant)?, marks.iter().rposition(meant)?);
    let end = marks.get(last + 1).map_or(stored.document.text.len(), |next| next.at);
    Some(marks[first].at..end)
}

fn number_of(location: &Location) -> Option<u32> {
    match location {
        Location::Page { number, .. }
        | Location::Slide { number, .. }
        | Location::Chapter { number, .. }
        | Location::Cell { number } => Some(*number),
        Location::Sheet { .. } => None,
    }
}

fn is_called(location: &Location, wanted: &str) -> bool {
    match location {
        Location::Page { label, .. } => label.as_deref() == Some(wanted),
        Location::Sheet { name, .. } => name == wanted,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_lines_numbers_or_a_name() {
        assert_eq!(DocumentPart::parse(':', "3-9"), Some(DocumentPart::Lines(3, 9)));
        assert_eq!(DocumentPart::parse(':', "7"), Some(DocumentPart::Lines(7, 7)));
        assert_eq!(DocumentPart::parse('#', "12"), Some(DocumentPart::Numbers(12, 12)));
        assert_eq!(DocumentPart::parse('#', "page=12"), Some(DocumentPart::Numbers(12, 12)));
        assert_eq!(DocumentPart::parse('#', "iv"), Some(DocumentPart::Name("iv".into())));
        assert_eq!(DocumentPart::parse(':', "x"), None);
        assert_eq!(DocumentPart::parse('#', ""), None);
    }

    #[test]
    fn lines_are_counted_from_1() {
        let text = "one\ntwo\nthree";
        let part = |first, last| lines(text, first, last).map(|range| &text[range]);
        assert_eq!(part(2, 2), Some("two\n"));
        assert_eq!(part(2, 99), Some("two\nthree"));
        assert_eq!((part(0, 1), part(4, 4)), (None, None));
    }
}
