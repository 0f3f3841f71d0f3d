//! The score that a row must be able to reach.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// The greatest score that `limit` rows are known to reach, shared by the threads of a scan.
///
/// It only rises. Which rows a thread skips depends on how far it has risen by then, so on
/// timing; that those skipped are not among the best does not.
#[derive(Debug)]
pub(crate) struct Floor {
    limit: usize,
    bits: AtomicU32,
    /// The best `limit` lower bounds, worst first.
    reached: Mutex<BinaryHeap<Lowest>>,
}

/// A lower bound that a max-heap yields smallest first.
#[derive(Debug)]
struct Lowest(f32);

impl Ord for Lowest {
    fn cmp(&self, other: &Self) -> Ordering {
        other.0.total_cmp(&self.0)
    }
}

impl PartialOrd for Lowest {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Lowest {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Lowest {}

impl Floor {
    /// Returns the floor of a scan that has seen nothing: any score will do.
    pub(crate) fn new(limit: usize) -> Self {
        let bits = AtomicU32::new(f32::NEG_INFINITY.to_bits());
        Self { limit, bits, reached: Mutex::new(BinaryHeap::with_capacity(limit)) }
    }

    pub(crate) fn get(&self) -> f32 {
        f32::from_bits(self.bits.load(Relaxed))
    }

    /// Takes note of rows that each reach at least so much.
    pub(crate) fn raise(&self, bounds: impl IntoIterator<Item = f32>) {
        let mut reached = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        for bound in bounds {
            if reached.len() < self.limit {
                reached.push(Lowest(bound));
            } else if let Some(mut lowest) = reached.peek_mut()
                && bound > lowest.0
            {
                *lowest = Lowest(bound);
            }
        }
        if let Some(lowest) = reached.peek().filter(|_| reached.len() == self.limit) {
            self.bits.store(lowest.0.to_bits(), Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_is_the_limit_th_best_bound() {
        let floor = Floor::new(3);
        for (bounds, expected) in [
            (&[0.5, -0.2][..], f32::NEG_INFINITY),
            (&[0.1], -0.2),
            (&[-0.9, 0.7], 0.1),
            (&[0.1, 0.05], 0.1),
        ] {
            floor.raise(bounds.iter().copied());
            assert_eq!(floor.get(), expected, "after {bounds:?}");
        }
    }
}
