//! One generation, opened for reading.

use std::collections::BTreeSet;
use std::path::Path;

use trommel_core::{PassageId, PassageSet};

use crate::graph::Graph;
use crate::row_set::RowSet;
use crate::segment::Segment;
use crate::{
    SegmentState, VectorError, VectorRetriever, VectorSearch, VectorState, tombstones, walk,
};

/// The live vectors of one generation.
///
/// Files are mapped, not read: opening checks headers, lengths, ids and counts, and
/// [`VectorIndex::check`] the rest. A segment that has checksums is verified by them: all but its
/// rows when it is opened, a row when a search first reads it, which then fails. Damage elsewhere is
/// for whoever holds the files' hashes to find; it gives wrong answers here, never a panic.
#[derive(Debug)]
pub struct VectorIndex {
    dimension: usize,
    parts: Vec<Part>,
    live: u64,
}

/// A segment with what belongs to it.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) segment: Segment,
    pub(crate) dead: RowSet,
    pub(crate) graph: Option<Graph>,
}

impl Part {
    pub(crate) fn live(&self) -> usize {
        self.segment.rows() - self.dead.len()
    }

    /// Returns the row of a passage that is not dead.
    pub(crate) fn live_row(&self, id: PassageId) -> Option<usize> {
        self.segment.row(id).filter(|&row| !self.dead.contains(row))
    }

    fn live_ids(&self) -> impl Iterator<Item = PassageId> {
        (0..self.segment.rows())
            .filter(|&row| !self.dead.contains(row))
            .map(|row| self.segment.id(row))
    }
}

impl VectorIndex {
    /// Opens the generation that `state` describes.
    ///
    /// # Errors
    ///
    /// If a file is missing, cannot be read, or is not what its header or `state` says.
    pub fn open(folder: &Path, state: &VectorState) -> Result<Self, VectorError> {
        let (segments, dead) = load(folder, state)?;
        let mut parts = Vec::with_capacity(segments.len());
        for (segment, its_state) in segments.into_iter().zip(&state.segments) {
            let dead = segment.dead_rows(dead.iter().copied());
            let graph = match its_state.graph.as_slice() {
                [] => None,
                [file] => Some(Graph::open(folder.join(file), segment.rows())?),
                more => {
                    let detail =
                        format!("expected at most 1 file of its graph, got {}", more.len());
                    return Err(VectorError::corrupt(segment.path(), detail));
                }
            };
            parts.push(Part { segment, dead, graph });
        }
        Ok(Self { dimension: state.dimension, parts, live: state.live })
    }

    /// Returns the passages that have a vector.
    #[must_use]
    pub fn passages(&self) -> PassageSet {
        self.parts.iter().flat_map(Part::live_ids).collect()
    }

    /// Says whether a passage has a vector.
    #[must_use]
    pub fn has(&self, id: PassageId) -> bool {
        self.parts.iter().any(|part| part.live_row(id).is_some())
    }

    /// Returns the number of passages that have a vector.
    #[must_use]
    pub fn live(&self) -> u64 {
        self.live
    }

    /// Returns the numbers in a vector.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Returns the vector of a passage, if it has one, as it lies in the file: whether that is what
    /// was written, the file's hash tells.
    #[must_use]
    pub fn vector(&self, id: PassageId) -> Option<&[f32]> {
        let found = self.parts.iter().find_map(|part| Some((part, part.live_row(id)?)));
        found.map(|(part, row)| part.segment.unverified(row))
    }

    /// Returns the vector of a passage, if it has one, verified by its checksum.
    ///
    /// # Errors
    ///
    /// [`VectorError::Corrupt`] if it fails that.
    pub fn read(&self, id: PassageId) -> Result<Option<&[f32]>, VectorError> {
        let found = self.parts.iter().find_map(|part| Some((part, part.live_row(id)?)));
        let Some((part, row)) = found else { return Ok(None) };
        let vector = part.segment.vector(row);
        part.segment.damage()?;
        Ok(Some(vector))
    }

    /// Returns the index as a ranking of passages.
    #[must_use]
    pub fn retriever(&self, search: VectorSearch) -> VectorRetriever<'_> {
        VectorRetriever::new(self, search)
    }

    /// Reads every number of every file; returns one error for each file that is damaged.
    #[must_use]
    pub fn check(&self) -> Vec<VectorError> {
        let damage = |part: &Part| {
            let graph = part.graph.as_ref().map_or(Ok(()), Graph::check);
            [part.segment.check_vectors(), graph]
        };
        self.parts.iter().flat_map(damage).filter_map(Result::err).collect()
    }

    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }
}

/// Opens the segments and reads the tombstones of a generation, and checks that they fit.
pub(crate) fn load(
    folder: &Path,
    state: &VectorState,
) -> Result<(Vec<Segment>, BTreeSet<PassageId>), VectorError> {
    state.check(folder)?;
    let open = |it: &SegmentState| Segment::open(folder, it, state.dimension);
    let segments: Vec<Segment> = state.segments.iter().map(open).collect::<Result<_, _>>()?;
    if let Some(place) = walk::doubled(&segments.iter().collect::<Vec<_>>()) {
        let detail = format!("passage {} has a row in another segment, too", place.id);
        return Err(VectorError::corrupt(segments[place.segment].path(), detail));
    }
    let dead = match &state.tombstones {
        None => BTreeSet::new(),
        Some(file) => {
            let path = folder.join(file);
            let dead = tombstones::read(&path)?;
            if let Some(id) =
                dead.iter().find(|&&id| segments.iter().all(|it| it.row(id).is_none()))
            {
                let detail = format!("passage {id} is in no segment");
                return Err(VectorError::corrupt(&path, detail));
            }
            dead
        }
    };
    let rows: u64 = segments.iter().map(|it| it.rows() as u64).sum();
    // This cannot fall below 0: ids are distinct over all segments, and each dead id was found in
    // one.
    if rows - dead.len() as u64 != state.live {
        let detail = format!("{rows} rows, {} dead, but {} should live", dead.len(), state.live);
        return Err(VectorError::corrupt(folder, detail));
    }
    Ok((segments, dead))
}
