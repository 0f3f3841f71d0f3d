//! Reading documents of one generation.

use std::collections::BTreeMap;
use std::path::Path;

use super::changes::Changes;
use super::rows::Rows;
use super::segment::SegmentReader;
use super::{Catalogue, DocumentState, Entry, StoredDocument, older};
use crate::EngineError;
use crate::collection::{DOCUMENTS, FileRecord, checked_file, verified_bytes};

/// The documents of one generation.
#[derive(Debug)]
pub(crate) struct DocumentStore {
    catalogue: Catalogue,
    segments: Vec<SegmentReader>,
}

impl DocumentStore {
    /// Opens the documents of a collection at a state. Each record and each block of a catalogue is
    /// verified when it is read.
    pub(crate) fn open(
        folder: &Path,
        state: &DocumentState,
        files: &BTreeMap<String, FileRecord>,
    ) -> Result<Self, EngineError> {
        let open = |file: &str| SegmentReader::open(&folder.join(DOCUMENTS).join(file));
        let segments: Vec<SegmentReader> =
            state.segments.iter().map(|it| open(&it.file)).collect::<Result<_, _>>()?;
        let catalogue = open_catalogue(folder, state, files)?;
        Ok(Self { catalogue, segments })
    }

    pub(crate) fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Reads the document of a catalogue entry.
    pub(crate) fn document(&self, entry: &Entry) -> Result<StoredDocument, EngineError> {
        self.segments[entry.segment as usize].document(entry)
    }
}

/// Opens the catalogue of a collection at a state, of whatever format.
pub(crate) fn open_catalogue(
    folder: &Path,
    state: &DocumentState,
    files: &BTreeMap<String, FileRecord>,
) -> Result<Catalogue, EngineError> {
    if let Some(file) = &state.catalogue {
        return open_older(folder, file, state.segments.len(), files);
    }
    let changes = match &state.changes {
        None => Changes::default(),
        Some(file) => {
            let name = format!("{DOCUMENTS}/{file}");
            let bytes = verified_bytes(folder, &name, files)?;
            Changes::decode(&bytes).map_err(EngineError::io("read", &folder.join(&name)))?
        }
    };
    let rows = state.segments.iter().map(|segment| {
        let lacks = || {
            let detail = format!("it names no catalogue of {}", segment.file);
            EngineError::corrupt(&folder.join(crate::collection::MANIFEST), detail)
        };
        let name = format!("{DOCUMENTS}/{}", segment.catalogue.as_ref().ok_or_else(lacks)?);
        let path = folder.join(&name);
        let rows = Rows::open(checked_file(folder, &name, files)?);
        let rows = rows.map_err(EngineError::io("read", &path))?;
        Ok((path, rows))
    });
    Catalogue::of(rows, changes)
}

fn open_older(
    folder: &Path,
    file: &str,
    segments: usize,
    files: &BTreeMap<String, FileRecord>,
) -> Result<Catalogue, EngineError> {
    let name = format!("{DOCUMENTS}/{file}");
    let path = folder.join(&name);
    let bytes = verified_bytes(folder, &name, files)?;
    let entries = older::decode(&bytes).map_err(|detail| EngineError::corrupt(&path, detail))?;
    if let Some(entry) = entries.iter().find(|entry| entry.segment as usize >= segments) {
        let detail = format!("document {:?} lies in segment {}", entry.id, entry.segment);
        return Err(EngineError::corrupt(&path, detail));
    }
    Catalogue::in_memory(&entries, segments, &path)
}
