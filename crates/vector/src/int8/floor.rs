//! The score that a row must be able to reach.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// The most rows that are waited for, beyond those asked for, before the floor rises.
///
/// Raising it takes a selection among all that were noted, so it is done for many at a time.
const PATIENCE: usize = 128;

/// A score that `limit` rows are known to reach, shared by the threads of a scan.
///
/// It only rises. Which rows a thread skips depends on how far it has risen by then, so on
/// timing; that those skipped are not among the best does not.
#[derive(Debug)]
pub(crate) struct Floor {
    limit: usize,
    bits: AtomicU32,
    /// Lower bounds of scores, among them the best `limit`.
    noted: Mutex<Vec<f32>>,
}

impl Floor {
    /// Returns the floor of a scan that has seen nothing: any score will do.
    pub(crate) fn new(limit: usize) -> Self {
        let bits = AtomicU32::new(f32::NEG_INFINITY.to_bits());
        Self { limit, bits, noted: Mutex::new(Vec::with_capacity(limit + PATIENCE)) }
    }

    pub(crate) fn get(&self) -> f32 {
        f32::from_bits(self.bits.load(Relaxed))
    }

    /// Takes note of rows that each reach at least so much.
    pub(crate) fn note(&self, bounds: impl IntoIterator<Item = f32>) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let floor = self.get();
        // A bound at the floor cannot raise it: `limit` others are as high already.
        noted.extend(bounds.into_iter().filter(|&it| it > floor));
        if noted.len() >= self.limit + PATIENCE {
            self.raise(&mut noted);
        }
    }

    /// Raises the floor to the `limit`-th best bound noted, if there are as many, and forgets the
    /// rest.
    fn raise(&self, noted: &mut Vec<f32>) {
        let Some(last) = self.limit.checked_sub(1).filter(|&last| last < noted.len()) else {
            return;
        };
        // Only the place of one bound matters, so a selection in linear time does, without sorting.
        let (_, &mut floor, _) = noted.select_nth_unstable_by(last, |a, b| b.total_cmp(a));
        noted.truncate(self.limit);
        // The lock makes this the only writer. A reader that still sees the old, lower floor
        // screens out less than it could, and nothing wrongly.
        self.bits.store(floor.to_bits(), Relaxed);
    }

    /// Returns the `limit`-th best bound of all that were noted.
    pub(crate) fn settle(&self) -> f32 {
        self.raise(&mut self.noted.lock().unwrap_or_else(PoisonError::into_inner));
        self.get()
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
            floor.note(bounds.iter().copied());
            assert_eq!(floor.settle(), expected, "after {bounds:?}");
        }
    }

    #[test]
    fn the_floor_rises_on_the_way_and_never_above_what_was_reached() {
        let floor = Floor::new(10);
        for at in 0..1_000_u32 {
            floor.note([(at * 7919 % 1_000) as f32]);
            assert!(floor.get() <= 990.0);
            assert!(floor.get() > f32::NEG_INFINITY || at < 138, "{at}");
        }
        assert_eq!(floor.settle(), 990.0);
    }
}
