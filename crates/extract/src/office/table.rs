//! The rows of a table as lines, in blocks each of which begins with the header.

use std::borrow::Cow;

use crate::ExtractError;

/// How much of a table is one block, so that a passage holds the header and rows under it.
const BLOCK_ROWS: usize = 20;
const BLOCK_BYTES: usize = 1200;

/// The longest header that is repeated, in bytes.
const MAX_HEADER: usize = 400;

/// A cell: its column, counted from 1, and its text.
pub(super) type Cell<'a> = (u32, Cow<'a, str>);

/// Rows that belong together, a row a line.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) text: String,
    pub(super) first_row: u32,
    pub(super) last_row: u32,
    /// The last column in use.
    pub(super) columns: u32,
}

/// A table on its way to the text.
#[derive(Debug)]
pub(super) struct Table {
    header: Header,
    block: Block,
    /// How many rows the block has.
    rows: usize,
    limit: u64,
}

/// The row that says what the columns are.
#[derive(Debug)]
enum Header {
    Sought,
    None,
    Found { line: String, first: u32, last: u32 },
}

impl Table {
    /// Returns a table without rows, none of which may be longer than `limit` bytes.
    pub(super) fn new(limit: u64) -> Self {
        Self { header: Header::Sought, block: Block::default(), rows: 0, limit }
    }

    /// Adds a row, and `note` behind it; returns the block before it if that is full.
    ///
    /// # Errors
    ///
    /// [`ExtractError::TooMuch`] if the row is too long.
    pub(super) fn add(
        &mut self,
        number: u32,
        cells: &[Cell<'_>],
        note: &str,
    ) -> Result<Option<Block>, ExtractError> {
        let length = cells.iter().map(|(_, text)| text.len() as u64).sum::<u64>();
        if length + note.len() as u64 > self.limit {
            return Err(ExtractError::too_much("bytes of text", self.limit));
        }
        let mut line = self.line(cells);
        if matches!(self.header, Header::Sought) {
            self.header = header(cells, &line);
        }
        if !note.is_empty() {
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(note);
        }
        if line.is_empty() {
            return Ok(None);
        }
        let is_full = self.rows >= BLOCK_ROWS || self.block.text.len() + line.len() > BLOCK_BYTES;
        let full = match self.rows > 0 && is_full {
            true => self.take(),
            false => None,
        };
        if full.is_some()
            && let Header::Found { line: header, .. } = &self.header
        {
            self.block.text.clone_from(header);
        }
        if self.rows == 0 {
            self.block.first_row = number;
        }
        if !self.block.text.is_empty() {
            self.block.text.push('\n');
        }
        self.block.text.push_str(&line);
        self.block.last_row = number;
        self.block.columns = cells.last().map_or(0, |(column, _)| *column).max(self.block.columns);
        self.rows += 1;
        Ok(full)
    }

    /// Returns the rows that were not yet returned.
    pub(super) fn take(&mut self) -> Option<Block> {
        self.rows = 0;
        let block = std::mem::take(&mut self.block);
        (!block.text.is_empty()).then_some(block)
    }

    /// Returns the cells on one line. Under a header a cell that is not there leaves its place, so
    /// that the others keep theirs.
    fn line(&self, cells: &[Cell<'_>]) -> String {
        let (first, last) = match &self.header {
            Header::Found { first, last, .. } => (*first, *last),
            _ => (1, 0),
        };
        let mut line = String::new();
        // The column that would come next if no cell were missing.
        let mut next = cells.first().map_or(1, |(column, _)| first.min(*column));
        for (place, (column, text)) in cells.iter().enumerate() {
            let missing = (next.max(first)..(*column).min(last.saturating_add(1))).count();
            line.push_str(&" |".repeat(missing));
            if place > 0 {
                line.push_str(" |");
            }
            for word in text.split_whitespace() {
                line.push(' ');
                line.push_str(word);
            }
            next = column.saturating_add(1);
        }
        while line.ends_with('|') {
            line.truncate(line.trim_end_matches('|').trim_end().len());
        }
        line.trim_start().to_owned()
    }
}

/// Returns what the first rows say of the header: it is the first row of several cells, if it
/// begins with words. What stands above it is the table's title.
fn header(cells: &[Cell<'_>], line: &str) -> Header {
    let mut filled = cells.iter().filter(|(_, text)| !text.trim().is_empty());
    let (Some((first, text)), count) = (filled.next(), filled.count() + 1) else {
        return Header::Sought;
    };
    let last = cells.last().map_or(*first, |(column, _)| *column);
    let span = (last.saturating_sub(*first) as usize).saturating_add(1);
    let begins_with_words = text.trim_start().starts_with(|first: char| !first.is_ascii_digit())
        && text.contains(char::is_alphabetic);
    match count {
        1 => Header::Sought,
        // Cells far from each other are no header, and keeping their places would cost more than
        // they say.
        _ if begins_with_words && span <= 2 * count && line.len() <= MAX_HEADER => {
            let first = cells.first().map_or(*first, |(column, _)| *column);
            Header::Found { line: line.to_owned(), first, last }
        }
        _ => Header::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells<'a>(texts: &[(u32, &'a str)]) -> Vec<Cell<'a>> {
        texts.iter().map(|(column, text)| (*column, (*text).into())).collect()
    }

    fn text(rows: &[&[(u32, &str)]]) -> String {
        let mut table = Table::new(1000);
        for (number, row) in (1..).zip(rows) {
            assert_eq!(table.add(number, &cells(row), "").unwrap(), None);
        }
        table.take().map_or_else(String::new, |block| block.text)
    }

    #[test]
    fn a_row_is_a_line_and_cells_keep_their_places_under_a_header() {
        let rows: &[&[(u32, &str)]] = &[
            &[(2, "Ducks  per\nyear")],
            &[(2, "Year"), (3, "Wild"), (4, "Tame")],
            &[(2, "2019"), (4, "7")],
            &[(4, "8")],
            &[(1, "sum"), (3, "9"), (900, "far")],
        ];
        assert_eq!(
            text(rows),
            "Ducks per year\nYear | Wild | Tame\n2019 | | 7\n| | 8\nsum | | 9 | | far"
        );
    }

    #[test]
    fn without_a_header_missing_cells_leave_no_place() {
        assert_eq!(text(&[&[(1, "1"), (2, "2")], &[(1, "3"), (16_384, "4")]]), "1 | 2\n3 | 4");
        // These are too far apart for a header.
        assert_eq!(text(&[&[(1, "a"), (16_384, "b")], &[(16_384, "c")]]), "a | b\nc");
        assert_eq!(text(&[&[(1, ""), (2, " ")]]), "");
    }

    #[test]
    fn a_full_block_is_returned_and_the_next_begins_with_the_header() {
        let mut table = Table::new(1000);
        let mut blocks = Vec::new();
        table.add(1, &cells(&[(1, "Name"), (2, "Sum")]), "").unwrap();
        for number in 2..=41 {
            let sum = number.to_string();
            let row = cells(&[(1, "n"), (2, &sum)]);
            blocks.extend(table.add(number, &row, "").unwrap());
        }
        blocks.extend(table.take());
        let rows: Vec<(u32, u32)> =
            blocks.iter().map(|block| (block.first_row, block.last_row)).collect();
        assert_eq!(rows, [(1, 20), (21, 40), (41, 41)]);
        assert_eq!(blocks[2].text, "Name | Sum\nn | 41");
        assert_eq!(blocks[2].columns, 2);
    }

    #[test]
    fn long_rows_are_blocks_of_their_own_and_bounded() {
        let mut table = Table::new(5000);
        let long = "x".repeat(2000);
        assert_eq!(table.add(1, &cells(&[(1, &long)]), "").unwrap(), None);
        let block = table.add(2, &cells(&[(1, &long)]), "[comment: y]").unwrap().unwrap();
        assert_eq!(block.text, long);
        assert!(table.take().unwrap().text.ends_with("x [comment: y]"));
        let many = cells(&[(1, &long), (2, &long), (3, &long)]);
        assert!(matches!(table.add(3, &many, ""), Err(ExtractError::TooMuch { .. })));
    }
}
