//! The walk: algorithms 2 and 5 of Malkov & Yashunin 2018.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use trommel_kernels::Isa;

use super::Graph;
use crate::row_set::RowSet;
use crate::segment::Segment;

/// A row and its score; greater is nearer, and of equal scores the smaller row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Near {
    pub(crate) score: f32,
    pub(crate) row: u32,
}

impl Ord for Near {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then(other.row.cmp(&self.row))
    }
}

impl PartialOrd for Near {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Near {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Near {}

impl Graph {
    /// Returns up to `ef` rows near `query`, and every row that no link leads to, in no order.
    pub(crate) fn near(&self, segment: &Segment, isa: Isa, query: &[f32], ef: usize) -> Vec<Near> {
        let walk = Walk { graph: self, segment, isa, query };
        // The upper layers are sparse and lead quickly into the right neighbourhood; only the
        // lowest one, which has every row, is searched with the full width.
        let mut nearest = walk.score(self.entry());
        for layer in (1..self.layers()).rev() {
            nearest = walk.descend(layer, nearest);
        }
        let mut found = walk.widen(nearest, ef.max(1));
        found.extend(
            self.orphans().iter().filter(|&&row| walk.knows(row)).map(|&row| walk.score(row)),
        );
        found
    }
}

struct Walk<'a> {
    graph: &'a Graph,
    segment: &'a Segment,
    isa: Isa,
    query: &'a [f32],
}

impl Walk<'_> {
    fn knows(&self, row: u32) -> bool {
        // Links come from a file whose numbers are not checked when it is opened.
        (row as usize) < self.graph.rows()
    }

    fn score(&self, row: u32) -> Near {
        Near { score: self.isa.dot(self.query, self.segment.vector(row as usize)), row }
    }

    /// Goes to ever nearer rows of an upper layer until none is nearer.
    fn descend(&self, layer: usize, from: Near) -> Near {
        let mut nearest = from;
        loop {
            let links = self.graph.links(layer, nearest.row).iter().filter(|row| self.knows(**row));
            match links.map(|&row| self.score(row)).max() {
                // The order is total and `nearest` only rises in it, so the loop ends among equal
                // scores as well.
                Some(next) if next > nearest => nearest = next,
                _ => return nearest,
            }
        }
    }

    /// Widens the search in the lowest layer until the `ef` best known rows lead nowhere nearer.
    fn widen(&self, from: Near, ef: usize) -> Vec<Near> {
        let mut seen = RowSet::new(self.graph.rows());
        seen.insert(from.row as usize);
        // `open` yields the nearest row first, `found` the farthest, which is the one that a nearer
        // row replaces.
        let mut open = BinaryHeap::from([from]);
        let mut found = BinaryHeap::from([Reverse(from)]);
        while let Some(next) = open.pop() {
            // Whatever is still open is farther than all `ef` rows found, and is not expected to
            // lead to nearer ones: this is where the search becomes approximate.
            if found.len() >= ef && found.peek().is_some_and(|worst| next < worst.0) {
                break;
            }
            for &row in self.graph.links(0, next.row) {
                if !self.knows(row) || !seen.insert(row as usize) {
                    continue;
                }
                // A row that is too far to be kept is not opened either, which bounds the work by
                // `ef`.
                let near = self.score(row);
                if found.len() < ef {
                    found.push(Reverse(near));
                    open.push(near);
                } else if let Some(mut worst) = found.peek_mut()
                    && near > worst.0
                {
                    *worst = Reverse(near);
                    open.push(near);
                }
            }
        }
        found.into_iter().map(|Reverse(near)| near).collect()
    }
}
