//! The catalogue of one document segment: a row for each of its documents, by rising passage id.
//!
//! The numbers lie in columns, so that a search that asks whose a passage is reads few bytes of the
//! file; what has no fixed length lies behind them. Format: `docs/file-format.md`.

use std::io;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use trommel_core::disk::{CheckedFile, Damage};
use trommel_core::{FileStamp, Metadata, PassageId};

use super::entry::{Entry, Span};

const MAGIC: &[u8; 8] = b"TRMLCAT3";
/// Magic, rows, the bytes behind the columns.
const HEADER: usize = 8 + 8 + 8;

/// What of a row has no fixed length, or is read with that.
#[derive(Serialize, Deserialize)]
struct Rest<'a> {
    id: &'a str,
    hash: [u8; 32],
    record: [u8; 32],
    root: u32,
    path: &'a str,
    line: Option<u64>,
    stamp: Option<FileStamp>,
    metadata: Metadata,
}

/// The rows of a segment, read as they are asked for.
#[derive(Debug)]
pub(super) struct Rows {
    file: CheckedFile,
    rows: usize,
}

/// A column of numbers, by the bytes of each and of all that stand before the column in a row.
#[derive(Clone, Copy)]
struct Column {
    before: usize,
    width: usize,
}

/// The id of the document's first passage.
const FIRST: Column = Column { before: 0, width: 8 };
/// Where its record begins in the segment.
const OFFSET: Column = Column { before: 8, width: 8 };
/// Where its rest begins, behind the columns.
const REST: Column = Column { before: 16, width: 8 };
/// The bytes of its record.
const LENGTH: Column = Column { before: 24, width: 4 };
/// How many passages it has.
const PASSAGES: Column = Column { before: 28, width: 4 };
/// The rows by rising document id.
const BY_ID: Column = Column { before: 32, width: 4 };
/// The bytes of a row in all columns.
const ROW: usize = 36;

impl Rows {
    /// Returns the bytes of a file of rows; `entries` come by rising passage id.
    pub(super) fn encode(entries: &[Entry]) -> io::Result<Vec<u8>> {
        let mut by_id: Vec<u32> = (0..entries.len() as u32).collect();
        by_id.sort_unstable_by_key(|&row| &entries[row as usize].id);
        let mut rests = Vec::new();
        let mut starts = Vec::with_capacity(entries.len());
        for entry in entries {
            starts.push(rests.len() as u64);
            let rest = Rest {
                id: &entry.id,
                hash: entry.hash,
                record: entry.record,
                root: entry.root,
                path: &entry.path,
                line: entry.line,
                stamp: entry.stamp,
                metadata: entry.metadata.clone(),
            };
            rests = postcard::to_extend(&rest, rests).map_err(io::Error::other)?;
        }
        let mut bytes = Vec::with_capacity(HEADER + ROW * entries.len() + rests.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend((entries.len() as u64).to_le_bytes());
        bytes.extend((rests.len() as u64).to_le_bytes());
        entries.iter().for_each(|entry| bytes.extend(entry.first.to_le_bytes()));
        entries.iter().for_each(|entry| bytes.extend(entry.offset.to_le_bytes()));
        starts.iter().for_each(|start| bytes.extend(start.to_le_bytes()));
        entries.iter().for_each(|entry| bytes.extend(entry.length.to_le_bytes()));
        entries.iter().for_each(|entry| bytes.extend(entry.passages.to_le_bytes()));
        by_id.iter().for_each(|row| bytes.extend(row.to_le_bytes()));
        bytes.extend(rests);
        Ok(bytes)
    }

    /// Takes a file for one of rows.
    ///
    /// # Errors
    ///
    /// [`Damage`] if it is none, as for every call here.
    pub(super) fn open(file: CheckedFile) -> io::Result<Self> {
        let header = match file.bytes(0..HEADER.min(file.len())) {
            Ok(header) if header.len() == HEADER && header.starts_with(MAGIC) => header,
            Ok(_) => return Err(Damage("it is not a catalogue".into()).into()),
            Err(error) => return Err(error),
        };
        let (rows, rests) = (number(&header[8..16]), number(&header[16..]));
        let expected = rows.checked_mul(ROW as u64).and_then(|it| it.checked_add(rests));
        let got = (file.len() - HEADER) as u64;
        match usize::try_from(rows) {
            Ok(rows) if expected == Some(got) => Ok(Self { file, rows }),
            _ => Err(Damage(format!("{rows} rows with {rests} bytes do not make {got}")).into()),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.rows
    }

    /// Takes what was read out of the process.
    pub(super) fn let_go(&self) {
        self.file.let_go();
    }

    /// Returns the passages of a row's document.
    pub(super) fn span(&self, row: usize) -> io::Result<Span> {
        let (first, passages) = (self.get(FIRST, row)?, self.get(PASSAGES, row)? as u32);
        match passages {
            1.. => Ok(Span { first, passages }),
            0 => Err(Damage(format!("row {row} has no passage")).into()),
        }
    }

    /// Returns the row whose document has a passage, if one does.
    pub(super) fn of_passage(&self, passage: PassageId) -> io::Result<Option<usize>> {
        let after = self.partition_point(|row| Ok(self.get(FIRST, row)? <= passage.0))?;
        let Some(row) = after.checked_sub(1) else { return Ok(None) };
        let Span { first, passages } = self.span(row)?;
        Ok((passage.0 - first < u64::from(passages)).then_some(row))
    }

    /// Returns the row of a document, if it has one.
    pub(super) fn of_id(&self, id: &str) -> io::Result<Option<usize>> {
        let row_at = |at| -> io::Result<usize> {
            let row = self.get(BY_ID, at)? as usize;
            match row < self.rows {
                true => Ok(row),
                false => Err(Damage(format!("no row {row} among {}", self.rows)).into()),
            }
        };
        let at = self.partition_point(|at| Ok(self.id(row_at(at)?)? < id))?;
        if at == self.rows {
            return Ok(None);
        }
        let row = row_at(at)?;
        Ok((self.id(row)? == id).then_some(row))
    }

    /// Returns a row in full, as part of the segment at a place in the state's list.
    pub(super) fn entry(&self, row: usize, segment: u32) -> io::Result<Entry> {
        self.decode(row, segment, self.file.bytes(self.rest(row)?)?)
    }

    /// Returns a row in full, for whoever reads a few all over the file ([`CheckedFile::copy`]).
    pub(super) fn entry_alone(&self, row: usize, segment: u32) -> io::Result<Entry> {
        self.decode(row, segment, &self.file.copy(self.rest(row)?)?)
    }

    fn decode(&self, row: usize, segment: u32, rest: &[u8]) -> io::Result<Entry> {
        let Span { first, passages } = self.span(row)?;
        let rest: Rest<'_> = postcard::from_bytes(rest)
            .map_err(|error| io::Error::from(Damage(format!("row {row}: {error}"))))?;
        Ok(Entry {
            first,
            passages,
            id: rest.id.to_owned(),
            hash: rest.hash,
            root: rest.root,
            path: rest.path.to_owned(),
            line: rest.line,
            metadata: rest.metadata,
            segment,
            offset: self.get(OFFSET, row)?,
            length: self.get(LENGTH, row)? as u32,
            stamp: rest.stamp,
            record: rest.record,
        })
    }

    /// Returns the id of a row's document.
    pub(super) fn id(&self, row: usize) -> io::Result<&str> {
        let id: Result<(&str, _), _> = postcard::take_from_bytes(self.file.bytes(self.rest(row)?)?);
        id.map(|(id, _)| id).map_err(|error| Damage(format!("row {row}: {error}")).into())
    }

    /// Returns where the bytes of a row lie that are not of one length.
    fn rest(&self, row: usize) -> io::Result<Range<usize>> {
        let rests = HEADER + ROW * self.rows;
        let all = (self.file.len() - rests) as u64;
        let start = self.get(REST, row)?;
        let end = if row + 1 < self.rows { self.get(REST, row + 1)? } else { all };
        if start > end || end > all {
            return Err(Damage(format!("row {row} goes from {start} to {end} of {all}")).into());
        }
        Ok(rests + start as usize..rests + end as usize)
    }

    fn get(&self, column: Column, row: usize) -> io::Result<u64> {
        let start = HEADER + column.before * self.rows + column.width * row;
        self.file.bytes(start..start + column.width).map(number)
    }

    /// Returns the first place of a row for which something does not hold that holds for all before.
    fn partition_point(&self, holds: impl Fn(usize) -> io::Result<bool>) -> io::Result<usize> {
        let Range { mut start, mut end } = 0..self.rows;
        while start < end {
            let middle = start.midpoint(end);
            if holds(middle)? {
                start = middle + 1;
            } else {
                end = middle;
            }
        }
        Ok(start)
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::catalogue_tests::entry;
    use super::*;

    fn rows(entries: &[Entry]) -> Rows {
        Rows::open(CheckedFile::in_memory(Rows::encode(entries).unwrap())).unwrap()
    }

    #[test]
    fn a_row_is_found_by_each_of_its_passages_and_by_its_id() {
        let entries = [entry("m", 2, 3), entry("b", 7, 2), entry("ü", 9, 1)];
        let rows = rows(&entries);
        for (row, entry) in entries.iter().enumerate() {
            assert_eq!(rows.entry(row, entry.segment).unwrap(), *entry);
            assert_eq!(rows.entry_alone(row, entry.segment).unwrap(), *entry);
            assert_eq!(rows.of_id(&entry.id).unwrap(), Some(row));
            for passage in entry.passage_ids() {
                assert_eq!(rows.of_passage(passage).unwrap(), Some(row));
            }
        }
        for passage in [0, 1, 5, 6, 10, u64::MAX] {
            assert_eq!(rows.of_passage(PassageId(passage)).unwrap(), None, "{passage}");
        }
        for id in ["", "a", "c", "z", "üü"] {
            assert_eq!(rows.of_id(id).unwrap(), None, "{id}");
        }
    }

    proptest! {
        #[test]
        fn no_damage_makes_it_panic(at in 0_usize..400, to: u8, cut in 0_usize..400) {
            let entries = [entry("m", 2, 3), entry("b", 7, 2), entry("ü", 9, 1)];
            let mut bytes = Rows::encode(&entries).unwrap();
            if let Some(byte) = bytes.get_mut(at) { *byte = to; }
            bytes.truncate(bytes.len().saturating_sub(cut / 8));
            if let Ok(rows) = Rows::open(CheckedFile::in_memory(bytes)) {
                for row in 0..rows.len().min(9) {
                    let _ = (rows.entry(row, 0), rows.id(row));
                }
                let _ = (rows.of_id("c"), rows.of_passage(PassageId(8)));
            }
        }
    }
}
