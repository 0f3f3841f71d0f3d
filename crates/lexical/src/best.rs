//! Keeps the best passages of a stream.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use trommel_core::ScoredPassage;

/// The best `limit` of the passages that were offered.
pub(crate) struct Best {
    limit: usize,
    kept: BinaryHeap<Ranked>,
}

impl Best {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, kept: BinaryHeap::new() }
    }

    /// Says whether a passage would be kept if it were offered.
    pub(crate) fn wants(&self, passage: ScoredPassage) -> bool {
        self.kept.len() < self.limit
            || self.kept.peek().is_some_and(|worst| Ranked(passage) < *worst)
    }

    /// Returns a score below which no passage is wanted.
    pub(crate) fn floor(&self) -> f32 {
        let worst = self.kept.peek().filter(|_| self.kept.len() >= self.limit);
        worst.map_or(f32::NEG_INFINITY, |Ranked(worst)| worst.score)
    }

    /// Keeps a passage that is wanted.
    pub(crate) fn keep(&mut self, passage: ScoredPassage) {
        if self.kept.len() == self.limit {
            self.kept.pop();
        }
        self.kept.push(Ranked(passage));
    }

    /// Returns the best of both, which is the same in whatever order it is put together.
    pub(crate) fn merge(mut self, other: Self) -> Self {
        for Ranked(passage) in other.kept {
            if self.wants(passage) {
                self.keep(passage);
            }
        }
        self
    }

    /// Returns what was kept, best first.
    pub(crate) fn into_sorted(self) -> Vec<ScoredPassage> {
        self.kept.into_sorted_vec().into_iter().map(|Ranked(passage)| passage).collect()
    }
}

/// Orders better passages before worse ones.
struct Ranked(ScoredPassage);

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.best_first(&other.0)
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ranked {}

#[cfg(test)]
mod tests {
    use trommel_core::PassageId;

    use super::*;

    fn best(limit: usize, offered: &[(u64, f32)]) -> Vec<u64> {
        let mut best = Best::new(limit);
        for &(id, score) in offered {
            let passage = ScoredPassage { id: PassageId(id), score };
            if best.wants(passage) {
                best.keep(passage);
            }
        }
        best.into_sorted().iter().map(|passage| passage.id.0).collect()
    }

    #[test]
    fn ties_at_the_cut_go_to_the_lower_id() {
        let offered = [(9, 1.0), (4, 1.0), (1, 2.0), (5, 1.0), (3, 0.5)];
        assert_eq!(best(2, &offered), [1, 4]);
        assert_eq!(best(3, &offered), [1, 4, 5]);
        assert_eq!(best(10, &offered), [1, 4, 5, 9, 3]);
        assert_eq!(best(0, &offered), [0; 0]);
    }
}
