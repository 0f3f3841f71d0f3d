//! Rows on their way into a segment.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use trommel_core::PassageId;
use trommel_core::disk::Folder;
use trommel_kernels::screen::BLOCK_ROWS;

use crate::VectorError;
use crate::files::NewFile;
use crate::format::{self, Header};
use crate::int8;
use crate::segment::{self, Layout};
use crate::sums::{self, NewSums};

/// Writes vectors straight to disk and keeps only their ids in memory.
#[derive(Debug)]
pub(crate) struct SegmentWriter {
    file: NewFile,
    dimension: usize,
    ids: Vec<u64>,
    /// The checksum of each row.
    sums: Vec<u64>,
}

impl SegmentWriter {
    pub(crate) fn create(
        folder: &Folder,
        name: &str,
        dimension: usize,
    ) -> Result<Self, VectorError> {
        Ok(Self {
            file: NewFile::create(folder, name)?,
            dimension,
            ids: Vec::new(),
            sums: Vec::new(),
        })
    }

    /// Appends a row, already checked, whose id is above all others.
    pub(crate) fn add(&mut self, id: PassageId, vector: &[f32]) -> Result<(), VectorError> {
        self.file.write(bytemuck::cast_slice(vector))?;
        self.ids.push(id.0);
        self.sums.push(sums::of_row(vector));
        Ok(())
    }

    pub(crate) fn ids(&self) -> &[u64] {
        &self.ids
    }

    pub(crate) fn contains(&self, id: PassageId) -> bool {
        self.ids.binary_search(&id.0).is_ok()
    }

    /// Writes the rounded rows, the ids and the header, and gives the file its name; returns the
    /// checksums of all of it.
    pub(crate) fn finish(mut self, name: &Path) -> Result<NewSums, VectorError> {
        let rows = self.ids.len() as u64;
        let layout = Layout::new(rows, self.dimension);
        let words = segment::words(self.dimension);
        let header = Header { magic: format::SEGMENT, count: rows, words };
        let filler = &[0; 64][..(layout.blocks - layout.vectors_end) as usize];
        self.file.write(filler)?;
        let blocks = self.write_blocks()?;
        let ids = bytemuck::cast_slice(&self.ids);
        self.file.write(ids)?;
        // In the order of the file, although the header is written last.
        let frame =
            blake3::Hasher::new().update(&header.to_bytes()).update(filler).update(ids).finalize();
        self.file.finish(header, name)?;
        Ok(NewSums { frame, rows: self.sums, blocks })
    }

    /// Rounds the rows, which are read back from the file: held in memory they would grow with
    /// the segment. Returns the checksum of each block.
    fn write_blocks(&mut self) -> Result<Vec<u64>, VectorError> {
        self.file.flush()?;
        let path = self.file.path().to_path_buf();
        let mut written = File::open(&path).map_err(VectorError::io(&path))?;
        written.seek(SeekFrom::Start(format::HEADER as u64)).map_err(VectorError::io(&path))?;
        let mut rows = vec![0.0_f32; BLOCK_ROWS * self.dimension];
        let mut block = vec![0; int8::block_bytes(self.dimension)];
        let mut sums = Vec::with_capacity(self.ids.len().div_ceil(BLOCK_ROWS));
        for ids in self.ids.chunks(BLOCK_ROWS) {
            // The last block may have fewer rows than 64.
            let rows = &mut rows[..ids.len() * self.dimension];
            written.read_exact(bytemuck::cast_slice_mut(rows)).map_err(VectorError::io(&path))?;
            int8::write_block(rows, self.dimension, &mut block);
            sums.push(sums::of_block(&block));
            self.file.write(&block)?;
        }
        Ok(sums)
    }
}
