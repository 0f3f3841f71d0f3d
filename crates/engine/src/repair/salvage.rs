//! Finding the documents that can still be read.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use trommel_core::Origin;
use trommel_ingest::content_hash;

use crate::EngineError;
use crate::collection::{DOCUMENTS, Layout, Manifest, Root, RootKind, own_files};
use crate::documents::{
    DocumentSegment, DocumentState, Entry, LooseCatalogue, SegmentReader, StoredDocument,
    apply_loose_changes, open_catalogue,
};

/// How every record of a segment begins; inside a JSON string its quotes would be escaped.
const RECORD: &[u8] = b"{\"document\":{\"id\":";

/// Documents that were read, each whole, and where they lie.
pub(super) struct Salvaged {
    /// The documents by rising passage id.
    pub(super) entries: Vec<Entry>,
    /// The segments that the entries speak of; all can be opened.
    pub(super) segments: Vec<DocumentSegment>,
    /// The roots that the entries speak of.
    pub(super) roots: Vec<Root>,
    /// Whether these are all documents of the manifest, in whole files.
    pub(super) are_whole: bool,
    readers: Vec<SegmentReader>,
}

impl Salvaged {
    /// Reads a document.
    pub(super) fn read(&self, entry: &Entry) -> Result<StoredDocument, EngineError> {
        self.readers[entry.segment as usize].document(entry)
    }
}

/// Returns the documents that can be read, and the ids of those that the catalogue names and that
/// cannot.
///
/// Without a readable catalogue, every record in the segments is taken, the last of each id: a
/// document that was removed may come back, none is lost.
pub(super) fn documents(
    folder: &Path,
    manifest: Option<&Manifest>,
) -> Result<(Salvaged, Vec<String>), EngineError> {
    let layout = Layout::new(folder);
    let all = Segments::open(&layout.documents(), &segment_files(folder, manifest)?);
    let listed = match manifest {
        Some(manifest) => listed(folder, manifest)?,
        None => all.loosely_listed(
            &layout.documents(),
            &files_of_kind(folder, ".cat")?,
            &files_of_kind(folder, ".changes")?,
        ),
    };
    let mut lost = Vec::new();
    let entries = match listed {
        None => all.last_of_each(),
        Some(listed) => {
            let (mut found, missing): (Vec<Entry>, Vec<Entry>) =
                listed.into_iter().partition(|entry| all.has(entry));
            // A record may lie elsewhere than a catalogue says that goes with other segments.
            let scanned = if missing.is_empty() { Vec::new() } else { all.records() };
            let mut elsewhere: HashMap<(String, [u8; 32]), Entry> =
                scanned.into_iter().map(|it| ((it.id.clone(), it.hash), it)).collect();
            for entry in missing {
                match elsewhere.remove(&(entry.id.clone(), entry.hash)) {
                    Some(there) if there.passages == entry.passages => {
                        let Entry { segment, offset, length, record, .. } = there;
                        found.push(Entry { segment, offset, length, record, ..entry });
                    }
                    _ => lost.push(entry.id),
                }
            }
            found.sort_by_key(|entry| entry.first);
            found
        }
    };
    let whole = manifest.is_some_and(|manifest| {
        lost.is_empty()
            && entries.len() as u64 == manifest.documents.documents
            && crate::collection::verify_files(folder, &manifest.files, &[DOCUMENTS]).is_ok()
    });
    let mut salvaged = all.into_salvaged(entries, whole);
    match manifest {
        Some(manifest) => salvaged.roots.clone_from(&manifest.roots),
        None => salvaged.take_roots_from_documents()?,
    }
    Ok((salvaged, lost))
}

/// Returns the names of the segments, oldest first.
fn segment_files(folder: &Path, manifest: Option<&Manifest>) -> Result<Vec<String>, EngineError> {
    if let Some(manifest) = manifest {
        return Ok(manifest.documents.segments.iter().map(|it| it.file.clone()).collect());
    }
    files_of_kind(folder, ".doc")
}

fn files_of_kind(folder: &Path, kind: &str) -> Result<Vec<String>, EngineError> {
    let own = own_files(folder)?;
    let ours = own.iter().filter_map(|name| name.strip_prefix("documents/"));
    Ok(ours.filter(|name| name.ends_with(kind)).map(ToOwned::to_owned).collect())
}

/// Returns the live documents as the catalogue lists them, if it can be read; where the list of changes
/// cannot, documents that were removed are among them.
fn listed(folder: &Path, manifest: &Manifest) -> Result<Option<Vec<Entry>>, EngineError> {
    let Manifest { documents, files, .. } = manifest;
    let without_changes = DocumentState { changes: None, ..documents.clone() };
    for state in [documents, &without_changes] {
        let read = || -> Result<Vec<Entry>, EngineError> {
            let catalogue = open_catalogue(folder, state, files)?;
            catalogue.entries().map(|entry| Ok(entry?.1)).collect()
        };
        match read() {
            Ok(entries) => return Ok(Some(entries)),
            Err(error) => drop(error.damage()?),
        }
    }
    Ok(None)
}

/// The segments that a catalogue may speak of.
struct Segments {
    /// By their place in the list; `None` if the file cannot be opened.
    readers: Vec<Option<SegmentReader>>,
    files: Vec<String>,
    folder: std::path::PathBuf,
}

impl Segments {
    fn open(folder: &Path, files: &[String]) -> Self {
        let readers = files.iter().map(|file| SegmentReader::open(&folder.join(file)).ok());
        Self { readers: readers.collect(), files: files.to_vec(), folder: folder.to_owned() }
    }

    /// Says whether the record of an entry is where it should be, and what it should be.
    fn has(&self, entry: &Entry) -> bool {
        let reader = self.readers.get(entry.segment as usize).and_then(Option::as_ref);
        let stored = reader.and_then(|reader| reader.document(entry).ok());
        stored.is_some_and(|stored| {
            stored.document.id == entry.id
                && stored.document.hash.0 == entry.hash
                && stored.passages.len() == entry.passages as usize
                && is_whole(&stored)
        })
    }

    /// Returns the live documents as files of a catalogue say that no manifest puts in order, oldest first;
    /// nothing if one of the segments has none.
    ///
    /// A row belongs to the segment that has its record. Of several lists of changes the newest counts.
    fn loosely_listed(
        &self,
        folder: &Path,
        catalogues: &[String],
        changes: &[String],
    ) -> Option<Vec<Entry>> {
        let mut of_segments: Vec<Option<Vec<Entry>>> = vec![None; self.files.len()];
        for name in catalogues.iter().rev() {
            let read = fs::read(folder.join(name)).ok().and_then(LooseCatalogue::read);
            let mut entries = match read {
                None => continue,
                Some(LooseCatalogue::OfAll(entries)) => return Some(entries),
                Some(LooseCatalogue::OfSegment(entries)) => entries,
            };
            let Some(segment) = self.segment_of(name, &entries) else { continue };
            entries.iter_mut().for_each(|entry| entry.segment = segment as u32);
            of_segments[segment].get_or_insert(entries);
        }
        // Passages of segments that belong together do not overlap: an older one that does was merged into
        // the newer, and is still there.
        let mut spans: Vec<(u64, u64)> = Vec::new();
        let mut entries = Vec::new();
        for own in of_segments.into_iter().collect::<Option<Vec<_>>>()?.into_iter().rev() {
            let (Some(first), Some(last)) = (own.first(), own.last()) else { continue };
            let span = (first.first, last.first);
            if spans.iter().all(|other| span.1 < other.0 || other.1 < span.0) {
                spans.push(span);
                entries.extend(own);
            }
        }
        for name in changes.iter().rev() {
            let bytes = fs::read(folder.join(name)).unwrap_or_default();
            if apply_loose_changes(&bytes, &mut entries) {
                break;
            }
        }
        // Of a document that was replaced the last one counts.
        entries.sort_by_key(|entry| Reverse(entry.first));
        let mut ids = HashSet::new();
        entries.retain(|entry| ids.insert(entry.id.clone()));
        entries.reverse();
        Some(entries)
    }

    /// Returns the segment whose documents a file of rows lists: the one of its name, unless the records
    /// are those of another one.
    fn segment_of(&self, name: &str, entries: &[Entry]) -> Option<usize> {
        let is_named_so =
            |file: &&String| file.trim_end_matches(".doc") == name.trim_end_matches(".cat");
        let named = self.files.iter().position(|file| is_named_so(&file));
        let has_some = |segment: &usize| {
            let there =
                |entry: &Entry| self.has(&Entry { segment: *segment as u32, ..entry.clone() });
            entries.iter().any(there)
        };
        named.or_else(|| (0..self.files.len()).find(has_some))
    }

    /// Returns every whole record, oldest first; passage ids are not known.
    fn records(&self) -> Vec<Entry> {
        let mut found = Vec::new();
        for (segment, file) in self.files.iter().enumerate() {
            if let Ok(bytes) = fs::read(self.folder.join(file)) {
                found.extend(records(&bytes, segment as u32));
            }
        }
        found
    }

    /// Returns the last whole record of each id, under new passage ids.
    fn last_of_each(&self) -> Vec<Entry> {
        let mut found = self.records();
        let mut seen = HashSet::new();
        found.reverse();
        found.retain(|entry| seen.insert(entry.id.clone()));
        found.reverse();
        let mut next = 0;
        for entry in &mut found {
            entry.first = next;
            next += u64::from(entry.passages);
        }
        found
    }

    fn into_salvaged(self, mut entries: Vec<Entry>, are_whole: bool) -> Salvaged {
        let mut places = Vec::new();
        let (mut segments, mut readers) = (Vec::new(), Vec::new());
        for (file, reader) in self.files.into_iter().zip(self.readers) {
            places.push(segments.len() as u32);
            if let Some(reader) = reader {
                readers.push(reader);
                segments.push(DocumentSegment { file, documents: 0, catalogue: None });
            }
        }
        for entry in &mut entries {
            entry.segment = places[entry.segment as usize];
            segments[entry.segment as usize].documents += 1;
        }
        Salvaged { entries, segments, roots: Vec::new(), are_whole, readers }
    }
}

impl Salvaged {
    /// Finds the roots that the documents were read under, where no manifest lists them.
    fn take_roots_from_documents(&mut self) -> Result<(), EngineError> {
        let mut roots: Vec<Root> = Vec::new();
        for place in 0..self.entries.len() {
            let origin = self.read(&self.entries[place])?.document.origin;
            let known = roots.iter().position(|root| root.path == origin.root);
            let root = known.unwrap_or_else(|| {
                let kind = match (origin.root.as_str(), origin.path.as_str()) {
                    (Origin::STDIN, _) => RootKind::Stdin,
                    (Origin::MEMORY, _) => RootKind::Memory,
                    (_, "") => RootKind::File,
                    _ => RootKind::Folder,
                };
                let number = roots.len() as u32;
                roots.push(Root { number, ..Root::new(origin.root.clone(), kind) });
                roots.len() - 1
            });
            self.entries[place].root = root as u32;
        }
        self.roots = roots;
        Ok(())
    }
}

/// Returns every whole record of a segment's bytes; what is damaged is passed over.
fn records(bytes: &[u8], segment: u32) -> Vec<Entry> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = find(&bytes[from..], RECORD) {
        let start = from + at;
        let mut stream =
            serde_json::Deserializer::from_slice(&bytes[start..]).into_iter::<StoredDocument>();
        let next = stream.next();
        let length = stream.byte_offset();
        match next {
            Some(Ok(stored)) if is_whole(&stored) => {
                let record = *blake3::hash(&bytes[start..start + length]).as_bytes();
                found.extend(entry(stored, record, (segment, start, length)));
                from = start + length;
            }
            _ => from = start + RECORD.len(),
        }
    }
    found
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn is_whole(stored: &StoredDocument) -> bool {
    let document = &stored.document;
    let hash = content_hash(document);
    let inside =
        |passage: &trommel_core::Passage| document.text.get(passage.bytes.clone()).is_some();
    hash == document.hash && !document.id.is_empty() && stored.passages.iter().all(inside)
}

/// Returns what a catalogue says of a record, but for its passage ids and its root.
fn entry(
    stored: StoredDocument,
    record: [u8; 32],
    (segment, offset, length): (u32, usize, usize),
) -> Option<Entry> {
    let document = stored.document;
    Some(Entry {
        first: 0,
        passages: u32::try_from(stored.passages.len()).ok().filter(|&passages| passages > 0)?,
        hash: document.hash.0,
        id: document.id,
        root: 0,
        path: document.origin.path,
        line: document.origin.line,
        metadata: document.metadata,
        segment,
        offset: offset as u64,
        length: u32::try_from(length).ok()?,
        stamp: None,
        record,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_behind_a_damaged_one_are_found() {
        let record = |id: &str, text: &str| {
            let document = trommel_core::Document {
                origin: trommel_core::Origin { root: "-".into(), path: "".into(), line: Some(1) },
                ..trommel_core::Document::new(id, text)
            };
            let hash = content_hash(&document);
            let document = trommel_core::Document { hash, ..document };
            let passage = trommel_core::Passage {
                bytes: 0..text.len(),
                lines: trommel_core::Lines { first: 1, last: 1 },
                headings: Vec::new(),
                location: None,
            };
            serde_json::to_vec(&StoredDocument { document, passages: vec![passage] }).unwrap()
        };
        let [a, b, c] = [record("a", "one"), record("b", "{\"document\":"), record("c", "three")];
        let mut bytes = [b"TRMLDOC1", &a[..], &b, &c].concat();
        let ids = |bytes: &[u8]| -> Vec<(String, u64)> {
            records(bytes, 0).into_iter().map(|entry| (entry.id, entry.offset)).collect()
        };
        let third = (8 + a.len() + b.len()) as u64;
        let all = [("a".into(), 8), ("b".into(), 8 + a.len() as u64), ("c".into(), third)];
        assert_eq!(ids(&bytes), all);
        let damaged = 8 + a.len() + b.len() / 2;
        bytes[damaged] ^= 0xff;
        assert_eq!(ids(&bytes), [all[0].clone(), all[2].clone()]);
    }
}
