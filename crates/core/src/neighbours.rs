//! The nearest passages of every passage.

use std::cmp::Ordering;

use crate::PassageId;

/// How many neighbours a passage has at most.
pub const NEIGHBOURS: usize = 3;

/// A passage near to another one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// The near passage.
    pub passage: PassageId,
    /// The cosine of both vectors, −1 to 1.
    pub cosine: f32,
}

impl Neighbour {
    /// Orders nearer passages before farther ones, and equals by rising id.
    #[must_use]
    pub fn nearest_first(&self, other: &Self) -> Ordering {
        other.cosine.total_cmp(&self.cosine).then(self.passage.cmp(&other.passage))
    }
}

/// The nearest passages of one passage, the nearest first; `None` where there are fewer.
pub type Nearest = [Option<Neighbour>; NEIGHBOURS];

/// The nearest passages of other documents of every passage in a collection.
///
/// A passage is known here by its place among all by rising id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Neighbours {
    passages: Vec<PassageId>,
    nearest: Vec<Nearest>,
}

impl Neighbours {
    /// Returns the neighbours of passages that come by strictly rising id.
    #[must_use]
    pub fn new(lists: impl IntoIterator<Item = (PassageId, Nearest)>) -> Self {
        let (passages, nearest): (Vec<PassageId>, _) = lists.into_iter().unzip();
        debug_assert!(passages.is_sorted_by(|a, b| a < b));
        Self { passages, nearest }
    }

    /// Returns all passages by rising id.
    #[must_use]
    pub fn passages(&self) -> &[PassageId] {
        &self.passages
    }

    /// Returns the place of a passage among all.
    #[must_use]
    pub fn place_of(&self, passage: PassageId) -> Option<usize> {
        self.passages.binary_search(&passage).ok()
    }

    /// Returns the neighbours of the passage at a place, the nearest first.
    #[must_use]
    pub fn at(&self, place: usize) -> &Nearest {
        &self.nearest[place]
    }

    /// Walks all passages, each with its neighbours.
    pub fn iter(&self) -> impl Iterator<Item = (PassageId, &Nearest)> {
        self.passages.iter().copied().zip(&self.nearest)
    }
}
