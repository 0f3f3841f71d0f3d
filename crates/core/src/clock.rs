//! Time, as it is passed in.

use std::thread;
use std::time::{Duration, Instant};

/// Tells the time and lets it pass; a test's clock need not wait for it.
pub trait Clock: Send + Sync {
    /// Returns the time since some fixed moment; it never falls.
    fn now(&self) -> Duration;

    /// Returns when that much time has passed.
    fn sleep(&self, time: Duration);
}

/// The operating system's monotonic clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock(Instant);

impl SystemClock {
    /// Returns a clock that counts from now.
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, time: Duration) {
        thread::sleep(time);
    }
}
