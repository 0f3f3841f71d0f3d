//! The best so many of a stream of scored rows.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use trommel_core::{PassageId, ScoredPassage};

/// A scored passage that a max-heap yields worst first.
#[derive(Debug, Clone, Copy)]
struct Worst(ScoredPassage);

impl Ord for Worst {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.best_first(&other.0)
    }
}

impl PartialOrd for Worst {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Worst {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Worst {}

/// Keeps the best `limit` passages of all that it is shown, whatever their order.
///
/// [`ScoredPassage::best_first`] is a total order, so what is kept does not depend on how the
/// stream was cut among several `Top`s that are merged.
#[derive(Debug)]
pub(crate) struct Top {
    limit: usize,
    heap: BinaryHeap<Worst>,
}

impl Top {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, heap: BinaryHeap::new() }
    }

    pub(crate) fn push(&mut self, id: PassageId, score: f32) {
        let new = Worst(ScoredPassage { id, score });
        if self.heap.len() < self.limit {
            self.heap.push(new);
        // Overwriting the worst in its place settles the heap once; `pop` and `push` would do it
        // twice.
        } else if let Some(mut worst) = self.heap.peek_mut()
            && new < *worst
        {
            *worst = new;
        }
    }

    pub(crate) fn merge(mut self, other: Self) -> Self {
        other.heap.into_iter().for_each(|Worst(it)| self.push(it.id, it.score));
        self
    }

    /// Returns the worst score kept; nothing as long as there is room for any other.
    pub(crate) fn worst(&self) -> Option<f32> {
        self.heap.peek().filter(|_| self.heap.len() >= self.limit).map(|it| it.0.score)
    }

    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }

    /// Returns what was kept, best first.
    pub(crate) fn into_best_first(self) -> Vec<ScoredPassage> {
        self.heap.into_sorted_vec().into_iter().map(|Worst(it)| it).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_at_the_cut_go_to_the_smaller_id() {
        let mut top = Top::new(2);
        for (id, score) in [(9, 1.0), (4, 0.5), (2, 0.5), (3, 0.5), (8, -1.0)] {
            top.push(PassageId(id), score);
        }
        let best: Vec<_> = top.into_best_first().iter().map(|it| (it.id.0, it.score)).collect();
        assert_eq!(best, [(9, 1.0), (2, 0.5)]);
    }

    #[test]
    fn a_limit_of_nothing_keeps_nothing() {
        let mut top = Top::new(0);
        top.push(PassageId(1), 1.0);
        assert!(top.into_best_first().is_empty());
    }
}
