//! Sheets, as they are written.

use trommel_core::Location;

use super::table::{Block, Cell, Table};
use crate::writer::Writer;
use crate::{ExtractError, Extracted, Limits, one_line};

/// The longest name of a sheet, in characters; it is written with each block.
const MAX_NAME: usize = 100;

/// A workbook on its way to the text.
pub(super) struct Workbook {
    out: Writer,
    limits: Limits,
    sheets: u32,
    /// How many cells were read.
    cells: u64,
    /// How many bytes cells have that stand for several.
    reserved: u64,
    name: String,
    table: Table,
    /// Whether the sheet has a heading already.
    has_begun: bool,
    hidden: Vec<String>,
}

impl Workbook {
    /// Returns a workbook without sheets.
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            out: Writer::new(limits),
            limits: *limits,
            sheets: 0,
            cells: 0,
            reserved: 0,
            name: String::new(),
            table: Table::new(limits.text_bytes),
            has_begun: false,
            hidden: Vec::new(),
        }
    }

    /// Begins a sheet, after the one before.
    ///
    /// # Errors
    ///
    /// [`ExtractError::TooMuch`] beyond a limit.
    pub(super) fn begin(&mut self, name: &str, is_hidden: bool) -> Result<(), ExtractError> {
        self.end()?;
        if self.sheets == self.limits.pages {
            return Err(ExtractError::too_much("sheets", self.limits.pages.into()));
        }
        self.sheets += 1;
        self.name = one_line(name, MAX_NAME).unwrap_or_default();
        if is_hidden {
            self.hidden.push(self.name.clone());
        }
        Ok(())
    }

    /// Counts cells that are read.
    ///
    /// # Errors
    ///
    /// [`ExtractError::TooMuch`] beyond the limit.
    pub(super) fn count(&mut self, cells: u64) -> Result<(), ExtractError> {
        self.cells = self.cells.saturating_add(cells);
        match self.cells > self.limits.cells {
            true => Err(ExtractError::too_much("cells", self.limits.cells)),
            false => Ok(()),
        }
    }

    /// Counts bytes of text before they are made of fewer.
    ///
    /// # Errors
    ///
    /// [`ExtractError::TooMuch`] beyond the limit.
    pub(super) fn reserve(&mut self, bytes: u64) -> Result<(), ExtractError> {
        self.reserved = self.reserved.saturating_add(bytes);
        match self.reserved > self.limits.text_bytes {
            true => Err(ExtractError::too_much("bytes of text", self.limits.text_bytes)),
            false => Ok(()),
        }
    }

    /// Writes a row, and its comments behind it.
    ///
    /// # Errors
    ///
    /// [`ExtractError::TooMuch`] beyond a limit.
    pub(super) fn row(
        &mut self,
        number: u32,
        cells: &[Cell<'_>],
        comments: &str,
    ) -> Result<(), ExtractError> {
        match self.table.add(number, cells, comments)? {
            Some(block) => self.block(&block),
            None => Ok(()),
        }
    }

    /// Writes what stands beside the cells, such as text in a shape.
    ///
    /// # Errors
    ///
    /// [`ExtractError::TooMuch`] beyond a limit.
    pub(super) fn beside(&mut self, text: &str) -> Result<(), ExtractError> {
        self.end_table()?;
        if text.trim().is_empty() {
            return Ok(());
        }
        if !self.has_begun {
            let rows = Block { first_row: 1, last_row: 1, columns: 1, ..Block::default() };
            self.out.locate(self.location(&rows));
            self.head()?;
        }
        self.out.block(text)
    }

    /// Returns all that was written.
    ///
    /// # Errors
    ///
    /// [`ExtractError::TooMuch`] beyond a limit.
    pub(super) fn finish(mut self) -> Result<Extracted, ExtractError> {
        self.end()?;
        let mut extracted = self.out.finish();
        if !self.hidden.is_empty() {
            extracted.metadata.insert("hidden-sheets".to_owned(), self.hidden.join(", "));
        }
        Ok(extracted)
    }

    fn end(&mut self) -> Result<(), ExtractError> {
        self.end_table()?;
        self.has_begun = false;
        Ok(())
    }

    fn end_table(&mut self) -> Result<(), ExtractError> {
        let block = self.table.take();
        self.table = Table::new(self.limits.text_bytes);
        match block {
            Some(block) => self.block(&block),
            None => Ok(()),
        }
    }

    fn block(&mut self, block: &Block) -> Result<(), ExtractError> {
        self.out.locate(self.location(block));
        self.head()?;
        self.out.block(&block.text)
    }

    /// Writes the sheet's name before its first text.
    fn head(&mut self) -> Result<(), ExtractError> {
        match std::mem::replace(&mut self.has_begun, true) {
            true => Ok(()),
            false => self.out.heading(1, &self.name),
        }
    }

    fn location(&self, block: &Block) -> Location {
        Location::Sheet {
            name: self.name.clone(),
            first_row: block.first_row,
            last_row: block.last_row,
            columns: block.columns,
        }
    }
}
