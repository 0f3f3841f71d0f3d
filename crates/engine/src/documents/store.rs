//! Reading documents of one generation.

use std::path::Path;

use super::segment::{Place, SegmentReader};
use super::{Catalogue, DocumentState, Entry, StoredDocument};
use crate::EngineError;

/// The documents of one generation.
#[derive(Debug)]
pub(crate) struct DocumentStore {
    catalogue: Catalogue,
    segments: Vec<SegmentReader>,
}

impl DocumentStore {
    /// Opens the files that `state` names; the catalogue must have been verified, and the segments
    /// too if it is of format 1: see [`DocumentStore::verifies_itself`].
    pub(crate) fn open(folder: &Path, state: &DocumentState) -> Result<Self, EngineError> {
        let path = folder.join(&state.catalogue);
        let catalogue = Catalogue::read(&path)?;
        let segments = state
            .segments
            .iter()
            .map(|segment| SegmentReader::open(&folder.join(&segment.file)))
            .collect::<Result<Vec<_>, _>>()?;
        let passages: u64 = catalogue.entries().iter().map(|e| u64::from(e.passages)).sum();
        if catalogue.entries().len() as u64 != state.documents || passages != state.passages {
            let detail = format!(
                "expected {} documents with {} passages, got {} with {passages}",
                state.documents,
                state.passages,
                catalogue.entries().len(),
            );
            return Err(EngineError::corrupt(&path, detail));
        }
        if let Some(entry) =
            catalogue.entries().iter().find(|e| e.segment as usize >= segments.len())
        {
            let detail = format!("document {:?} lies in segment {}", entry.id, entry.segment);
            return Err(EngineError::corrupt(&path, detail));
        }
        Ok(Self { catalogue, segments })
    }

    pub(crate) fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Says whether every record has a hash in the catalogue, so that it is verified when it is
    /// read.
    pub(crate) fn verifies_itself(&self) -> bool {
        self.catalogue.entries().iter().all(|entry| entry.record.is_some())
    }

    /// Reads the document of a catalogue entry.
    pub(crate) fn document(&self, entry: &Entry) -> Result<StoredDocument, EngineError> {
        self.segments[entry.segment as usize].document(place(entry), entry.record)
    }
}

pub(crate) fn place(entry: &Entry) -> Place {
    Place { offset: entry.offset, length: entry.length }
}
