//! Reading documents of one generation.

use std::path::Path;

use super::segment::SegmentReader;
use super::{Catalogue, DocumentState, Entry, StoredDocument};
use crate::EngineError;

/// The documents of one generation.
#[derive(Debug)]
pub(crate) struct DocumentStore {
    catalogue: Catalogue,
    segments: Vec<SegmentReader>,
}

impl DocumentStore {
    /// Opens the files that `state` names; the catalogue must have been verified. It has a hash of
    /// every record, which is verified when it is read.
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

    /// Reads the document of a catalogue entry.
    pub(crate) fn document(&self, entry: &Entry) -> Result<StoredDocument, EngineError> {
        self.segments[entry.segment as usize].document(entry)
    }
}
