//! The rows of several segments as one sequence.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use trommel_core::PassageId;

use crate::segment::Segment;

/// A row of one of the segments that are walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) id: PassageId,
    /// The segment's place in the list.
    pub(crate) segment: usize,
    pub(crate) row: usize,
}

/// Walks the rows of segments by rising id: a merge of sorted lists.
pub(crate) fn by_rising_id(segments: &[&Segment]) -> impl Iterator<Item = Place> {
    let first = |(at, segment): (usize, &&Segment)| Some(Reverse((*segment.ids().first()?, at, 0)));
    let mut next: BinaryHeap<Reverse<(u64, usize, usize)>> =
        segments.iter().enumerate().filter_map(first).collect();
    std::iter::from_fn(move || {
        let mut least = next.peek_mut()?;
        let Reverse((id, segment, row)) = *least;
        match segments[segment].ids().get(row + 1) {
            // Overwriting the least in its place settles the heap once.
            Some(&behind) => *least = Reverse((behind, segment, row + 1)),
            None => drop(std::collections::binary_heap::PeekMut::pop(least)),
        }
        Some(Place { id: PassageId(id), segment, row })
    })
}

/// Returns a passage that has more than one row, with the segment of the second.
pub(crate) fn doubled(segments: &[&Segment]) -> Option<Place> {
    // Segments that lie one behind the other cannot share an id, which spares all but those that
    // overlap the walk over every row.
    let mut spans: Vec<(u64, u64)> = segments
        .iter()
        .filter_map(|segment| Some((*segment.ids().first()?, *segment.ids().last()?)))
        .collect();
    spans.sort_unstable();
    if spans.windows(2).all(|pair| pair[0].1 < pair[1].0) {
        return None;
    }
    let mut before = None;
    by_rising_id(segments).find(|place| before.replace(place.id) == Some(place.id))
}
