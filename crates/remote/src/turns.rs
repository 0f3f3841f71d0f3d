//! How many requests are under way at once.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A bounded number of turns, for which a thread waits no longer than it has time.
pub(crate) struct Turns {
    free: Mutex<usize>,
    freed: Condvar,
}

/// One of them, until it is dropped.
pub(crate) struct Turn<'a>(&'a Turns);

impl Turns {
    pub(crate) fn new(number: usize) -> Self {
        Self { free: Mutex::new(number.max(1)), freed: Condvar::new() }
    }

    /// Takes a turn; nothing if none is free in time.
    pub(crate) fn take(&self, within: Duration) -> Option<Turn<'_>> {
        let waited = self.freed.wait_timeout_while(self.lock(), within, |free| *free == 0);
        let (mut free, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *free = free.checked_sub(1)?;
        Some(Turn(self))
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.lock() += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_waited_for_in_time_and_given_back() {
        let turns = Turns::new(0);
        let soon = Duration::from_millis(20);
        let first = turns.take(Duration::ZERO).unwrap();
        assert!(turns.take(soon).is_none());
        std::thread::scope(|scope| {
            let second = scope.spawn(|| turns.take(Duration::from_secs(60)).is_some());
            std::thread::sleep(soon);
            drop(first);
            assert!(second.join().unwrap());
        });
        assert!(turns.take(Duration::ZERO).is_some());
    }
}
