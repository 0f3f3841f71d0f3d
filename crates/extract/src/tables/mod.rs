//! CSV and TSV.

mod records;

use std::collections::HashSet;

use trommel_core::Location;

use self::records::{Records, delimiter_of};
use crate::writer::Writer;
use crate::{ExtractError, Extracted, Extractor, Limits, decode};

/// How many rows make a block, at most.
const BLOCK_ROWS: usize = 20;

/// About how many bytes of rows make a block.
const BLOCK_BYTES: usize = 1_200;

/// The longest header that is said again; a longer one would drown its rows.
const MAX_HEADER: usize = 600;

/// CSV and TSV. Rows come in blocks, and each block begins with the header row, so that a passage
/// says
/// what its numbers are.
pub(crate) struct Tables;

impl Extractor for Tables {
    fn name(&self) -> &'static str {
        "table"
    }

    fn version(&self) -> u32 {
        1
    }

    fn recognises(&self, _head: &[u8], name: &str) -> bool {
        name.rsplit_once('.').is_some_and(|(_, end)| {
            ["csv", "tsv", "tab"].iter().any(|known| end.eq_ignore_ascii_case(known))
        })
    }

    fn extract(
        &self,
        bytes: &[u8],
        name: &str,
        limits: &Limits,
    ) -> Result<Extracted, ExtractError> {
        let text = decode(bytes.to_vec(), None).ok_or_else(|| ExtractError::damaged("binary"))?;
        let (stem, end) = name.rsplit_once('.').unwrap_or((name, ""));
        let usual = if end.eq_ignore_ascii_case("csv") { ',' } else { '\t' };
        let (delimiter, text) = delimiter_of(&text, usual);

        let mut sheet = Sheet::new(stem, limits);
        let mut cells = 0;
        for record in Records::new(text, delimiter, limits.cells) {
            cells += record.len() as u64;
            if cells > limits.cells {
                return Err(ExtractError::too_much("cells", limits.cells));
            }
            sheet.row(&record)?;
        }
        sheet.finish()
    }
}

/// Puts rows together in blocks.
struct Sheet<'a> {
    writer: Writer,
    name: &'a str,
    /// The header row, as it begins each block after the first.
    header: Option<String>,
    /// How many rows there were.
    rows: u32,
    block: Block,
}

/// Rows that are not written yet.
#[derive(Default)]
struct Block {
    text: String,
    rows: usize,
    first_row: u32,
    last_row: u32,
    columns: u32,
}

impl<'a> Sheet<'a> {
    fn new(name: &'a str, limits: &Limits) -> Self {
        Self { writer: Writer::new(limits), name, header: None, rows: 0, block: Block::default() }
    }

    fn row(&mut self, cells: &[String]) -> Result<(), ExtractError> {
        self.rows = self.rows.saturating_add(1);
        // Empty cells behind the last one that says something are no columns.
        let Some(last) = cells.iter().rposition(|cell| !cell.is_empty()) else { return Ok(()) };
        let row = cells[..=last].join(" | ");
        if self.rows == 1 && is_header(cells) && row.len() <= MAX_HEADER {
            self.header = Some(row.clone());
        }
        let block = &mut self.block;
        let is_full = block.rows >= BLOCK_ROWS
            || block.rows > 0 && block.text.len() + row.len() > BLOCK_BYTES;
        if is_full {
            self.write_block()?;
        }
        let block = &mut self.block;
        if block.rows == 0 {
            block.first_row = self.rows;
        }
        block.last_row = self.rows;
        block.columns = block.columns.max(u32::try_from(last + 1).unwrap_or(u32::MAX));
        block.rows += 1;
        block.text.push_str(&row);
        block.text.push('\n');
        Ok(())
    }

    fn write_block(&mut self) -> Result<(), ExtractError> {
        let block = std::mem::take(&mut self.block);
        if block.rows == 0 {
            return Ok(());
        }
        self.writer.locate(Location::Sheet {
            name: self.name.to_owned(),
            first_row: block.first_row,
            last_row: block.last_row,
            columns: block.columns,
        });
        match &self.header {
            Some(header) if block.first_row > 1 => {
                self.writer.block(header)?;
                block.text.lines().try_for_each(|row| self.writer.line(row))
            }
            _ => self.writer.block(&block.text),
        }
    }

    fn finish(mut self) -> Result<Extracted, ExtractError> {
        self.write_block()?;
        Ok(self.writer.finish())
    }
}

/// Says whether the first row names the columns: more than one, none empty, a number, or named
/// twice.
fn is_header(cells: &[String]) -> bool {
    let mut seen = HashSet::new();
    cells.len() > 1
        && cells.iter().all(|cell| {
            !cell.is_empty() && cell.chars().any(char::is_alphabetic) && seen.insert(cell.as_str())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, name: &str) -> Extracted {
        Tables.extract(text.as_bytes(), name, &Limits::default()).unwrap()
    }

    fn places(extracted: &Extracted) -> Vec<String> {
        extracted.locations.iter().map(|mark| mark.location.to_string()).collect()
    }

    #[test]
    fn rows_are_lines_and_an_empty_first_column_stays() {
        let said =
            read("Harbour,Berths\nVigo,12\n,4\n,,\n\"a \"\"b\"\"\nc\",\" d \"\n", "ports.csv");
        assert_eq!(said.text, "Harbour | Berths\nVigo | 12\n | 4\na \"b\" c | d");
        assert_eq!(places(&said), ["ports!A1:B5"]);
        assert_eq!(said.title, None);
    }

    #[test]
    fn each_block_says_the_header_again() {
        let rows: String = (1..=45).map(|number| format!("v{number};{number}\n")).collect();
        let said = read(&format!("name;size\n{rows}"), "a.b.csv");
        assert_eq!(places(&said), ["a.b!A1:B20", "a.b!A21:B40", "a.b!A41:B46"]);
        let second = &said.text[said.locations[1].at..];
        assert!(second.starts_with("name | size\nv20 | 20\nv21 | 21\n"), "{second}");
        assert!(said.text.ends_with(
            "\n\nname | size\nv40 | 40\nv41 | 41\nv42 | 42\nv43 | 43\nv44 | 44\nv45 | 45"
        ));
    }

    #[test]
    fn long_rows_make_short_blocks() {
        let row = format!("{}\tx\n", "w".repeat(700));
        let said = read(&format!("name\tkind\n{}", row.repeat(3)), "t.tsv");
        assert_eq!(places(&said), ["t!A1:B2", "t!A3:B3", "t!A4:B4"]);
    }

    #[test]
    fn a_row_of_numbers_or_of_one_title_is_no_header() {
        for text in ["1,2\n", "a,a\n", "a,\n", "a\n", "2021,b\n"] {
            let said = read(&format!("{text}{}", "x,y\n".repeat(25)), "t.csv");
            assert!(said.text[said.locations[1].at..].starts_with("x | y\n"), "{text}");
        }
    }

    #[test]
    fn too_many_cells_are_an_error() {
        let limits = Limits { cells: 5, ..Limits::default() };
        assert!(Tables.extract(b"a,b\n1,2\n3\n", "t.csv", &limits).is_ok());
        assert_eq!(
            Tables.extract(b"a,b\n1,2\n3,4\n", "t.csv", &limits),
            Err(ExtractError::too_much("cells", 5))
        );
        let limits = Limits { text_bytes: 20, ..Limits::default() };
        let long = Tables.extract("word,word\n".repeat(9).as_bytes(), "t.csv", &limits);
        assert_eq!(long, Err(ExtractError::too_much("bytes of text", 20)));
        assert_eq!(
            Tables.extract(b"\0\x01\x02", "t.csv", &limits),
            Err(ExtractError::damaged("binary"))
        );
    }

    #[test]
    fn names_decide() {
        for (name, is_table) in [("a.csv", true), ("A.TSV", true), ("a.tab", true), ("csv", false)]
        {
            assert_eq!(Tables.recognises(b"a,b", name), is_table);
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]
        #[test]
        fn no_text_panics(text in "[a1,;|\t\"\n\r \u{fc}]{0,80}") {
            let said = read(&text, "t.csv");
            for mark in said.locations {
                proptest::prop_assert!(said.text.is_char_boundary(mark.at));
            }
        }
    }
}
