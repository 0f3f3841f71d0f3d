//! A reranker in front of another that reads each pair of query and passage once: what is being read for
//! one request is waited for by the others, and what was read of late is known.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use trommel::{RerankRequest, RerankResponse, RerankScore, Reranker, RerankerInfo};
use trommel_core::{ModelError, Scope};

/// How many scores are kept: some 10 MiB.
const KEPT: usize = 100_000;

/// The hash of a query and a passage.
type Pair = [u8; 32];

/// Reads every pair once.
pub(crate) struct ReadOnce {
    inner: Arc<dyn Reranker>,
    known: Mutex<Known>,
    /// Told whenever pairs were read, or were given up.
    told: Condvar,
}

#[derive(Default)]
struct Known {
    scores: HashMap<Pair, State>,
    /// Those with a score, the oldest first.
    read: VecDeque<Pair>,
}

#[derive(Clone, Copy)]
enum State {
    /// Somebody reads it.
    Reading,
    Read(RerankScore),
}

impl ReadOnce {
    /// Puts it in front of a reranker; nothing if that one's scores depend on their company.
    pub(crate) fn of(inner: Arc<dyn Reranker>) -> Option<Arc<Self>> {
        let is_possible = inner.info().scope == Scope::PerPassage;
        is_possible.then(|| Arc::new(Self { inner, known: Mutex::default(), told: Condvar::new() }))
    }

    /// Returns how many scores are kept.
    pub(crate) fn known_pairs(&self) -> usize {
        self.known().read.len()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the pairs that nobody reads and nobody has read; gives back their places.
    fn claim(&self, pairs: &[Pair]) -> Vec<usize> {
        let mut known = self.known();
        let mut claimed = Vec::new();
        for (place, pair) in pairs.iter().enumerate() {
            if !known.scores.contains_key(pair) {
                known.scores.insert(*pair, State::Reading);
                claimed.push(place);
            }
        }
        claimed
    }

    /// Notes what was read of the claimed pairs, and gives up the rest.
    fn settle(&self, pairs: &[Pair], claimed: &[usize], scores: &[Option<RerankScore>]) {
        let mut known = self.known();
        for (number, place) in claimed.iter().enumerate() {
            let pair = pairs[*place];
            match scores.get(number).copied().flatten() {
                Some(score) => {
                    known.scores.insert(pair, State::Read(score));
                    known.read.push_back(pair);
                }
                None => drop(known.scores.remove(&pair)),
            }
        }
        while known.read.len() > KEPT {
            if let Some(oldest) = known.read.pop_front() {
                known.scores.remove(&oldest);
            }
        }
        drop(known);
        self.told.notify_all();
    }

    /// Returns the score of a pair that another reads, once it has it; nothing if that gave up, or not until
    /// `by`.
    fn await_score(&self, pair: &Pair, by: Option<Instant>) -> Option<RerankScore> {
        let mut known = self.known();
        loop {
            match known.scores.get(pair) {
                Some(State::Read(score)) => return Some(*score),
                Some(State::Reading) => {}
                None => return None,
            }
            let patience = match by {
                Some(by) => by.saturating_duration_since(Instant::now()),
                None => Duration::from_secs(60),
            };
            if patience.is_zero() {
                return None;
            }
            let woken = self.told.wait_timeout(known, patience);
            known = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Gives up claimed pairs if reading them panics, so that nobody waits for them.
struct Claim<'a> {
    once: &'a ReadOnce,
    pairs: &'a [Pair],
    claimed: Vec<usize>,
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.once.settle(self.pairs, &self.claimed, &[]);
    }
}

impl Reranker for ReadOnce {
    fn info(&self) -> &RerankerInfo {
        self.inner.info()
    }

    fn score(&self, request: RerankRequest<'_>) -> RerankResponse {
        let by = request.deadline.map(|left| Instant::now() + left);
        let pairs: Vec<Pair> =
            request.passages.iter().map(|passage| pair(request.query, passage)).collect();
        let mut scores: Vec<Option<RerankScore>> = vec![None; pairs.len()];
        let mut claim = Claim { once: self, pairs: &pairs, claimed: self.claim(&pairs) };
        let passages: Vec<&str> = claim.claimed.iter().map(|at| request.passages[*at]).collect();
        let mut response = match passages.is_empty() {
            true => RerankResponse::all_or_none(Ok(Vec::new()), 0),
            false => self.inner.score(RerankRequest { passages: &passages, ..request }),
        };
        let claimed = std::mem::take(&mut claim.claimed);
        self.settle(&pairs, &claimed, &response.scores);
        for (place, score) in claimed.iter().zip(&response.scores) {
            scores[*place] = *score;
        }
        // One's own are read first: so two who wait for each other both come to an end.
        let own: HashSet<usize> = claimed.into_iter().collect();
        let mut given_up = Vec::new();
        for place in (0..pairs.len()).filter(|place| !own.contains(place)) {
            scores[place] = self.await_score(&pairs[place], by);
            if scores[place].is_none() {
                given_up.push(place);
            }
        }
        // What another gave up, one reads oneself.
        if !given_up.is_empty()
            && response.failure.is_none()
            && by.is_none_or(|by| by > Instant::now())
        {
            let passages: Vec<&str> = given_up.iter().map(|at| request.passages[*at]).collect();
            let deadline = by.map(|by| by.saturating_duration_since(Instant::now()));
            let again =
                self.inner.score(RerankRequest { passages: &passages, deadline, ..request });
            for (place, score) in given_up.iter().zip(&again.scores) {
                scores[*place] = *score;
            }
            response.usage += &again.usage;
            response.failure = again.failure;
        }
        // Whoever waited in vain has no score, and no time left.
        if response.failure.is_none() && scores.iter().any(Option::is_none) {
            response.failure = Some(ModelError::Failed {
                model: self.info().fingerprint.clone(),
                doing: "reading passages",
                source: "the time was up while another request read the same".into(),
            });
        }
        RerankResponse { scores, ..response }
    }
}

fn pair(query: &str, passage: &str) -> Pair {
    let mut hasher = blake3::Hasher::new();
    // The length parts the two.
    hasher.update(&(query.len() as u64).to_le_bytes());
    hasher.update(query.as_bytes());
    hasher.update(passage.as_bytes());
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use trommel_testkit::FakeReranker;

    use super::*;

    /// Counts what it reads, and takes its time.
    #[derive(Default)]
    struct Slow {
        read: AtomicUsize,
    }

    impl Reranker for Slow {
        fn info(&self) -> &RerankerInfo {
            FakeReranker.info()
        }

        fn score(&self, request: RerankRequest<'_>) -> RerankResponse {
            thread::sleep(Duration::from_millis(20));
            self.read.fetch_add(request.passages.len(), Ordering::Relaxed);
            FakeReranker.score(request)
        }
    }

    fn ask(once: &ReadOnce, query: &str, passages: &[&str]) -> Vec<f32> {
        let scores = once.score_all(query, passages).unwrap();
        scores.into_iter().map(|score| score.logit).collect()
    }

    #[test]
    fn many_who_ask_the_same_at_once_have_it_read_once() {
        let slow = Arc::new(Slow::default());
        let once = ReadOnce::of(slow.clone()).unwrap();
        let passages = ["the tide turns", "the ferry leaves", "the tide turns", "a gull"];
        let alone = FakeReranker.score_all("tide", &passages).unwrap();
        let alone: Vec<f32> = alone.into_iter().map(|score| score.logit).collect();
        thread::scope(|scope| {
            for turn in 0..8 {
                let (once, alone) = (&once, &alone);
                scope.spawn(move || {
                    let mut passages = passages.to_vec();
                    let mut expected = alone.clone();
                    // Each asks in another order, so that they wait for each other.
                    passages.rotate_left(turn % 4);
                    expected.rotate_left(turn % 4);
                    assert_eq!(ask(once, "tide", &passages), expected);
                });
            }
        });
        assert_eq!(slow.read.load(Ordering::Relaxed), 3);
        assert_eq!(once.known_pairs(), 3);
        // Another query is another pair, however the two are parted.
        ask(&once, "tideth", &["e ferry"]);
        assert_eq!(slow.read.load(Ordering::Relaxed), 4);
    }

    /// Panics at its first call.
    #[derive(Default)]
    struct PanicsOnce {
        calls: AtomicUsize,
    }

    impl Reranker for PanicsOnce {
        fn info(&self) -> &RerankerInfo {
            FakeReranker.info()
        }

        fn score(&self, request: RerankRequest<'_>) -> RerankResponse {
            let call = self.calls.fetch_add(1, Ordering::Relaxed);
            thread::sleep(Duration::from_millis(50));
            assert!(call > 0, "on purpose");
            FakeReranker.score(request)
        }
    }

    #[test]
    fn what_a_panic_leaves_unread_another_reads() {
        let once = ReadOnce::of(Arc::new(PanicsOnce::default())).unwrap();
        let first = {
            let once = Arc::clone(&once);
            thread::spawn(move || once.score_all("tide", &["the tide"]).map(|_| ()))
        };
        thread::sleep(Duration::from_millis(10));
        assert_eq!(ask(&once, "tide", &["the tide"]), [5.0]);
        assert!(first.join().is_err());
    }
}
