//! Puts the text of a file together, within its bounds.

use trommel_core::{HeadingMark, Location, LocationMark};

use crate::{ExtractError, Extracted, Limits};

/// Writes text block by block. An empty line parts blocks, so that passages are cut between them.
pub(crate) struct Writer {
    extracted: Extracted,
    limit: u64,
    /// Where the next block begins, until it does.
    location: Option<Location>,
}

impl Writer {
    /// Returns a writer of no text yet.
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { extracted: Extracted::default(), limit: limits.text_bytes, location: None }
    }

    /// Writes a block: a paragraph, or a table's rows. One that is blank is left out.
    ///
    /// # Errors
    ///
    /// [`ExtractError::TooMuch`] beyond the limit.
    pub(crate) fn block(&mut self, text: &str) -> Result<(), ExtractError> {
        let text = text.trim_matches('\n').trim_end();
        if text.trim().is_empty() {
            return Ok(());
        }
        self.part_from_last("\n\n");
        self.mark_location();
        self.append(text)
    }

    /// Writes a further line of the last block, such as an item of a list.
    ///
    /// # Errors
    ///
    /// [`ExtractError::TooMuch`] beyond the limit.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), ExtractError> {
        if text.trim().is_empty() {
            return Ok(());
        }
        // A new page begins a new block.
        self.part_from_last(if self.location.is_some() { "\n\n" } else { "\n" });
        self.mark_location();
        self.append(text.trim_end())
    }

    /// Writes a heading as a block of its own and opens its section.
    ///
    /// # Errors
    ///
    /// [`ExtractError::TooMuch`] beyond the limit.
    pub(crate) fn heading(&mut self, level: u8, text: &str) -> Result<(), ExtractError> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            return Ok(());
        }
        self.part_from_last("\n\n");
        self.mark_location();
        let at = self.extracted.text.len();
        self.extracted.headings.push(HeadingMark { at, level: level.max(1), text: text.clone() });
        self.append(&text)
    }

    /// Says where the blocks that follow stand.
    pub(crate) fn locate(&mut self, location: Location) {
        self.location = Some(location);
    }

    /// Returns how many bytes of text there are.
    pub(crate) fn len(&self) -> usize {
        self.extracted.text.len()
    }

    /// Returns all that was written; title, metadata and attachments are still to be put in.
    pub(crate) fn finish(self) -> Extracted {
        self.extracted
    }

    fn part_from_last(&mut self, by: &str) {
        if !self.extracted.text.is_empty() {
            self.extracted.text.push_str(by);
        }
    }

    fn mark_location(&mut self) {
        if let Some(location) = self.location.take() {
            let at = self.extracted.text.len();
            self.extracted.locations.push(LocationMark { at, location });
        }
    }

    fn append(&mut self, text: &str) -> Result<(), ExtractError> {
        if self.extracted.text.len() as u64 + text.len() as u64 > self.limit {
            return Err(ExtractError::too_much("bytes of text", self.limit));
        }
        self.extracted.text.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_lines_and_headings_have_their_places() {
        let mut writer = Writer::new(&Limits::default());
        let page = |number| Location::Page { number, label: None };
        writer.locate(page(1));
        writer.heading(2, " A  heading\n").unwrap();
        writer.block("one\ntwo \n").unwrap();
        writer.line("three").unwrap();
        writer.locate(page(2));
        writer.locate(page(3));
        writer.line("four").unwrap();
        writer.block(" \n").unwrap();
        let extracted = writer.finish();
        assert_eq!(extracted.text, "A heading\n\none\ntwo\nthree\n\nfour");
        assert_eq!(extracted.headings, [HeadingMark { at: 0, level: 2, text: "A heading".into() }]);
        let marks: Vec<(usize, Location)> =
            extracted.locations.into_iter().map(|mark| (mark.at, mark.location)).collect();
        // Page 2 has no text.
        assert_eq!(marks, [(0, page(1)), (26, page(3))]);
    }

    #[test]
    fn text_is_bounded() {
        let mut writer = Writer::new(&Limits { text_bytes: 10, ..Limits::default() });
        writer.block("12345").unwrap();
        assert!(matches!(writer.block("123456"), Err(ExtractError::TooMuch { limit: 10, .. })));
    }
}
