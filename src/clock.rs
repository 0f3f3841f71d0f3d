//! The time that stages are measured by.

use std::time::{Duration, Instant};

use trommel_engine::Clock;

/// Time since it was made, by the system's steady clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SteadyClock(Instant);

impl SteadyClock {
    /// Returns a clock that begins now.
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}
