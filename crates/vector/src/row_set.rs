//! A set of a segment's rows, as one bit each.

/// Rows of one segment: those that are dead, or those that a search has seen.
#[derive(Debug, Clone)]
pub(crate) struct RowSet {
    words: Vec<u64>,
    len: usize,
}

impl RowSet {
    /// Returns an empty set for a segment of `rows` rows.
    pub(crate) fn new(rows: usize) -> Self {
        Self { words: vec![0; rows.div_ceil(64)], len: 0 }
    }

    /// Adds a row; returns whether it was new. A row beyond the segment is never new.
    pub(crate) fn insert(&mut self, row: usize) -> bool {
        let Some(word) = self.words.get_mut(row / 64) else { return false };
        let new = *word >> (row % 64) & 1 == 0;
        *word |= 1 << (row % 64);
        self.len += usize::from(new);
        new
    }

    pub(crate) fn contains(&self, row: usize) -> bool {
        self.words.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }
}
