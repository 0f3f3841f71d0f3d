//! Writing the next generation of the document store.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

use trommel_core::FileStamp;
use trommel_core::disk::{CheckedFile, Folder};

use super::catalogue::Counts;
use super::entry::Span;
use super::merging::{MOST, Size, runs};
use super::rows::Rows;
use super::segment::{Place, SegmentReader, SegmentWriter};
use super::store::open_catalogue;
use super::{Catalogue, DocumentSegment, DocumentState, Entry, StoredDocument};
use crate::EngineError;
use crate::collection::{DOCUMENTS, FileRecord};

/// One document in so many that moved has the rows of a segment written anew, so that the list of changes
/// stays short beside them.
const MOVED: usize = 8;
/// So few are no reason to.
const FEW: usize = 1_000;

/// Collects changes and writes them as files that no older generation has.
pub(crate) struct DocumentWriter {
    folder: Folder,
    segments: Vec<DocumentSegment>,
    /// The documents of the segments, with all changes.
    catalogue: Catalogue,
    /// The file of the changes, as long as there are no others.
    changes: Option<String>,
    /// Whether the changes are those of the file.
    are_stored: bool,
    /// What no segment holds yet, by id.
    pending: BTreeMap<String, Pending>,
    documents: u64,
    passages: u64,
}

struct Pending {
    entry: Entry,
    record: Vec<u8>,
}

impl DocumentWriter {
    /// Begins an empty store in the documents' folder.
    pub(crate) fn create(folder: &Folder) -> Self {
        Self {
            folder: folder.clone(),
            segments: Vec::new(),
            catalogue: Catalogue::default(),
            changes: None,
            are_stored: true,
            pending: BTreeMap::new(),
            documents: 0,
            passages: 0,
        }
    }

    /// Goes on from a generation of the collection in `folder`.
    pub(crate) fn open(
        folder: &Folder,
        state: &DocumentState,
        files: &BTreeMap<String, FileRecord>,
    ) -> Result<Self, EngineError> {
        Ok(Self {
            segments: state.segments.clone(),
            catalogue: open_catalogue(folder, state, files)?,
            changes: state.changes.clone(),
            documents: state.documents,
            passages: state.passages,
            ..Self::create(&folder.within(DOCUMENTS))
        })
    }

    /// Returns the document of an id, changes since the last commit counted.
    pub(crate) fn entry(&self, id: &str) -> Result<Option<Entry>, EngineError> {
        if let Some(pending) = self.pending.get(id) {
            return Ok(Some(pending.entry.clone()));
        }
        let place = self.catalogue.place_of(id)?;
        place.map(|place| self.catalogue.entry(place)).transpose()
    }

    /// Returns how many documents there are, changes since the last commit counted, as everywhere here.
    pub(crate) fn documents(&self) -> u64 {
        self.documents
    }

    /// Returns how many passages they have.
    pub(crate) fn passages(&self) -> u64 {
        self.passages
    }

    /// Walks the documents.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Result<Entry, EngineError>> {
        let stored = self.catalogue.entries().map(|entry| entry.map(|(_, entry)| entry));
        stored.chain(self.pending.values().map(|pending| Ok(pending.entry.clone())))
    }

    /// Walks the passages of all documents.
    pub(crate) fn spans(&self) -> impl Iterator<Item = Result<Span, EngineError>> {
        let stored = self.catalogue.spans().map(|span| span.map(|(_, span)| span));
        stored.chain(self.pending.values().map(|pending| Ok(pending.entry.span())))
    }

    /// Gives a document another owner, line or stamp, its content and path being the same; returns
    /// whether it is there.
    pub(crate) fn move_to(
        &mut self,
        id: &str,
        root: u32,
        line: Option<u64>,
        stamp: Option<FileStamp>,
    ) -> Result<bool, EngineError> {
        if let Some(Pending { entry, .. }) = self.pending.get_mut(id) {
            (entry.root, entry.line, entry.stamp) = (root, line, stamp);
            return Ok(true);
        }
        let Some(place) = self.catalogue.place_of(id)? else { return Ok(false) };
        let Span { first, .. } = self.catalogue.span(place)?;
        self.catalogue.move_to(first, root, line, stamp);
        self.are_stored = false;
        Ok(true)
    }

    /// Removes a document; returns its passages if it was there.
    pub(crate) fn remove(&mut self, id: &str) -> Result<Option<Span>, EngineError> {
        let span = match self.pending.remove(id) {
            Some(pending) => pending.entry.span(),
            None => {
                let Some(place) = self.catalogue.place_of(id)? else { return Ok(None) };
                let span = self.catalogue.span(place)?;
                self.catalogue.remove(span.first);
                self.are_stored = false;
                span
            }
        };
        self.documents -= 1;
        self.passages -= u64::from(span.passages);
        Ok(Some(span))
    }

    /// Adds a document whose id is not there and whose passages begin at `first`, behind all others,
    /// with its root and the stamp of its file.
    pub(crate) fn insert(
        &mut self,
        stored: &StoredDocument,
        (root, stamp): (u32, Option<FileStamp>),
        first: u64,
    ) -> Result<(), EngineError> {
        let unwritable = |error: Box<dyn std::error::Error + Send + Sync>| {
            EngineError::io("write a document to", &self.folder)(io::Error::other(error))
        };
        let record = serde_json::to_vec(stored).map_err(|error| unwritable(error.into()))?;
        let document = &stored.document;
        let entry = Entry {
            first,
            passages: u32::try_from(stored.passages.len()).map_err(|e| unwritable(e.into()))?,
            id: document.id.clone(),
            hash: document.hash.0,
            root,
            path: document.origin.path.clone(),
            line: document.origin.line,
            metadata: document.metadata.clone(),
            segment: 0,
            offset: 0,
            length: 0,
            stamp,
            record: *blake3::hash(&record).as_bytes(),
        };
        self.documents += 1;
        self.passages += u64::from(entry.passages);
        self.pending.insert(document.id.clone(), Pending { entry, record });
        Ok(())
    }

    /// Writes all changes as generation `generation` and syncs the files, not their folder.
    pub(crate) fn commit(&mut self, generation: u64) -> Result<DocumentState, EngineError> {
        let counts = self.catalogue.counts();
        let mut names = Names { generation, given: 0 };
        let mut next = Next::default();
        let mut at = 0;
        for run in runs(&self.sizes(&counts)) {
            let stored = run.start..run.end.min(self.segments.len());
            self.keep(at..stored.start, &counts, &mut names, &mut next)?;
            at = stored.end;
            let takes_pending = run.end > self.segments.len();
            next.segments.extend(self.merge(stored.clone(), takes_pending, &mut names)?);
            next.written_anew.extend(stored);
        }
        self.keep(at..self.segments.len(), &counts, &mut names, &mut next)?;
        self.adopt(next)?;
        if !self.are_stored {
            self.changes = self.write_changes(generation)?;
            self.are_stored = true;
        }
        Ok(DocumentState {
            segments: self.segments.clone(),
            changes: self.changes.clone(),
            catalogue: None,
            documents: self.documents,
            passages: self.passages,
        })
    }

    /// Returns the sizes of the segments, and of what none holds yet.
    fn sizes(&self, counts: &[Counts]) -> Vec<Size> {
        let stored = self.segments.iter().zip(counts).map(|(segment, counts)| Size {
            live: counts.live,
            // Rows that were written anew leave out what is gone, and the records are still there.
            gone: (segment.documents as usize).saturating_sub(counts.live),
        });
        stored.chain([Size { live: self.pending.len(), gone: 0 }]).collect()
    }

    /// Leaves segments as they are, but for rows of which many have moved.
    fn keep(
        &self,
        segments: Range<usize>,
        counts: &[Counts],
        names: &mut Names,
        next: &mut Next,
    ) -> Result<(), EngineError> {
        for at in segments {
            let mut segment = self.segments[at].clone();
            // Segments of format 5 have no rows of their own yet.
            let lacks_rows = segment.catalogue.is_none();
            if lacks_rows || counts[at].moved > FEW.max(counts[at].live / MOVED) {
                let entries = self.catalogue.entries_of(at..at + 1)?;
                segment.catalogue = Some(write_rows(&self.folder, &names.next(), &entries)?);
                next.written_anew.push(at);
            }
            next.segments.push(segment);
        }
        Ok(())
    }

    /// Writes the documents of some segments, and what none holds yet, to a new one; to none if there
    /// are none.
    fn merge(
        &mut self,
        segments: Range<usize>,
        takes_pending: bool,
        names: &mut Names,
    ) -> Result<Option<DocumentSegment>, EngineError> {
        let open = |it: &DocumentSegment| SegmentReader::open(&self.folder.join(&it.file));
        let old = self.segments[segments.clone()].iter().map(open);
        let old: Vec<SegmentReader> = old.collect::<Result<_, _>>()?;
        let mut entries = self.catalogue.entries_of(segments.clone())?;
        let stored = entries.len();
        let mut pending: Vec<Pending> = match takes_pending {
            true => std::mem::take(&mut self.pending).into_values().collect(),
            false => Vec::new(),
        };
        pending.sort_unstable_by_key(|pending| pending.entry.first);
        entries.extend(pending.iter().map(|pending| pending.entry.clone()));
        write_segment(&self.folder, &names.next(), &mut entries, |at, entry| {
            Ok(match at.checked_sub(stored) {
                Some(at) => Cow::Borrowed(&pending[at].record[..]),
                None => old[entry.segment as usize - segments.start].record(entry)?.into(),
            })
        })
    }

    /// Goes on with the segments of the next generation.
    fn adopt(&mut self, next: Next) -> Result<(), EngineError> {
        if next.segments == self.segments {
            return Ok(());
        }
        let changes = self.catalogue.changes_beside(&next.written_anew);
        self.are_stored &= changes.0.len() == self.catalogue.changes.0.len();
        let before = std::mem::take(&mut self.catalogue);
        let mut before: BTreeMap<PathBuf, Rows> = before.into_rows().collect();
        let rows = next.segments.iter().map(|segment| {
            let path = self.folder.join(segment.catalogue.as_deref().unwrap_or_default());
            // What was just written needs no hash to be believed.
            let open = || CheckedFile::open_verified(&path).and_then(Rows::open);
            let rows = before.remove(&path).map_or_else(open, Ok);
            let rows = rows.map_err(EngineError::io("read", &path))?;
            Ok((path, rows))
        });
        self.catalogue = Catalogue::of(rows, changes)?;
        self.segments = next.segments;
        Ok(())
    }

    fn write_changes(&self, generation: u64) -> Result<Option<String>, EngineError> {
        let changes = &self.catalogue.changes;
        if changes.0.is_empty() {
            return Ok(None);
        }
        let name = format!("{generation:08}.changes");
        let write = || self.folder.write_file(&name, &changes.encode()?);
        write().map_err(EngineError::io("write", &self.folder.join(&name)))?;
        Ok(Some(name))
    }
}

/// The segments of the next generation.
#[derive(Default)]
struct Next {
    segments: Vec<DocumentSegment>,
    /// Which of those before are in new files, rows at least.
    written_anew: Vec<usize>,
}

/// The names of the files of one commit, without what tells their kinds apart.
struct Names {
    generation: u64,
    given: u64,
}

impl Names {
    fn next(&mut self) -> String {
        self.given += 1;
        match self.given {
            1 => format!("{:08}", self.generation),
            given => format!("{:08}.{given}", self.generation),
        }
    }
}

/// Writes documents that lie in segments which are damaged or belong to no generation to new ones, and
/// syncs the files, not their folder. The entries rise.
pub(crate) fn rewrite(
    folder: &Folder,
    segments: &[DocumentSegment],
    mut entries: Vec<Entry>,
    generation: u64,
) -> Result<DocumentState, EngineError> {
    let open = |it: &DocumentSegment| SegmentReader::open(&folder.join(&it.file));
    let old: Vec<SegmentReader> = segments.iter().map(open).collect::<Result<_, _>>()?;
    let passages = entries.iter().map(|entry| u64::from(entry.passages)).sum();
    let documents = entries.len() as u64;
    let mut names = Names { generation, given: 0 };
    let mut written = Vec::new();
    for entries in entries.chunks_mut(MOST) {
        written.extend(write_segment(folder, &names.next(), entries, |_, entry| {
            Ok(old[entry.segment as usize].record(entry)?.into())
        })?);
    }
    let (changes, catalogue) = (None, None);
    Ok(DocumentState { segments: written, changes, catalogue, documents, passages })
}

/// Writes a segment of documents, whose records `record` gives, with its rows; none if there are none.
fn write_segment<'a>(
    folder: &Folder,
    name: &str,
    entries: &mut [Entry],
    record: impl Fn(usize, &Entry) -> Result<Cow<'a, [u8]>, EngineError>,
) -> Result<Option<DocumentSegment>, EngineError> {
    if entries.is_empty() {
        return Ok(None);
    }
    let file = format!("{name}.doc");
    let mut writer = SegmentWriter::create(folder, &file)?;
    for (at, entry) in entries.iter_mut().enumerate() {
        let Place { offset, length } = writer.append(&record(at, entry)?)?;
        (entry.offset, entry.length) = (offset, length);
    }
    writer.finish()?;
    let catalogue = Some(write_rows(folder, name, entries)?);
    Ok(Some(DocumentSegment { file, catalogue, documents: entries.len() as u64 }))
}

/// Writes the rows of a segment; returns the name of their file.
fn write_rows(folder: &Folder, name: &str, entries: &[Entry]) -> Result<String, EngineError> {
    let name = format!("{name}.cat");
    let write = || folder.write_file(&name, &Rows::encode(entries)?);
    write().map_err(EngineError::io("write", &folder.join(&name)))?;
    Ok(name)
}
