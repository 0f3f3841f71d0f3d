//! Several jobs at once.

use std::cmp::Reverse;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Does jobs on up to `threads` threads, the heaviest first, and begins none after one has failed.
///
/// The answers are in the order of the jobs, `None` for those that failed or were not begun; beside
/// them is the failure of the first job, in that order, that failed.
pub fn until_failure<J: Sync, R: Send, E: Send>(
    jobs: &[J],
    threads: usize,
    weight: impl Fn(&J) -> usize,
    run: impl Fn(&J) -> Result<R, E> + Sync,
) -> (Vec<Option<R>>, Option<E>) {
    // The heaviest first: the threads then end at about the same time.
    let mut order: Vec<usize> = (0..jobs.len()).collect();
    order.sort_by_cached_key(|&job| Reverse(weight(&jobs[job])));

    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some(&job) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let outcome = run(&jobs[job]);
            // What other threads have begun goes on; none begins another.
            if outcome.is_err() {
                // The rest would most likely fail too, and cost all the same.
                next.store(order.len(), Ordering::Relaxed);
            }
            done.push((job, outcome));
        }
        done
    };
    let mut done = thread::scope(|scope| {
        // This thread works too, so one fewer is started, and with one thread none.
        let others: Vec<_> = (1..threads.min(jobs.len())).map(|_| scope.spawn(work)).collect();
        let mut done = work();
        for other in others {
            // A panic in a job is this caller's panic, with its own message.
            done.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        done
    });

    // Back in the order of the jobs, so that the failure told does not depend on which thread was
    // first.
    done.sort_unstable_by_key(|(job, _)| *job);
    let mut answers: Vec<Option<R>> = jobs.iter().map(|_| None).collect();
    let mut failure = None;
    for (job, outcome) in done {
        match outcome {
            Ok(answer) => answers[job] = Some(answer),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    (answers, failure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_in_the_order_of_the_jobs_however_many_threads_there_are() {
        let jobs: Vec<usize> = (0..20).collect();
        for threads in [0, 1, 3, 50] {
            let (answers, failure) =
                until_failure(&jobs, threads, |job| *job, |job| Ok::<_, ()>(job * 2));
            assert_eq!(answers, jobs.iter().map(|job| Some(job * 2)).collect::<Vec<_>>());
            assert_eq!(failure, None);
        }
    }

    #[test]
    fn no_job_is_begun_after_one_has_failed() {
        // One thread takes 9, 8, 7 by weight, and ends at 6.
        let jobs: Vec<usize> = (0..10).collect();
        let run = |job: &usize| if *job == 6 { Err("six") } else { Ok(*job) };
        let (answers, failure) = until_failure(&jobs, 1, |job| *job, run);
        assert_eq!(failure, Some("six"));
        assert_eq!(answers.into_iter().flatten().collect::<Vec<_>>(), [7, 8, 9]);
    }
}
