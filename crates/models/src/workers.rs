//! Threads that each own what a model needs to run: one job at a time, whatever the others do.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// A bounded set of workers, each made when it is first needed.
///
/// A worker holds state that one thread at a time may use, such as an ONNX session. Every job
/// runs alone on one worker, so that its result cannot depend on the jobs beside it.
pub struct Workers<W, E> {
    idle: Mutex<Idle<W>>,
    freed: Condvar,
    limit: usize,
    make: Box<dyn Fn() -> Result<W, E> + Send + Sync>,
}

struct Idle<W> {
    workers: Vec<W>,
    /// How many exist or are being made, busy ones included.
    made: usize,
}

impl<W: Send, E: Send> Workers<W, E> {
    /// Returns up to `limit` workers: the `first`, and further ones that `make` makes.
    pub fn new(
        limit: usize,
        first: W,
        make: impl Fn() -> Result<W, E> + Send + Sync + 'static,
    ) -> Self {
        Self {
            idle: Mutex::new(Idle { workers: vec![first], made: 1 }),
            freed: Condvar::new(),
            limit: limit.max(1),
            make: Box::new(make),
        }
    }

    /// Does one job on the calling thread.
    ///
    /// # Errors
    ///
    /// If the job fails, or a worker cannot be made.
    pub fn run_one<R>(&self, run: impl FnOnce(&mut W) -> Result<R, E>) -> Result<R, E> {
        run(&mut *self.borrow()?)
    }

    /// Does all jobs, the heaviest first; the answers are in the order of the jobs.
    ///
    /// # Errors
    ///
    /// If a job fails, or a worker cannot be made; jobs that were not begun are left.
    pub fn run_all<J: Sync, R: Send>(
        &self,
        jobs: &[J],
        weight: impl Fn(&J) -> usize,
        run: impl Fn(&mut W, &J) -> Result<R, E> + Sync,
    ) -> Result<Vec<R>, E> {
        // The heaviest first: the threads then end at about the same time.
        let mut order: Vec<usize> = (0..jobs.len()).collect();
        order.sort_by_cached_key(|&job| std::cmp::Reverse(weight(&jobs[job])));

        let next = AtomicUsize::new(0);
        let work = || -> Result<Vec<(usize, R)>, E> {
            let mut done = Vec::new();
            // Every number is handed out once, and answers reach the caller by `join`: no stronger
            // order is needed.
            let take = || order.get(next.fetch_add(1, Ordering::Relaxed));
            // First a job, then a worker: none is made for a thread that comes too late.
            let Some(mut job) = take() else { return Ok(done) };
            let mut worker = self.borrow()?;
            loop {
                done.push((*job, run(&mut worker, &jobs[*job])?));
                match take() {
                    Some(taken) => job = taken,
                    None => return Ok(done),
                }
            }
        };
        // After a failure no further job is begun.
        let work = || work().inspect_err(|_| next.store(order.len(), Ordering::Relaxed));

        let mut done = thread::scope(|scope| {
            let others: Vec<_> =
                (1..self.limit.min(jobs.len())).map(|_| scope.spawn(work)).collect();
            let mut done = work()?;
            for other in others {
                match other.join() {
                    Ok(more) => done.extend(more?),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            Ok(done)
        })?;
        done.sort_unstable_by_key(|(job, _)| *job);
        Ok(done.into_iter().map(|(_, answer)| answer).collect())
    }

    fn borrow(&self) -> Result<Borrowed<'_, W, E>, E> {
        let mut idle = self.lock();
        loop {
            if let Some(worker) = idle.workers.pop() {
                return Ok(Borrowed { workers: self, worker: Some(worker) });
            }
            if idle.made < self.limit {
                idle.made += 1;
                break;
            }
            idle = self.freed.wait(idle).unwrap_or_else(PoisonError::into_inner);
        }
        // Others go on while this one is made; dropped without a worker, it gives its place back.
        drop(idle);
        let mut place = Borrowed { workers: self, worker: None };
        place.worker = Some((self.make)()?);
        Ok(place)
    }
}

impl<W, E> Workers<W, E> {
    fn lock(&self) -> MutexGuard<'_, Idle<W>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Borrowed<'a, W, E> {
    workers: &'a Workers<W, E>,
    worker: Option<W>,
}

impl<W, E> Drop for Borrowed<'_, W, E> {
    fn drop(&mut self) {
        let mut idle = self.workers.lock();
        match self.worker.take() {
            Some(worker) => idle.workers.push(worker),
            None => idle.made -= 1,
        }
        // Unlocked first: the one that wakes up takes the lock.
        drop(idle);
        self.workers.freed.notify_one();
    }
}

impl<W, E> Deref for Borrowed<'_, W, E> {
    type Target = W;

    fn deref(&self) -> &W {
        self.worker.as_ref().expect("a borrowed worker is there until it is dropped")
    }
}

impl<W, E> DerefMut for Borrowed<'_, W, E> {
    fn deref_mut(&mut self) -> &mut W {
        self.worker.as_mut().expect("a borrowed worker is there until it is dropped")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn counting(limit: usize) -> (Workers<usize, String>, Arc<AtomicUsize>) {
        let made = Arc::new(AtomicUsize::new(1));
        let counter = Arc::clone(&made);
        let make = move || Ok(counter.fetch_add(1, Ordering::SeqCst));
        (Workers::new(limit, 0, make), made)
    }

    #[test]
    fn answers_keep_the_order_of_the_jobs_for_any_number_of_threads() {
        let jobs: Vec<usize> = (0..57).map(|i| i * 31 % 57).collect();
        for limit in [0, 1, 2, 5] {
            let (workers, made) = counting(limit);
            let answers = workers.run_all(&jobs, |job| *job, |_, job| Ok(job * 2)).unwrap();
            assert_eq!(answers, jobs.iter().map(|job| job * 2).collect::<Vec<_>>());
            assert!(made.load(Ordering::SeqCst) <= limit.max(1));
        }
        assert!(
            counting(3).0.run_all(&[], |job| *job, |_, job: &usize| Ok(*job)).unwrap().is_empty()
        );
    }

    #[test]
    fn the_heaviest_job_is_begun_first_and_one_job_needs_one_worker() {
        let (workers, made) = counting(1);
        let begun = Mutex::new(Vec::new());
        let run = |_: &mut usize, job: &usize| {
            begun.lock().unwrap().push(*job);
            Ok(())
        };
        workers.run_all(&[3, 9, 1, 9], |job| *job, run).unwrap();
        assert_eq!(*begun.lock().unwrap(), [9, 9, 3, 1]);

        let (many, made_of_many) = counting(8);
        many.run_one(|_| Ok(())).unwrap();
        many.run_all(&[1], |job| *job, |_, _| Ok(())).unwrap();
        assert_eq!(made_of_many.load(Ordering::SeqCst), 1);
        assert_eq!(made.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn callers_on_many_threads_never_get_more_workers_than_the_limit() {
        let (workers, made) = counting(2);
        let busy = AtomicUsize::new(0);
        let most = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    workers.run_all(
                        &[(); 20],
                        |()| 1,
                        |_, ()| {
                            most.fetch_max(
                                busy.fetch_add(1, Ordering::SeqCst) + 1,
                                Ordering::SeqCst,
                            );
                            thread::yield_now();
                            busy.fetch_sub(1, Ordering::SeqCst);
                            Ok(())
                        },
                    )
                });
            }
        });
        assert!(most.load(Ordering::SeqCst) <= 2);
        assert!(made.load(Ordering::SeqCst) <= 2);
    }

    #[test]
    fn a_failed_job_is_the_answer_and_the_workers_live_on() {
        let (workers, _) = counting(2);
        let fail = |_: &mut usize, job: &usize| {
            if *job == 3 { Err("three".to_owned()) } else { Ok(*job) }
        };
        assert_eq!(workers.run_all(&[1, 2, 3, 4], |job| *job, fail), Err("three".to_owned()));
        assert_eq!(workers.run_all(&[1, 2], |job| *job, fail), Ok(vec![1, 2]));
    }

    #[test]
    fn a_worker_that_cannot_be_made_gives_its_place_back() {
        let tries = AtomicUsize::new(0);
        let make = move || match tries.fetch_add(1, Ordering::SeqCst) {
            0 => Err("no memory".to_owned()),
            n => Ok(n),
        };
        let workers = Workers::new(2, 0, make);
        let second = |_: &mut usize| workers.run_one(|worker| Ok(*worker));
        assert_eq!(workers.run_one(second), Err("no memory".to_owned()));
        assert_eq!(workers.run_one(second), Ok(1));
    }
}
