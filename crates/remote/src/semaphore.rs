//! How many requests are under way at once.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A bounded number of permits, for which a thread waits no longer than it has time.
pub(crate) struct Semaphore {
    free: Mutex<usize>,
    freed: Condvar,
}

/// One of them, until it is dropped.
pub(crate) struct Permit<'a>(&'a Semaphore);

impl Semaphore {
    pub(crate) fn new(number: usize) -> Self {
        Self { free: Mutex::new(number.max(1)), freed: Condvar::new() }
    }

    /// Takes a permit; nothing if none is free in time.
    pub(crate) fn take(&self, within: Duration) -> Option<Permit<'_>> {
        let waited = self.freed.wait_timeout_while(self.lock(), within, |free| *free == 0);
        let (mut free, _) = waited.unwrap_or_else(PoisonError::into_inner);
        // It is 0 still where time ran out.
        *free = free.checked_sub(1)?;
        Some(Permit(self))
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *self.0.lock() += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permit_is_waited_for_in_time_and_given_back() {
        let permits = Semaphore::new(0);
        let soon = Duration::from_millis(20);
        let first = permits.take(Duration::ZERO).unwrap();
        assert!(permits.take(soon).is_none());
        std::thread::scope(|scope| {
            let second = scope.spawn(|| permits.take(Duration::from_secs(60)).is_some());
            std::thread::sleep(soon);
            drop(first);
            assert!(second.join().unwrap());
        });
        assert!(permits.take(Duration::ZERO).is_some());
    }
}
