//! Gathers words to paragraphs, items and rows.

use crate::writer::Writer;
use crate::{ExtractError, Extracted, Limits};

/// Takes the words of a document one after another, and writes them paragraph by paragraph.
pub(super) struct Prose {
    writer: Writer,
    limit: u64,
    /// What takes the marks out of a paragraph.
    clean: fn(&str) -> String,
    /// What is not written yet.
    words: String,
    /// What stands before it, such as the mark of an item.
    mark: String,
    kind: Kind,
    /// What was written last.
    last: Kind,
}

/// What a stretch of text is, which decides how it is parted from the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// An empty line stands before it.
    Block,
    /// It follows an item on the next line.
    Item,
    /// It follows a row on the next line.
    Row,
    /// It follows anything on the next line.
    Line,
}

impl Prose {
    /// Returns a writer of no text yet.
    pub(super) fn new(limits: &Limits) -> Self {
        Self::marked_up(limits, str::to_owned)
    }

    /// Returns a writer of words with marks among them, which `clean` takes out. It sees
    /// paragraphs,
    /// headings and cells as a whole, for marks go on over lines.
    pub(super) fn marked_up(limits: &Limits, clean: fn(&str) -> String) -> Self {
        Self {
            writer: Writer::new(limits),
            limit: limits.text_bytes,
            clean,
            words: String::new(),
            mark: String::new(),
            kind: Kind::Block,
            last: Kind::Block,
        }
    }

    /// Adds words to the paragraph, behind a blank.
    ///
    /// # Errors
    ///
    /// [`ExtractError::TooMuch`] beyond the limit, here and below.
    pub(super) fn words(&mut self, text: &str) -> Result<(), ExtractError> {
        if !self.words.is_empty() && !self.words.ends_with(' ') {
            self.words.push(' ');
        }
        self.glued(text.trim())
    }

    /// Adds text to the paragraph as it stands.
    pub(super) fn glued(&mut self, text: &str) -> Result<(), ExtractError> {
        if self.words.len() as u64 + text.len() as u64 > self.limit {
            return Err(ExtractError::too_much("bytes of text", self.limit));
        }
        self.words.push_str(text);
        Ok(())
    }

    /// Ends the paragraph, or the table.
    pub(super) fn end(&mut self) -> Result<(), ExtractError> {
        self.write()?;
        if self.last == Kind::Row {
            self.last = Kind::Block;
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), ExtractError> {
        let words = std::mem::take(&mut self.words);
        let mark = std::mem::take(&mut self.mark);
        let kind = std::mem::replace(&mut self.kind, Kind::Block);
        let text = match kind {
            // Its cells are clean already.
            Kind::Row => words,
            _ => on_one_line((self.clean)(words.trim())),
        };
        let text = text.trim();
        if text.is_empty() {
            return Ok(());
        }
        let text = format!("{mark}{text}");
        match kind {
            Kind::Line => return self.writer.line(&text),
            Kind::Item | Kind::Row if kind == self.last => self.writer.line(&text)?,
            _ => self.writer.block(&text)?,
        }
        self.last = kind;
        Ok(())
    }

    /// Ends the line, not the paragraph.
    pub(super) fn line(&mut self) -> Result<(), ExtractError> {
        let kind = if self.words.trim().is_empty() { self.kind } else { Kind::Line };
        let mark = if kind == Kind::Line { String::new() } else { self.mark.clone() };
        self.write()?;
        (self.kind, self.mark) = (kind, mark);
        Ok(())
    }

    /// Begins an item of a list, which is written behind `mark`.
    pub(super) fn item(&mut self, mark: &str) -> Result<(), ExtractError> {
        self.end()?;
        self.kind = Kind::Item;
        self.mark = mark.to_owned();
        Ok(())
    }

    /// Writes a row of a table. One without words is left out.
    pub(super) fn row(&mut self, cells: &[String]) -> Result<(), ExtractError> {
        self.write()?;
        let Some(last) = cells.iter().rposition(|cell| !cell.trim().is_empty()) else {
            return Ok(());
        };
        self.kind = Kind::Row;
        let cells: Vec<String> =
            cells[..=last].iter().map(|cell| (self.clean)(cell.trim())).collect();
        self.glued(&cells.join(" | "))?;
        self.write()
    }

    /// Writes text whose lines stay as they are.
    pub(super) fn kept(&mut self, text: &str) -> Result<(), ExtractError> {
        self.end()?;
        self.last = Kind::Block;
        self.writer.block(text)
    }

    /// Writes a heading and opens its section.
    pub(super) fn heading(&mut self, level: u8, text: &str) -> Result<(), ExtractError> {
        self.end()?;
        self.last = Kind::Block;
        self.writer.heading(level, &(self.clean)(text))
    }

    /// Says whether no paragraph is begun.
    pub(super) fn is_between(&self) -> bool {
        self.words.is_empty()
    }

    /// Ends the text and returns it. Where it begins with its only heading of the outermost level,
    /// that is its title.
    pub(super) fn finish(mut self) -> Result<Extracted, ExtractError> {
        self.end()?;
        let mut extracted = self.writer.finish();
        let outermost = extracted.headings.iter().map(|heading| heading.level).min();
        let is_only = |level| extracted.headings.iter().filter(|it| it.level == level).count() == 1;
        extracted.title = match extracted.headings.first() {
            Some(first) if first.at == 0 && outermost == Some(first.level) => {
                is_only(first.level).then(|| first.text.clone())
            }
            _ => None,
        };
        Ok(extracted)
    }
}

/// Returns text with single blanks.
fn on_one_line(text: String) -> String {
    match text.contains("  ") || text.contains(['\t', '\n', '\r']) {
        true => text.split_whitespace().collect::<Vec<_>>().join(" "),
        false => text,
    }
}

/// Returns lines without the indent that all of them share.
pub(super) fn unindented(lines: &[&str]) -> String {
    let indent = |line: &&str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let shared = lines.iter().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
    let lines: Vec<&str> =
        lines.iter().map(|line| line.get(shared..).unwrap_or_default().trim_end()).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_items_and_rows_are_parted_as_they_should() {
        let mut prose = Prose::new(&Limits::default());
        prose.heading(1, "Tides").unwrap();
        prose.words(" one ").unwrap();
        prose.words("two").unwrap();
        prose.item("- ").unwrap();
        prose.words("a").unwrap();
        prose.line().unwrap();
        prose.words("b").unwrap();
        prose.item("- ").unwrap();
        prose.item("- ").unwrap();
        prose.words("c").unwrap();
        let cells = |cells: [&str; 3]| cells.map(str::to_owned);
        prose.row(&cells(["", "x ", ""])).unwrap();
        prose.row(&cells([" ", "", ""])).unwrap();
        prose.row(&cells(["1", "2", "3"])).unwrap();
        prose.kept("  k\n\nk").unwrap();
        let said = prose.finish().unwrap();
        assert_eq!(said.text, "Tides\n\none two\n\n- a\nb\n- c\n\n| x\n1 | 2 | 3\n\n  k\n\nk");
        assert_eq!(said.title.unwrap(), "Tides");
    }

    #[test]
    fn one_of_many_headings_is_no_title() {
        let mut prose = Prose::new(&Limits::default());
        prose.heading(1, "a").unwrap();
        prose.heading(1, "b").unwrap();
        assert_eq!(prose.finish().unwrap().title, None);
    }

    #[test]
    fn a_paragraph_is_bounded_before_it_is_written() {
        let mut prose = Prose::new(&Limits { text_bytes: 10, ..Limits::default() });
        prose.words("12345").unwrap();
        assert!(matches!(prose.words("123456"), Err(ExtractError::TooMuch { .. })));
    }

    #[test]
    fn the_shared_indent_is_cut() {
        assert_eq!(unindented(&["  a", "", "    b "]), "a\n\n  b");
        assert_eq!(unindented(&["\u{a0}a", " b"]), "\u{a0}a\n b");
        assert_eq!(unindented(&[]), "");
    }
}
