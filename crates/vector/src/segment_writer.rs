//! Rows on their way into a segment.

use std::path::{Path, PathBuf};

use pulp::bytemuck;
use trommel_core::PassageId;

use crate::VectorError;
use crate::files::NewFile;
use crate::format::{self, Header};
use crate::segment;

/// Writes vectors straight to disk and keeps only their ids in memory.
#[derive(Debug)]
pub(crate) struct SegmentWriter {
    file: NewFile,
    dimension: usize,
    ids: Vec<u64>,
}

impl SegmentWriter {
    pub(crate) fn create(path: PathBuf, dimension: usize) -> Result<Self, VectorError> {
        Ok(Self { file: NewFile::create(path)?, dimension, ids: Vec::new() })
    }

    /// Appends a row, already checked, whose id is above all others.
    pub(crate) fn add(&mut self, id: PassageId, vector: &[f32]) -> Result<(), VectorError> {
        self.file.write(bytemuck::cast_slice(vector))?;
        self.ids.push(id.0);
        Ok(())
    }

    pub(crate) fn ids(&self) -> &[u64] {
        &self.ids
    }

    pub(crate) fn contains(&self, id: PassageId) -> bool {
        self.ids.binary_search(&id.0).is_ok()
    }

    /// Writes the ids and the header, and gives the file its name; returns the number of rows.
    pub(crate) fn finish(mut self, name: &Path) -> Result<u64, VectorError> {
        let rows = self.ids.len() as u64;
        let (ids, _) = segment::layout(rows, self.dimension);
        let written = format::HEADER as u64 + 4 * self.dimension as u64 * rows;
        self.file.write(&[0; 8][..(ids - written) as usize])?;
        self.file.write(bytemuck::cast_slice(&self.ids))?;
        let words = segment::words(self.dimension);
        self.file.finish(Header { magic: format::SEGMENT, count: rows, words }, name)?;
        Ok(rows)
    }
}
