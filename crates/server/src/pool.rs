//! The threads that compute, and the queue in front of them.
//!
//! Requests are taken in by few threads that never compute, and answered by few that do nothing else. What
//! waits between them is bounded: past that a request is refused at once, and memory stays as it is.

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, bounded};
use tokio::sync::oneshot;

type Job = Box<dyn FnOnce() + Send>;

/// How often a thread that waits looks at whether it still should.
const LOOKED_EVERY: Duration = Duration::from_millis(20);

/// Threads that compute one request each at a time.
pub(crate) struct Pool {
    jobs: Sender<Job>,
    counts: Arc<Counts>,
    workers: usize,
    limit: usize,
}

#[derive(Default)]
struct Counts {
    waiting: AtomicUsize,
    running: AtomicUsize,
    /// How long a request took of late, in microseconds: each new one counts an eighth.
    spent: AtomicU64,
}

/// Why a request was not computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// As many wait as may; after this time there should be room.
    Full(Duration),
    /// It was begun and broke, or the server ends.
    Lost,
}

/// Whether somebody still waits for an answer; whoever computes it looks at it now and then.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted(Arc<AtomicBool>);

impl Wanted {
    /// Returns the flag that is set once nobody waits any more.
    pub(crate) fn cancelled(&self) -> &AtomicBool {
        &self.0
    }
}

/// Takes the wish back when it is dropped, as it is when a client goes away.
struct Waiting(Wanted);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

impl Pool {
    /// Starts `workers` threads, before which up to `limit` requests wait.
    pub(crate) fn start(workers: usize, limit: usize) -> Self {
        let (jobs, waiting) = bounded::<Job>(limit);
        for number in 0..workers {
            let waiting = waiting.clone();
            let name = format!("trommel-{number}");
            // They end with the last sender.
            let work = move || waiting.iter().for_each(|job| job());
            // Where a thread cannot be started, the others do its work; without any, requests are lost
            // and say so.
            let _ = thread::Builder::new().name(name).spawn(work);
        }
        Self { jobs, counts: Arc::default(), workers, limit }
    }

    /// Computes `work` on one of the threads. It is told to stop when the returned future is dropped, and
    /// not begun if that was before its turn.
    ///
    /// # Errors
    ///
    /// [`Refused`] if there is no room, or the work panicked.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Wanted) -> T + Send + 'static,
    ) -> Result<T, Refused> {
        self.begin(work)?.await
    }

    /// Puts `work` into the queue, and returns its outcome to come, as [`Pool::run`] does.
    ///
    /// # Errors
    ///
    /// [`Refused`] if there is no room.
    pub(crate) fn begin<T: Send + 'static, W: FnOnce(&Wanted) -> T + Send + 'static>(
        &self,
        work: W,
    ) -> Result<impl Future<Output = Result<T, Refused>> + Send + use<T, W>, Refused> {
        let wanted = Wanted::default();
        let waiting = Waiting(wanted.clone());
        let (done, answer) = oneshot::channel();
        self.submit(wanted, work, move |answer| drop(done.send(answer)))?;
        Ok(async move {
            let answer = answer.await;
            drop(waiting);
            answer.map_err(|_| Refused::Lost)
        })
    }

    /// Computes `work` on one of the threads, and waits for it on this one, unless `cancel` is set.
    ///
    /// # Errors
    ///
    /// As for [`Pool::run`].
    pub(crate) fn wait<T: Send + 'static>(
        &self,
        cancel: &AtomicBool,
        work: impl FnOnce(&Wanted) -> T + Send + 'static,
    ) -> Result<T, Refused> {
        let wanted = Wanted::default();
        let (done, answer) = mpsc::channel();
        self.submit(wanted.clone(), work, move |answer| drop(done.send(answer)))?;
        loop {
            match answer.recv_timeout(LOOKED_EVERY) {
                Ok(answer) => return Ok(answer),
                Err(mpsc::RecvTimeoutError::Disconnected) => return Err(Refused::Lost),
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    let is_cancelled = cancel.load(Ordering::Relaxed);
                    wanted.0.fetch_or(is_cancelled, Ordering::Relaxed);
                }
            }
        }
    }

    /// Puts work into the queue.
    fn submit<T: Send + 'static>(
        &self,
        wanted: Wanted,
        work: impl FnOnce(&Wanted) -> T + Send + 'static,
        done: impl FnOnce(T) + Send + 'static,
    ) -> Result<(), Refused> {
        let counts = Arc::clone(&self.counts);
        let job: Job = Box::new(move || {
            counts.waiting.fetch_sub(1, Ordering::Relaxed);
            if wanted.0.load(Ordering::Relaxed) {
                return;
            }
            counts.running.fetch_add(1, Ordering::Relaxed);
            let began = Instant::now();
            let answer = panic::catch_unwind(AssertUnwindSafe(|| work(&wanted)));
            counts.note(began.elapsed());
            counts.running.fetch_sub(1, Ordering::Relaxed);
            if let Ok(answer) = answer {
                done(answer);
            }
        });
        self.counts.waiting.fetch_add(1, Ordering::Relaxed);
        if self.jobs.try_send(job).is_err() {
            self.counts.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(Refused::Full(self.patience()));
        }
        Ok(())
    }

    /// Returns how many requests wait, are computed, and may wait.
    pub(crate) fn load(&self) -> (usize, usize, usize) {
        let count = |of: &AtomicUsize| of.load(Ordering::Relaxed);
        (count(&self.counts.waiting), count(&self.counts.running), self.limit)
    }

    /// Returns what says whether a request is computed or waits.
    pub(crate) fn is_busy(&self) -> impl Fn() -> bool + Send + Sync + 'static {
        let counts = Arc::clone(&self.counts);
        move || [&counts.waiting, &counts.running].iter().any(|of| of.load(Ordering::Relaxed) > 0)
    }

    /// Returns what share of its budget a request gets, in (0, 1]: less the more wait, so that the time that
    /// all of them take together stays what it is.
    pub(crate) fn share(&self) -> f64 {
        let (waiting, ..) = self.load();
        (self.workers as f64 / waiting.max(1) as f64).min(1.0)
    }

    /// Returns how long it takes until those that wait now are answered, as it went of late.
    fn patience(&self) -> Duration {
        let spent = Duration::from_micros(self.counts.spent.load(Ordering::Relaxed));
        spent * (self.limit / self.workers.max(1) + 1) as u32
    }
}

impl Counts {
    fn note(&self, took: Duration) {
        let now = took.as_micros().min(u128::from(u64::MAX)) as u64;
        let _ = self.spent.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |before| {
            Some(if before == 0 { now } else { before - before / 8 + now / 8 })
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
    }

    /// Returns once the pool has that load.
    fn until(pool: &Pool, load: (usize, usize)) {
        for _ in 0..2000 {
            let (waiting, running, _) = pool.load();
            if (waiting, running) == load {
                return;
            }
            thread::sleep(Duration::from_millis(1));
        }
        panic!("{:?}, expected {load:?}", pool.load());
    }

    #[test]
    fn what_is_past_the_queue_is_refused_and_what_is_in_it_is_answered() {
        let runtime = runtime();
        let pool = Arc::new(Pool::start(1, 2));
        let (go, gate) = mpsc::channel::<()>();
        let first = runtime.spawn({
            let pool = Arc::clone(&pool);
            async move { pool.run(move |_| gate.recv().is_ok()).await }
        });
        until(&pool, (0, 1));
        let others: Vec<_> = (0..2)
            .map(|number| {
                let pool = Arc::clone(&pool);
                runtime.spawn(async move { pool.run(move |_| number).await })
            })
            .collect();
        until(&pool, (2, 1));
        assert!((pool.share() - 0.5).abs() < 1e-9);
        let refused = runtime.block_on(pool.run(|_| ()));
        assert!(matches!(refused, Err(Refused::Full(_))), "{refused:?}");
        go.send(()).unwrap();
        assert_eq!(runtime.block_on(first).unwrap(), Ok(true));
        for (number, other) in others.into_iter().enumerate() {
            assert_eq!(runtime.block_on(other).unwrap(), Ok(number));
        }
        until(&pool, (0, 0));
    }

    #[test]
    fn a_client_that_goes_away_stops_its_work_and_what_panics_is_lost_alone() {
        let runtime = runtime();
        let pool = Arc::new(Pool::start(1, 4));
        let (told, stopped) = mpsc::channel();
        let gone = runtime.spawn({
            let pool = Arc::clone(&pool);
            async move {
                pool.run(move |wanted| {
                    while !wanted.cancelled().load(Ordering::Relaxed) {
                        thread::sleep(Duration::from_millis(1));
                    }
                    told.send(()).unwrap();
                })
                .await
            }
        });
        until(&pool, (0, 1));
        gone.abort();
        stopped.recv_timeout(Duration::from_secs(10)).unwrap();
        assert_eq!(
            runtime.block_on(pool.run(|_| panic!("on purpose"))),
            Err::<(), _>(Refused::Lost)
        );
        assert_eq!(runtime.block_on(pool.run(|_| 7)), Ok(7));
        until(&pool, (0, 0));
    }
}
