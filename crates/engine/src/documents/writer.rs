//! Writing the next generation of the document store.

use std::collections::BTreeMap;
use std::io;

use trommel_core::disk::Folder;

use trommel_core::FileStamp;

use super::segment::{Place, SegmentReader, SegmentWriter};
use super::{Catalogue, DocumentSegment, DocumentState, Entry, StoredDocument};
use crate::EngineError;

/// A segment is merged with the one before it while that one is at most this many times larger,
/// so that the number of segments stays logarithmic.
const MERGE_FACTOR: u64 = 2;

/// The segment that is being written, as a place in the list.
const PENDING: u32 = u32::MAX;

/// Collects changes and writes them as files that no older generation has.
pub(crate) struct DocumentWriter {
    folder: Folder,
    segments: Vec<DocumentSegment>,
    entries: BTreeMap<String, Entry>,
    pending: Vec<Vec<u8>>,
}

impl DocumentWriter {
    /// Begins an empty store.
    pub(crate) fn create(folder: &Folder) -> Self {
        Self {
            folder: folder.clone(),
            segments: Vec::new(),
            entries: BTreeMap::new(),
            pending: Vec::new(),
        }
    }

    /// Goes on from a generation whose files were verified.
    pub(crate) fn open(folder: &Folder, state: &DocumentState) -> Result<Self, EngineError> {
        let catalogue = Catalogue::read(&folder.join(&state.catalogue))?;
        let entries = catalogue.entries().iter().map(|e| (e.id.clone(), e.clone())).collect();
        Ok(Self { segments: state.segments.clone(), entries, ..Self::create(folder) })
    }

    /// Begins a store of documents that lie in segments which are damaged or belong to no
    /// generation, to be written anew by [`DocumentWriter::rewrite`].
    pub(crate) fn salvaging(
        folder: &Folder,
        segments: Vec<DocumentSegment>,
        entries: Vec<Entry>,
    ) -> Self {
        let entries = entries.into_iter().map(|entry| (entry.id.clone(), entry)).collect();
        Self { segments, entries, ..Self::create(folder) }
    }

    pub(crate) fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.get(id)
    }

    /// Walks the live documents by id.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// Gives a document another owner, line or stamp, its content and path being the same; returns
    /// whether it is there.
    pub(crate) fn move_to(
        &mut self,
        id: &str,
        root: u32,
        line: Option<u64>,
        stamp: Option<FileStamp>,
    ) -> bool {
        let Some(entry) = self.entries.get_mut(id) else { return false };
        (entry.root, entry.line, entry.stamp) = (root, line, stamp);
        true
    }

    /// Closes the gap in the numbers of roots that a root leaves; no document may belong to it.
    pub(crate) fn forget_root(&mut self, place: u32) {
        for entry in self.entries.values_mut().filter(|entry| entry.root > place) {
            entry.root -= 1;
        }
    }

    /// Removes a document.
    pub(crate) fn remove(&mut self, id: &str) -> Option<Entry> {
        self.entries.remove(id)
    }

    /// Adds or replaces a document whose passages begin at `first`, with its root and the stamp of
    /// its file.
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
            segment: PENDING,
            offset: self.pending.len() as u64,
            length: 0,
            stamp,
            record: *blake3::hash(&record).as_bytes(),
        };
        self.entries.insert(document.id.clone(), entry);
        self.pending.push(record);
        Ok(())
    }

    /// Writes all changes as generation `generation` and syncs the files, not their folder.
    pub(crate) fn commit(&mut self, generation: u64) -> Result<DocumentState, EngineError> {
        let keep = self.segments_to_keep();
        let merged = self.segments.len() > keep;
        if merged || !self.pending.is_empty() {
            self.write_segment(keep, &format!("{generation:08}.doc"))?;
        }
        self.write_catalogue(generation)
    }

    /// Writes all documents to one new segment, and syncs the files, not their folder.
    pub(crate) fn rewrite(&mut self, generation: u64) -> Result<DocumentState, EngineError> {
        self.write_segment(0, &format!("{generation:08}.doc"))?;
        self.write_catalogue(generation)
    }

    fn write_catalogue(&self, generation: u64) -> Result<DocumentState, EngineError> {
        let catalogue = Catalogue::new(self.entries.values().cloned().collect());
        let file = format!("{generation:08}.cat");
        catalogue.write(&self.folder, &file)?;
        Ok(DocumentState {
            segments: self.segments.clone(),
            catalogue: file,
            documents: catalogue.entries().len() as u64,
            passages: catalogue.entries().iter().map(|e| u64::from(e.passages)).sum(),
        })
    }

    /// Returns how many of the oldest segments stay as they are: none when a quarter of all
    /// documents is dead, else all that are much larger than what comes after them.
    fn segments_to_keep(&self) -> usize {
        let written: u64 = self.segments.iter().map(|segment| segment.documents).sum();
        let alive = self.entries.values().filter(|entry| entry.segment != PENDING).count() as u64;
        if (written - alive) * 4 >= written.max(1) {
            return 0;
        }
        let mut keep = self.segments.len();
        let mut tail = self.pending.len() as u64;
        while keep > 0 && tail > 0 && self.segments[keep - 1].documents <= MERGE_FACTOR * tail {
            keep -= 1;
            tail += self.segments[keep].documents;
        }
        keep
    }

    fn write_segment(&mut self, keep: usize, file: &str) -> Result<(), EngineError> {
        let old = self.segments[keep..]
            .iter()
            .map(|segment| SegmentReader::open(&self.folder.join(&segment.file)))
            .collect::<Result<Vec<_>, _>>()?;
        let mut writer = SegmentWriter::create(&self.folder, file)?;
        let mut documents = 0;
        let mut order: Vec<&mut Entry> =
            self.entries.values_mut().filter(|entry| entry.segment as usize >= keep).collect();
        order.sort_by_key(|entry| entry.first);
        for entry in order {
            let copied;
            let record: &[u8] = if entry.segment == PENDING {
                &self.pending[entry.offset as usize]
            } else {
                copied = old[entry.segment as usize - keep].bytes(entry.place())?;
                &copied
            };
            let Place { offset, length } = writer.append(record)?;
            (entry.segment, entry.offset, entry.length) = (keep as u32, offset, length);
            documents += 1;
        }
        writer.finish()?;
        self.pending.clear();
        self.segments.truncate(keep);
        self.segments.push(DocumentSegment { file: file.to_owned(), documents });
        Ok(())
    }
}
