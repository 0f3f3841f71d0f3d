//! One immutable file of rows, mapped.

use std::ops::Range;
use std::path::{Path, PathBuf};

use trommel_core::PassageId;
use trommel_core::disk::Mapped;
use trommel_kernels::screen::{BLOCK_ROWS, Block};

use crate::format::{self, HEADER, Header, numbers};
use crate::int8::{self, Blocks};
use crate::row_set::RowSet;
use crate::sums::Sums;
use crate::unit::{self, MAX_PASSAGE_ID};
use crate::{SegmentState, VectorError};

/// Rows from which on vectors are copied that are read one by one: 48 MB of 384 numbers each.
const COPY_FROM: usize = 1 << 15;

/// Unit vectors and the passages they stand for, by rising id.
#[derive(Debug)]
pub(crate) struct Segment {
    path: PathBuf,
    map: Mapped,
    rows: usize,
    dimension: usize,
    layout: Layout,
    sums: Option<Sums>,
}

impl Segment {
    /// Maps a segment and checks its header, its length and the order of its ids, and everything but
    /// its rows against its checksums if it has any.
    pub(crate) fn open(
        folder: &Path,
        state: &SegmentState,
        dimension: usize,
    ) -> Result<Self, VectorError> {
        let path = folder.join(&state.file);
        let map = Mapped::open(&path).map_err(VectorError::io(&path))?;
        let corrupt = |detail| Err(VectorError::corrupt(&path, detail));
        // This also bounds what `Layout` adds up: 2^32 rows of 2^16 numbers of 4 bytes are 2^50
        // bytes.
        let (Ok(rows), true) = (usize::try_from(state.rows), state.rows <= MAX_PASSAGE_ID) else {
            return corrupt(format!("has {} rows, more than there are ids", state.rows));
        };
        let layout = Layout::new(state.rows, dimension);
        let sums = match &state.sums {
            Some(file) => Some(Sums::open(&folder.join(file), rows)?),
            None => None,
        };
        if let Some(sums) = &sums {
            // The length comes first: the slices of a shorter file would be out of bounds. The
            // checksum comes before the header: of a damaged one it says so, and not that the
            // dimension differs.
            format::check_len(&path, &map, layout.end)?;
            let (header, behind) = (&map[..HEADER], &map[layout.vectors_end as usize..]);
            let (filler, ids) = (
                &map[layout.vectors_end as usize..layout.blocks as usize],
                &map[layout.ids as usize..],
            );
            let is_whole = match sums.has_blocks() {
                true => sums.frame_is(&[header, filler, ids]),
                false => sums.frame_is(&[header, behind]),
            };
            if !is_whole {
                return corrupt("its header, rounded rows or ids fail their checksum".into());
            }
        }
        let header = Header::read(&path, format::SEGMENT, &map)?;
        if header.words != words(dimension) {
            return corrupt(format!("has dimension {}, expected {dimension}", header.words[0]));
        }
        if header.count != state.rows {
            return corrupt(format!("has {} rows, expected {}", header.count, state.rows));
        }
        format::check_len(&path, &map, layout.end)?;
        let segment = Self { path, map, rows, dimension, layout, sums };
        segment.check_ids()?;
        Ok(segment)
    }

    /// Returns the damage that reading rows has met so far. What was computed from damaged rows is
    /// to be thrown away.
    pub(crate) fn damage(&self) -> Result<(), VectorError> {
        let Some(sums) = &self.sums else { return Ok(()) };
        let row = sums.damaged().map(|row| format!("vector of passage {}", self.id(row)));
        let block = || {
            let first = self.id(sums.damaged_block()? * BLOCK_ROWS);
            Some(format!("block of rounded rows from passage {first} on"))
        };
        match row.or_else(block) {
            None => Ok(()),
            Some(what) => {
                Err(VectorError::corrupt(&self.path, format!("{what} fails its checksum")))
            }
        }
    }

    fn check_ids(&self) -> Result<(), VectorError> {
        // `row` finds ids by bisection, so ids out of order would hide passages instead of failing.
        let ids = self.ids();
        let corrupt = |detail| Err(VectorError::corrupt(&self.path, detail));
        if let Some(at) = ids.windows(2).position(|pair| pair[0] >= pair[1]) {
            return corrupt(format!("passage {} follows passage {}", ids[at + 1], ids[at]));
        }
        match ids.last() {
            Some(&last) if last > MAX_PASSAGE_ID => {
                corrupt(format!("passage {last} is above the greatest id, {MAX_PASSAGE_ID}"))
            }
            _ => Ok(()),
        }
    }

    /// Checks that every row is a finite unit vector, and that the rounded rows are these.
    pub(crate) fn check_vectors(&self) -> Result<(), VectorError> {
        for row in 0..self.rows {
            let passage = self.id(row);
            match unit::fault(self.unverified(row)) {
                None => {}
                Some(unit::Fault::NotFinite { index }) => {
                    let detail =
                        format!("vector of passage {passage} is not finite at index {index}");
                    return Err(VectorError::corrupt(&self.path, detail));
                }
                Some(unit::Fault::NotNormalised { norm }) => {
                    let detail = format!("vector of passage {passage} has norm {norm}, expected 1");
                    return Err(VectorError::corrupt(&self.path, detail));
                }
            }
        }
        self.check_blocks()
    }

    fn check_blocks(&self) -> Result<(), VectorError> {
        let mut expected = vec![0; int8::block_bytes(self.dimension)];
        let rows = self.vectors().chunks(BLOCK_ROWS * self.dimension);
        for (at, rows) in rows.enumerate() {
            // Rounding gives the same bytes on every machine, so the blocks can be made anew and
            // compared.
            int8::write_block(rows, self.dimension, &mut expected);
            if self.unverified_blocks().bytes(at) != expected {
                let first = self.id(at * BLOCK_ROWS);
                let detail = format!(
                    "the {BLOCK_ROWS} rounded rows from passage {first} on are not those of its vectors"
                );
                return Err(VectorError::corrupt(&self.path, detail));
            }
        }
        Ok(())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the number of rows, dead ones counted.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Returns all vectors end to end, unverified.
    fn vectors(&self) -> &[f32] {
        numbers(&self.map[HEADER..self.layout.vectors_end as usize])
    }

    /// Returns the number of blocks of rounded rows.
    pub(crate) fn blocks(&self) -> usize {
        self.unverified_blocks().len()
    }

    /// Returns a block of rounded rows; [`Segment::damage`] says later whether it is what was written.
    pub(crate) fn block(&self, at: usize) -> Option<Block<'_>> {
        let blocks = self.unverified_blocks();
        if let Some(sums) = &self.sums {
            sums.verify_block(at, blocks.bytes(at));
        }
        blocks.get(at)
    }

    fn unverified_blocks(&self) -> Blocks<'_> {
        let bytes = &self.map[self.layout.blocks as usize..self.layout.ids as usize];
        Blocks::new(bytes, self.dimension)
    }

    /// Returns the vectors of some rows end to end; [`Segment::damage`] says later whether they are
    /// what was written.
    pub(crate) fn vectors_of(&self, rows: Range<usize>) -> &[f32] {
        if let Some(sums) = &self.sums {
            rows.clone().for_each(|row| sums.verify(row, self.unverified(row)));
        }
        &self.vectors()[rows.start * self.dimension..rows.end * self.dimension]
    }

    /// Returns the vector of a row; [`Segment::damage`] says later whether it is what was written.
    pub(crate) fn vector(&self, row: usize) -> &[f32] {
        let vector = self.unverified(row);
        if let Some(sums) = &self.sums {
            sums.verify(row, vector);
        }
        vector
    }

    /// Returns the vector of a row as [`Segment::vector`] does; of a large segment copied into `buffer`, so that no
    /// page of it becomes a part of the process. A search reads a few hundred rows all over the file.
    pub(crate) fn read<'a>(&'a self, row: usize, buffer: &'a mut Vec<f32>) -> &'a [f32] {
        if self.rows < COPY_FROM {
            return self.vector(row);
        }
        buffer.resize(self.dimension, 0.0);
        let start = HEADER + 4 * self.dimension * row;
        self.map.copy(start, bytemuck::cast_slice_mut(buffer));
        if let Some(sums) = &self.sums {
            sums.verify(row, buffer);
        }
        buffer
    }

    /// Returns the vector of a row as it lies in the file.
    pub(crate) fn unverified(&self, row: usize) -> &[f32] {
        &self.vectors()[row * self.dimension..][..self.dimension]
    }

    /// Returns the ids of all rows, strictly rising.
    pub(crate) fn ids(&self) -> &[u64] {
        numbers(&self.map[self.layout.ids as usize..])
    }

    pub(crate) fn id(&self, row: usize) -> PassageId {
        PassageId(self.ids()[row])
    }

    /// Returns the row of a passage.
    pub(crate) fn row(&self, id: PassageId) -> Option<usize> {
        let ids = self.ids();
        // Segments hold runs of ids: most need not be looked through.
        let may_be = ids.first() <= Some(&id.0) && ids.last() >= Some(&id.0);
        may_be.then(|| ids.binary_search(&id.0).ok()).flatten()
    }

    /// Returns the rows whose passages are among `dead`, which rises.
    pub(crate) fn dead_rows(&self, dead: impl IntoIterator<Item = PassageId>) -> RowSet {
        let mut rows = RowSet::new(self.rows);
        for row in dead.into_iter().filter_map(|id| self.row(id)) {
            rows.insert(row);
        }
        rows
    }
}

/// The words of a segment's header.
pub(crate) fn words(dimension: usize) -> [u32; 6] {
    // A dimension is checked to be far below 2^32 before it gets here.
    [u32::try_from(dimension).unwrap_or(u32::MAX), 0, 0, 0, 0, 0]
}

/// Where the parts of a segment lie, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    /// Where the vectors end that begin behind the header.
    pub(crate) vectors_end: u64,
    /// Where the rounded rows begin: a multiple of 64, as the lines of a cache are.
    pub(crate) blocks: u64,
    /// Where the ids begin.
    pub(crate) ids: u64,
    /// Where the file ends.
    pub(crate) end: u64,
}

impl Layout {
    /// Lays out a segment; neither number is beyond what a segment can have.
    pub(crate) fn new(rows: u64, dimension: usize) -> Self {
        let vectors_end = HEADER as u64 + 4 * dimension as u64 * rows;
        // A block has a multiple of 64 bytes, so the ids behind the blocks are aligned for their 64
        // bits.
        let blocks = vectors_end.next_multiple_of(64);
        let ids = blocks + rows.div_ceil(BLOCK_ROWS as u64) * int8::block_bytes(dimension) as u64;
        Self { vectors_end, blocks, ids, end: ids + 8 * rows }
    }
}
