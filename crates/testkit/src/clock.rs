//! A clock on which nothing takes time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use trommel_core::{Clock, SystemClock};

/// A clock on which sleeping takes no time: the hand is moved on instead.
pub struct Hurried {
    real: SystemClock,
    slept: Mutex<Vec<Duration>>,
}

impl Hurried {
    /// Returns a clock that counts from now.
    #[must_use]
    pub fn start() -> Arc<Self> {
        Arc::new(Self { real: SystemClock::start(), slept: Mutex::default() })
    }

    /// Returns how long was slept, time by time.
    #[must_use]
    pub fn slept(&self) -> Vec<Duration> {
        self.slept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Clock for Hurried {
    fn now(&self) -> Duration {
        self.real.now() + self.slept().iter().sum::<Duration>()
    }

    fn sleep(&self, time: Duration) {
        self.slept.lock().unwrap_or_else(PoisonError::into_inner).push(time);
    }
}

/// Returns an error with all its causes, as `Display` and as `Debug`.
#[must_use]
pub fn told(error: &dyn std::error::Error) -> String {
    let mut told = format!("{error:?}\n{error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        told.push_str(&format!("\n{error}"));
        cause = error.source();
    }
    told
}
