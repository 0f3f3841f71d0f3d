//! The catalogue: the live documents of one generation.
//!
//! Each segment of documents has its own, which never changes; a short list says what became of its
//! documents since. So a commit writes as much as it changes.

use std::io;
use std::path::{Path, PathBuf};

use trommel_core::disk::CheckedFile;
use trommel_core::{FileStamp, PassageId};

use super::changes::{Change, Changes};
use super::entry::{Entry, Span};
use super::rows::Rows;
use crate::EngineError;

/// The live documents, by rising passage id.
///
/// A document's *place* is the number of its row among all rows. Rows whose document is gone keep
/// theirs.
#[derive(Debug, Default)]
pub(crate) struct Catalogue {
    parts: Vec<Part>,
    pub(super) changes: Changes,
}

/// The rows of one segment.
#[derive(Debug)]
struct Part {
    path: PathBuf,
    rows: Rows,
    /// The place of its first row.
    begin: usize,
    /// The first passage of its first row.
    first: u64,
}

impl Part {
    /// Names the file that could not be read.
    fn failed(&self) -> impl FnOnce(io::Error) -> EngineError {
        EngineError::io("read", &self.path)
    }
}

impl Catalogue {
    /// Returns the catalogue of some segments, which come by rising passage id, by their rows and the
    /// files that hold these.
    ///
    /// # Errors
    ///
    /// [`EngineError::Corrupt`] if the passages of one are not behind those of the one before it.
    pub(super) fn of(
        segments: impl IntoIterator<Item = Result<(PathBuf, Rows), EngineError>>,
        changes: Changes,
    ) -> Result<Self, EngineError> {
        let mut catalogue = Self { parts: Vec::new(), changes };
        for segment in segments {
            let (path, rows) = segment?;
            catalogue.push(path, rows)?;
        }
        Ok(catalogue)
    }

    /// Takes the catalogue apart.
    pub(super) fn into_rows(self) -> impl Iterator<Item = (PathBuf, Rows)> {
        self.parts.into_iter().map(|part| (part.path, part.rows))
    }

    /// Returns a catalogue of entries, which rise, that no disk holds: of `segments` segments, by the
    /// path that is to be named if one cannot be read.
    pub(super) fn in_memory(
        entries: &[Entry],
        segments: usize,
        path: &Path,
    ) -> Result<Self, EngineError> {
        let rows = |segment: usize| {
            let own: Vec<Entry> =
                entries.iter().filter(|it| it.segment as usize == segment).cloned().collect();
            let rows = Rows::encode(&own).map(CheckedFile::in_memory).and_then(Rows::open);
            Ok((path.to_owned(), rows.map_err(EngineError::io("read", path))?))
        };
        Self::of((0..segments).map(rows), Changes::default())
    }

    fn push(&mut self, path: PathBuf, rows: Rows) -> Result<(), EngineError> {
        let mut part = Part { path, rows, begin: self.places(), first: 0 };
        let before = self.parts.iter().rfind(|part| part.rows.len() > 0);
        let last = before.map(|it| it.rows.span(it.rows.len() - 1).map_err(it.failed()));
        let end = last.transpose()?.map_or(0, |last| last.first + 1);
        part.first = match part.rows.len() {
            0 => end,
            _ => part.rows.span(0).map_err(part.failed())?.first,
        };
        if part.first < end {
            let detail = format!("its first passage, {}, is in segments before it", part.first);
            return Err(EngineError::corrupt(&part.path, detail));
        }
        self.parts.push(part);
        Ok(())
    }

    /// Returns how many places there are, those of documents that are gone counted.
    pub(crate) fn places(&self) -> usize {
        self.parts.last().map_or(0, |part| part.begin + part.rows.len())
    }

    /// Returns the place of the document that a passage belongs to.
    pub(crate) fn document_of(&self, passage: PassageId) -> Result<Option<usize>, EngineError> {
        let Some(part) = self.part_around(passage.0).map(|at| &self.parts[at]) else {
            return Ok(None);
        };
        let row = part.rows.of_passage(passage).map_err(part.failed())?;
        self.live(part, row)
    }

    /// Returns the place of the document of an id.
    pub(crate) fn place_of(&self, id: &str) -> Result<Option<usize>, EngineError> {
        // Newer segments first: there may be a dead row of the same id in older ones.
        for part in self.parts.iter().rev() {
            let row = part.rows.of_id(id).map_err(part.failed())?;
            if let Some(place) = self.live(part, row)? {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    /// Returns the place of a row, if there is one and its document is not gone.
    fn live(&self, part: &Part, row: Option<usize>) -> Result<Option<usize>, EngineError> {
        let Some(row) = row else { return Ok(None) };
        if !self.changes.0.is_empty() {
            let span = part.rows.span(row).map_err(part.failed())?;
            if self.changes.is_gone(span.first) {
                return Ok(None);
            }
        }
        Ok(Some(part.begin + row))
    }

    /// Returns the document at a place that one has.
    ///
    /// # Errors
    ///
    /// [`EngineError::Corrupt`] if its row is damaged, as for every call here.
    pub(crate) fn entry(&self, place: usize) -> Result<Entry, EngineError> {
        let (segment, part) = self.part_of(place);
        let entry = part.rows.entry(place - part.begin, segment).map_err(part.failed())?;
        Ok(self.changes.applied(entry))
    }

    /// Returns the document at a place, for whoever reads a few all over the catalogue: their pages do not become a
    /// part of the process.
    pub(crate) fn entry_alone(&self, place: usize) -> Result<Entry, EngineError> {
        let (segment, part) = self.part_of(place);
        let entry = part.rows.entry_alone(place - part.begin, segment).map_err(part.failed())?;
        Ok(self.changes.applied(entry))
    }

    /// Returns the passages of the document at a place.
    pub(crate) fn span(&self, place: usize) -> Result<Span, EngineError> {
        let (_, part) = self.part_of(place);
        part.rows.span(place - part.begin).map_err(part.failed())
    }

    /// Says whether the document at a place is gone.
    pub(crate) fn is_gone(&self, place: usize) -> Result<bool, EngineError> {
        Ok(!self.changes.0.is_empty() && self.changes.is_gone(self.span(place)?.first))
    }

    /// Returns the id of the document at a place.
    pub(crate) fn id(&self, place: usize) -> Result<&str, EngineError> {
        let (_, part) = self.part_of(place);
        part.rows.id(place - part.begin).map_err(part.failed())
    }

    fn part_of(&self, place: usize) -> (u32, &Part) {
        // Of parts without rows that begin where another does, the last one has the place.
        let after = self.parts.partition_point(|part| part.begin <= place);
        let at = after.saturating_sub(1);
        (at as u32, &self.parts[at])
    }

    /// Walks the live documents by place.
    pub(crate) fn spans(&self) -> impl Iterator<Item = Result<(usize, Span), EngineError>> + '_ {
        (0..self.places())
            .map(|place| Ok((place, self.span(place)?)))
            .filter(|span| !matches!(span, Ok((_, span)) if self.changes.is_gone(span.first)))
    }

    /// Walks the live documents by place, each in full.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Result<(usize, Entry), EngineError>> + '_ {
        self.spans().map(|span| {
            let (place, _) = span?;
            Ok((place, self.entry(place)?))
        })
    }

    /// Takes what was read out of the process: for whoever has walked all documents and searches on.
    pub(crate) fn let_go(&self) {
        self.parts.iter().for_each(|part| part.rows.let_go());
    }

    /// Counts the documents of each segment.
    pub(super) fn counts(&self) -> Vec<Counts> {
        let of = |part: &Part| Counts { live: part.rows.len(), moved: 0 };
        let mut counts: Vec<Counts> = self.parts.iter().map(of).collect();
        for (&first, change) in &self.changes.0 {
            let Some(counts) = self.part_around(first).map(|at| &mut counts[at]) else { continue };
            match change {
                Change::Gone => counts.live = counts.live.saturating_sub(1),
                Change::Moved { .. } => counts.moved += 1,
            }
        }
        counts
    }

    /// Returns the changes of documents of other parts than these.
    pub(super) fn changes_beside(&self, parts: &[usize]) -> Changes {
        let is_beside = |first| self.part_around(first).is_some_and(|at| !parts.contains(&at));
        Changes(
            self.changes.0.iter().filter(|it| is_beside(*it.0)).map(|(&a, &b)| (a, b)).collect(),
        )
    }

    /// Returns the part among whose passages one is, as far as the first of each part tells.
    fn part_around(&self, passage: u64) -> Option<usize> {
        let after = self.parts.partition_point(|part| part.first <= passage);
        self.parts[..after].iter().rposition(|part| part.rows.len() > 0)
    }

    /// Returns the live documents of some segments, by rising passage id.
    pub(super) fn entries_of(
        &self,
        segments: std::ops::Range<usize>,
    ) -> Result<Vec<Entry>, EngineError> {
        let mut entries = Vec::new();
        for (at, part) in self.parts.iter().enumerate().take(segments.end).skip(segments.start) {
            for row in 0..part.rows.len() {
                let span = part.rows.span(row).map_err(part.failed())?;
                if !self.changes.is_gone(span.first) {
                    let entry = part.rows.entry(row, at as u32).map_err(part.failed())?;
                    entries.push(self.changes.applied(entry));
                }
            }
        }
        Ok(entries)
    }

    /// Notes that the document at a place is gone.
    pub(super) fn remove(&mut self, first: u64) {
        self.changes.0.insert(first, Change::Gone);
    }

    /// Notes that a document has another owner, line or stamp.
    pub(super) fn move_to(
        &mut self,
        first: u64,
        root: u32,
        line: Option<u64>,
        stamp: Option<FileStamp>,
    ) {
        self.changes.0.insert(first, Change::Moved { root, line, stamp });
    }
}

/// How many documents of a segment there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    /// Those that are not gone.
    pub(super) live: usize,
    /// Those of them that moved.
    pub(super) moved: usize,
}

#[cfg(test)]
pub(crate) mod tests {
    use trommel_core::Metadata;

    use super::*;

    pub(crate) fn entry(id: &str, first: u64, passages: u32) -> Entry {
        Entry {
            first,
            passages,
            id: id.into(),
            hash: [1; 32],
            root: 0,
            path: id.into(),
            line: Some(3),
            metadata: Metadata::from([("lang".into(), "en".into())]),
            segment: 0,
            offset: 8,
            length: 10,
            stamp: Some(FileStamp { bytes: 70, modified: -5 }),
            record: [2; 32],
        }
    }

    /// Returns a catalogue of one segment.
    pub(crate) fn catalogue(entries: &[Entry]) -> Catalogue {
        Catalogue::in_memory(entries, 1, Path::new("00000001.cat")).unwrap()
    }

    /// Returns a catalogue of three segments, the second of which has no row.
    fn of_three() -> Catalogue {
        let in_segment = |entry: Entry, segment| Entry { segment, ..entry };
        let entries = [
            entry("a", 2, 3),
            entry("b", 7, 2),
            in_segment(entry("c", 9, 1), 2),
            in_segment(entry("a", 10, 2), 2),
        ];
        Catalogue::in_memory(&entries, 3, Path::new("00000001.cat")).unwrap()
    }

    #[test]
    fn finds_the_document_of_a_passage() {
        let mut catalogue = of_three();
        let owners = |catalogue: &Catalogue| {
            [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12]
                .map(|id| catalogue.document_of(PassageId(id)).unwrap())
        };
        let [a, b, c, d] = [0, 1, 2, 3].map(Some);
        assert_eq!(owners(&catalogue), [None, a, a, None, None, b, b, c, d, d, None]);
        catalogue.remove(9);
        assert_eq!(owners(&catalogue), [None, a, a, None, None, b, b, None, d, d, None]);
    }

    #[test]
    fn the_newest_document_of_an_id_that_is_not_gone_is_found() {
        let mut catalogue = of_three();
        let places =
            |catalogue: &Catalogue| ["a", "b", "c", "d"].map(|id| catalogue.place_of(id).unwrap());
        assert_eq!(places(&catalogue), [Some(3), Some(1), Some(2), None]);
        catalogue.remove(10);
        assert_eq!(places(&catalogue), [Some(0), Some(1), Some(2), None]);
        catalogue.remove(2);
        assert_eq!(places(&catalogue), [None, Some(1), Some(2), None]);
    }

    #[test]
    fn what_is_gone_is_left_out_and_what_moved_is_where_it_is_now() {
        let mut catalogue = of_three();
        catalogue.remove(2);
        catalogue.move_to(9, 4, None, None);
        let ids: Vec<(usize, String, u32, u32)> = catalogue
            .entries()
            .map(|it| it.map(|(place, entry)| (place, entry.id, entry.root, entry.segment)))
            .collect::<Result<_, _>>()
            .unwrap();
        let expected = [(1, "b", 0, 0), (2, "c", 4, 2), (3, "a", 0, 2)];
        assert_eq!(ids, expected.map(|(place, id, root, at)| (place, id.to_owned(), root, at)));
        let counts = |live, moved| Counts { live, moved };
        assert_eq!(catalogue.counts(), [counts(1, 0), counts(0, 0), counts(2, 1)]);
        assert_eq!(catalogue.changes_beside(&[0, 1]).0.len(), 1);
        assert_eq!(catalogue.entries_of(0..2).unwrap().len(), 1);
        let again = Changes::decode(&catalogue.changes.encode().unwrap()).unwrap();
        assert_eq!(again, catalogue.changes);
    }

    #[test]
    fn segments_whose_passages_do_not_rise_are_damage() {
        let in_segment = |entry: Entry, segment| Entry { segment, ..entry };
        let entries = [in_segment(entry("a", 2, 3), 1), entry("b", 7, 2)];
        let mixed = Catalogue::in_memory(&entries, 2, Path::new("00000001.cat"));
        assert!(matches!(mixed, Err(EngineError::Corrupt { .. })));
    }
}
