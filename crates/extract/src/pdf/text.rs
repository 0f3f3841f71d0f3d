//! Writes pages as one text, with the places of its pages and headings.

use trommel_core::{HeadingMark, Location, LocationMark};

use super::hyphens::Vocabulary;
use super::paragraphs::{goes_on, is_of_one_type, paragraphs};
use super::pdf_text::{Block, Kind, Line, Page};
use crate::writer::Writer;
use crate::{ExtractError, Extracted, Limits};

/// A page that is to begin, with the headings that stand at its start but in none of its lines.
pub(super) struct Start {
    /// The page.
    pub(super) location: Location,
    /// Levels and texts of headings.
    pub(super) headings: Vec<(u8, String)>,
}

/// Writes pages one after the other. A sentence may go on from one page to the next.
pub(super) struct Text<'t> {
    writer: Writer,
    vocabulary: Vocabulary<'t>,
    /// The page that begins with what is written next.
    start: Option<Start>,
    /// A paragraph that may go on, and the pages that begin in it.
    open: Option<(String, Vec<(usize, Start)>)>,
    /// Its last line.
    last: Line,
    locations: Vec<LocationMark>,
    headings: Vec<HeadingMark>,
}

impl<'t> Text<'t> {
    /// Returns an empty text.
    pub(super) fn new(vocabulary: Vocabulary<'t>, limits: &Limits) -> Self {
        Self {
            writer: Writer::new(limits),
            vocabulary,
            start: None,
            open: None,
            last: Line::default(),
            locations: Vec::new(),
            headings: Vec::new(),
        }
    }

    /// Writes a page.
    ///
    /// # Errors
    ///
    /// [`ExtractError::TooMuch`] beyond the limit.
    pub(super) fn page(&mut self, mut start: Start, page: &Page) -> Result<(), ExtractError> {
        // The sections of a page without text begin on the next one.
        if let Some(blank) = self.start.take() {
            start.headings.splice(0..0, blank.headings);
        }
        self.start = Some(start);
        for block in &page.blocks {
            self.block(block)?;
        }
        page.notes.iter().try_for_each(|note| self.whole(note))
    }

    /// Returns what was written.
    ///
    /// # Errors
    ///
    /// [`ExtractError::TooMuch`] beyond the limit.
    pub(super) fn finish(mut self) -> Result<Extracted, ExtractError> {
        self.close()?;
        let mut said = self.writer.finish();
        said.locations = self.locations;
        said.headings.extend(self.headings);
        said.headings.sort_by_key(|mark| mark.at);
        Ok(said)
    }

    fn block(&mut self, block: &Block) -> Result<(), ExtractError> {
        match block.kind {
            Kind::Prose | Kind::Running => self.prose(block.parts.iter().flatten().cloned()),
            Kind::Heading(level) => self.heading(level, &block.parts.concat()),
            Kind::List => {
                let items: Vec<String> = block.parts.iter().map(|item| self.joined(item)).collect();
                self.whole(&items.join("\n"))
            }
            Kind::Table if is_table(&block.parts) => {
                let rows: Vec<String> = block.parts.iter().map(|row| cells(row, " | ")).collect();
                self.whole(&rows.join("\n"))
            }
            Kind::Table => self.prose(block.parts.iter().filter_map(|row| line(row))),
        }
    }

    /// Writes running text. Its first paragraph may go on with the last one.
    fn prose(&mut self, lines: impl Iterator<Item = Line>) -> Result<(), ExtractError> {
        let lines: Vec<Line> = lines.collect();
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return Ok(()) };
        let alike = is_of_one_type(&self.last, first);
        self.last = last.clone();
        for (index, paragraph) in paragraphs(&lines, &self.vocabulary).into_iter().enumerate() {
            if let Some((text, starts)) = &mut self.open
                && index == 0
                && alike
                && goes_on(text, &paragraph)
            {
                self.vocabulary.join(text, &paragraph);
                let at = text.len() - paragraph.len();
                starts.extend(self.start.take().map(|start| (at, start)));
                continue;
            }
            self.close()?;
            let starts = self.start.take().map(|start| (0, start)).into_iter().collect();
            self.open = Some((paragraph, starts));
        }
        Ok(())
    }

    fn heading(&mut self, level: u8, lines: &[Line]) -> Result<(), ExtractError> {
        self.close()?;
        if let Some(start) = self.start.take() {
            self.begin(self.next(), start);
        }
        let text = self.joined(lines);
        self.writer.heading(level, &text)
    }

    /// Writes a block that does not go on.
    fn whole(&mut self, text: &str) -> Result<(), ExtractError> {
        self.close()?;
        if text.trim().is_empty() {
            return Ok(());
        }
        if let Some(start) = self.start.take() {
            self.begin(self.next(), start);
        }
        self.writer.block(text)
    }

    /// Writes the paragraph that might have gone on.
    fn close(&mut self) -> Result<(), ExtractError> {
        let Some((text, starts)) = self.open.take() else { return Ok(()) };
        let from = self.next();
        for (at, start) in starts {
            self.begin(from + at, start);
        }
        self.writer.block(&text)
    }

    /// Returns where the next block begins.
    fn next(&self) -> usize {
        match self.writer.len() {
            0 => 0,
            len => len + "\n\n".len(),
        }
    }

    fn begin(&mut self, at: usize, start: Start) {
        self.locations.push(LocationMark { at, location: start.location });
        let headings = start.headings.into_iter();
        self.headings.extend(headings.map(|(level, text)| HeadingMark { at, level, text }));
    }

    fn joined(&self, lines: &[Line]) -> String {
        let mut text = String::new();
        for line in lines {
            match text.is_empty() {
                true => text.push_str(&line.text),
                false => self.vocabulary.join(&mut text, &line.text),
            }
        }
        text
    }
}

/// Says whether rows are a table: in most of them there is more than one cell.
fn is_table(rows: &[Vec<Line>]) -> bool {
    let wide = rows.iter().filter(|row| row.len() > 1).count();
    wide > 1 && wide * 2 >= rows.len()
}

/// Returns a row as a line of text.
fn line(row: &[Line]) -> Option<Line> {
    let (first, last) = (row.first()?, row.last()?);
    Some(Line { text: cells(row, " "), right: last.right, ..first.clone() })
}

fn cells(row: &[Line], by: &str) -> String {
    let texts: Vec<&str> = row.iter().map(|cell| cell.text.as_str()).collect();
    texts.join(by)
}

#[cfg(test)]
mod tests {
    use super::super::pdf_text::made;
    use super::*;

    fn written(pages: &[Page]) -> Extracted {
        let mut text = Text::new(Vocabulary::of(pages), &Limits::default());
        for (number, page) in (1..).zip(pages) {
            let headings = match number {
                2 => vec![(1, "Two".to_owned())],
                _ => Vec::new(),
            };
            let location = Location::Page { number, label: None };
            text.page(Start { location, headings }, page).unwrap();
        }
        text.finish().unwrap()
    }

    fn marks(said: &Extracted) -> Vec<(usize, String)> {
        said.locations.iter().map(|mark| (mark.at, mark.location.to_string())).collect()
    }

    #[test]
    fn a_sentence_goes_on_from_page_to_page() {
        let pages = [
            made::page(&["The tea was poured, and the dreami-"]),
            made::page(&["est of them fell asleep before they"]),
            made::page(&["drank."]),
            made::page(&["Then they went."]),
        ];
        let said = written(&pages);
        let sentence =
            "The tea was poured, and the dreamiest of them fell asleep before they drank.";
        assert_eq!(said.text, format!("{sentence}\n\nThen they went."));
        let at = |text: &str| said.text.find(text).unwrap();
        let expected = [
            (0, "p. 1".to_owned()),
            (at("est of"), "p. 2".to_owned()),
            (at("drank"), "p. 3".to_owned()),
            (at("Then"), "p. 4".to_owned()),
        ];
        assert_eq!(marks(&said), expected);
        assert_eq!(said.headings, [HeadingMark { at: at("est of"), level: 1, text: "Two".into() }]);
    }

    #[test]
    fn the_sections_of_a_blank_page_begin_on_the_next() {
        let said = written(&[made::page(&["One."]), Page::default(), made::page(&["Three."])]);
        assert_eq!(said.text, "One.\n\nThree.");
        assert_eq!(marks(&said), [(0, "p. 1".to_owned()), (6, "p. 3".to_owned())]);
        assert_eq!(said.headings, [HeadingMark { at: 6, level: 1, text: "Two".into() }]);
    }

    #[test]
    fn blocks_are_written_by_their_kind() {
        let line = |text: &str| made::line(text, 0.0, 0.0);
        let block = |kind, parts: &[&[&str]]| Block {
            kind,
            parts: parts.iter().map(|part| part.iter().map(|it| line(it)).collect()).collect(),
        };
        let page = Page {
            blocks: vec![
                block(Kind::Heading(2), &[&["On"], &["tea"]]),
                block(Kind::List, &[&["- a", "long one"], &["- b"]]),
                block(Kind::Table, &[&["Name", "Feet"], &["Sperm whale", "60"], &["Total"]]),
                block(Kind::Table, &[&["no", "table"], &["but text,"], &["in rows."]]),
            ],
            notes: vec!["Name: Ahab".into(), " ".into()],
            ..Page::default()
        };
        let said = written(&[page]);
        assert_eq!(
            said.text,
            "On tea\n\n- a long one\n- b\n\nName | Feet\nSperm whale | 60\nTotal\n\n\
             no table but text, in rows.\n\nName: Ahab"
        );
        assert_eq!(said.headings, [HeadingMark { at: 0, level: 2, text: "On tea".into() }]);
        assert_eq!(marks(&said), [(0, "p. 1".to_owned())]);
    }

    #[test]
    fn text_is_bounded() {
        let pages = [made::page(&["0123456789"])];
        let mut text =
            Text::new(Vocabulary::default(), &Limits { text_bytes: 9, ..Limits::default() });
        let start = Start { location: Location::Page { number: 1, label: None }, headings: vec![] };
        text.page(start, &pages[0]).unwrap();
        assert!(matches!(text.finish(), Err(ExtractError::TooMuch { limit: 9, .. })));
    }
}
