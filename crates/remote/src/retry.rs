//! Asking again: what may pass, after a while, until the time is over.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use trommel_core::Clock;

use super::RemoteError;
use super::semaphore::Semaphore;

/// Why a try has no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It was given up when its time was over.
    TimeIsUp,
    Error(RemoteError),
}

/// What bounds the tries of one request.
pub(crate) struct RetryPolicy<'a> {
    pub(crate) clock: &'a dyn Clock,
    pub(crate) url: &'a str,
    /// A try needs one; a wait between two leaves it to others.
    pub(crate) semaphore: &'a Semaphore,
    /// When it all began, by the clock.
    pub(crate) start: Duration,
    /// How long it all may take.
    pub(crate) limit: Duration,
}

impl RetryPolicy<'_> {
    /// Asks until there is an answer, a failure that will not pass, or no time for another try.
    ///
    /// `ask` gets the number of the try, from 1, and the time it has.
    pub(crate) fn ask<T>(
        &self,
        mut waits: Backoff,
        mut ask: impl FnMut(u32, Duration) -> Result<T, Failure>,
    ) -> Result<T, RemoteError> {
        let mut tries = 0;
        let mut last = None;
        loop {
            let Some(permit) = self.semaphore.take(self.left()) else {
                return Err(self.over(tries, last));
            };
            // Waiting for the permit took time too.
            let left = self.left();
            if left.is_zero() {
                return Err(self.over(tries, last));
            }
            tries += 1;
            let outcome = ask(tries, left);
            drop(permit);
            match outcome {
                Ok(answer) => return Ok(answer),
                Err(Failure::TimeIsUp) => return Err(self.over(tries, last)),
                Err(Failure::Error(error)) if error.may_pass() => {
                    let wait = waits.next(error.retry_after());
                    last = Some(Box::new(error));
                    if wait >= self.left() {
                        // Nobody gains by a wait that ends too late.
                        return Err(self.over(tries, last));
                    }
                    self.clock.sleep(wait);
                }
                Err(Failure::Error(error)) => return Err(error),
            }
        }
    }

    fn left(&self) -> Duration {
        self.limit.saturating_sub(self.clock.now().saturating_sub(self.start))
    }

    fn over(&self, tries: u32, last: Option<Box<RemoteError>>) -> RemoteError {
        RemoteError::OutOfTime { url: self.url.to_owned(), limit: self.limit, tries, last }
    }
}

/// The waits between the tries of one request: each up to twice as long as the one before, half of
/// it by chance (Brooker, "Exponential Backoff and Jitter", 2015).
pub(crate) struct Backoff {
    chance: ChaCha8Rng,
    first: Duration,
    next: Duration,
    longest: Duration,
}

impl Backoff {
    /// `request` numbers the requests under one seed: each has waits of its own.
    pub(crate) fn new(seed: u64, request: u64, first: Duration, longest: Duration) -> Self {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        chance.set_stream(request);
        Self { chance, first, next: first, longest }
    }

    fn next(&mut self, asked: Option<Duration>) -> Duration {
        // Taken at every wait, so that later waits do not depend on what the server asked for.
        let chance = f64::from(self.chance.next_u32()) / f64::from(u32::MAX);
        let longest = self.next.min(self.longest);
        self.next = longest.saturating_mul(2);
        match asked {
            // All that were told the same are not to come back at the same moment.
            Some(asked) => asked.saturating_add(self.first.min(self.longest).mul_f64(chance)),
            None => longest.mul_f64(0.5 + 0.5 * chance),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Nothing takes time but sleeping.
    #[derive(Default)]
    struct Asleep(Mutex<Vec<Duration>>);

    impl Clock for Asleep {
        fn now(&self) -> Duration {
            self.0.lock().unwrap().iter().sum()
        }

        fn sleep(&self, time: Duration) {
            self.0.lock().unwrap().push(time);
        }
    }

    fn status(status: u16, retry_after: Option<Duration>) -> Failure {
        let (url, said) = ("http://h/rerank".into(), "no".into());
        Failure::Error(RemoteError::Status { url, status, retry_after, said })
    }

    /// Fails that way until `good` tries are over; returns the outcome and the waits.
    fn tried(
        good: u32,
        failure: impl Fn() -> Failure,
        seed: u64,
    ) -> (Result<u32, RemoteError>, Vec<Duration>) {
        let clock = Asleep::default();
        let limit = Duration::from_secs(15);
        let (url, semaphore, start) = ("http://h", &Semaphore::new(1), Duration::ZERO);
        let policy = RetryPolicy { clock: &clock, url, semaphore, start, limit };
        let waits = Backoff::new(seed, 0, 250 * MS, 4000 * MS);
        let outcome =
            policy.ask(waits, |tries, _| if tries < good { Err(failure()) } else { Ok(tries) });
        (outcome, clock.0.into_inner().unwrap())
    }

    #[test]
    fn waits_double_by_half_by_chance_and_the_seed_decides() {
        let busy = || status(503, None);
        let (outcome, waits) = tried(u32::MAX, busy, 1);
        for (wait, most) in waits.iter().zip([250, 500, 1000, 2000, 4000, 4000, 4000, 4000]) {
            assert!(*wait >= MS * most / 2 && *wait <= MS * most, "{wait:?} of {most} ms");
        }
        let Err(RemoteError::OutOfTime { tries, last, .. }) = outcome else { panic!("no end") };
        assert_eq!(tries as usize, waits.len() + 1);
        assert!(matches!(*last.unwrap(), RemoteError::Status { status: 503, .. }));
        assert!(waits.iter().sum::<Duration>() < Duration::from_secs(15));
        assert_eq!(tried(u32::MAX, busy, 1).1, waits);
        assert_ne!(tried(u32::MAX, busy, 2).1, waits);
    }

    #[test]
    fn what_may_pass_is_asked_again_and_nothing_else() {
        for passing in [429, 500, 502, 503, 504, 529] {
            assert_eq!(tried(3, || status(passing, None), 0).0.unwrap(), 3);
        }
        for lasting in [301, 400, 401, 403, 404, 408, 413, 422, 424] {
            let (outcome, waits) = tried(2, || status(lasting, Some(MS)), 0);
            assert!(matches!(outcome, Err(RemoteError::Status { .. })), "{lasting}");
            assert!(waits.is_empty());
        }
    }

    #[test]
    fn a_server_is_not_asked_before_it_wants_to_be() {
        let (outcome, waits) = tried(2, || status(429, Some(Duration::from_secs(7))), 0);
        assert_eq!(outcome.unwrap(), 2);
        assert!(waits[0] >= 7000 * MS && waits[0] <= 7250 * MS, "{waits:?}");
        // Longer than there is time: it is given up at once.
        let (outcome, waits) = tried(2, || status(429, Some(Duration::from_secs(60))), 0);
        assert!(matches!(outcome, Err(RemoteError::OutOfTime { tries: 1, .. })));
        assert!(waits.is_empty());
        let (_, waits) = tried(2, || status(429, Some(Duration::MAX)), 0);
        assert!(waits.is_empty());
    }
}
