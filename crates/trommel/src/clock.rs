//! The time that searches are measured by where nobody passes another one in.

use std::time::{Duration, Instant};

use trommel_engine::Clock;

/// Time since it was made, by the system's steady clock.
#[derive(Debug, Clone, Copy)]
pub struct SteadyClock(Instant);

impl SteadyClock {
    /// Returns a clock that begins now.
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}
