//! Whether there is time to read on.

use std::time::Duration;

use super::clock::Clock;

/// A budget of time for the second stage, from the moment that it is made.
pub(super) struct Deadline<'a> {
    clock: &'a dyn Clock,
    start: Duration,
    /// When this rerank stage began.
    since: Duration,
    budget: Option<Duration>,
    /// Bytes of text that this rerank stage has read.
    bytes: usize,
    /// Whether this is the first rerank stage, whose first texts are read whatever time there is.
    first: bool,
}

impl<'a> Deadline<'a> {
    pub(super) fn start(clock: &'a dyn Clock, budget: Option<Duration>) -> Self {
        let start = clock.now();
        Self { clock, start, since: start, budget, bytes: 0, first: true }
    }

    /// Begins another rerank stage, whose speed is not known: its first texts are read if there is any time
    /// left.
    pub(super) fn next_stage(&mut self) {
        self.since = self.clock.now();
        self.bytes = 0;
        self.first = false;
    }

    /// Says whether there is time to read texts of that many bytes: the first always, later ones if
    /// they will end in time should they take as long a byte as those before.
    pub(super) fn allows(&self, bytes: usize) -> bool {
        let Some(budget) = self.budget else { return true };
        let passed = self.clock.now().saturating_sub(self.start);
        if self.bytes == 0 {
            return self.first || passed < budget;
        }
        let of_stage = self.clock.now().saturating_sub(self.since);
        let next = of_stage.as_secs_f64() * bytes as f64 / self.bytes as f64;
        passed < budget && passed.as_secs_f64() + next <= budget.as_secs_f64()
    }

    /// Returns how much of the budget is left; nothing if there is none.
    pub(super) fn left(&self) -> Option<Duration> {
        let passed = self.clock.now().saturating_sub(self.start);
        self.budget.map(|budget| budget.saturating_sub(passed))
    }

    /// Notes that texts of that many bytes were read.
    pub(super) fn read(&mut self, bytes: usize) {
        self.bytes += bytes.max(1);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn the_first_batch_is_read_and_a_later_one_only_if_it_will_end_in_time() {
        let now = Mutex::new(Duration::from_millis(500));
        let clock = || *now.lock().unwrap();
        let mut deadline = Deadline::start(&clock, Some(Duration::from_millis(100)));
        assert!(deadline.allows(usize::MAX));
        *now.lock().unwrap() = Duration::from_millis(540);
        deadline.read(1000);
        // 40 ms for 1000 bytes leave time for 1500.
        assert!(deadline.allows(1500));
        assert!(!deadline.allows(1501));
        *now.lock().unwrap() = Duration::from_millis(600);
        assert!(!deadline.allows(0));
    }

    #[test]
    fn a_later_stage_begins_only_if_there_is_time_and_learns_its_own_speed() {
        let now = Mutex::new(Duration::ZERO);
        let clock = || *now.lock().unwrap();
        let mut deadline = Deadline::start(&clock, Some(Duration::from_millis(100)));
        *now.lock().unwrap() = Duration::from_millis(90);
        deadline.read(9000);
        deadline.next_stage();
        // By the speed before, 1000 bytes would be all that is in time.
        assert!(deadline.allows(5000));
        *now.lock().unwrap() = Duration::from_millis(92);
        deadline.read(1000);
        // 2 ms for 1000 bytes leave time for 4000.
        assert!(deadline.allows(4000));
        assert!(!deadline.allows(4001));
        deadline.next_stage();
        *now.lock().unwrap() = Duration::from_millis(100);
        assert!(!deadline.allows(1));
    }

    #[test]
    fn no_budget_is_no_limit_and_a_budget_of_0_is_one_batch() {
        let clock = || Duration::from_secs(9);
        let mut unlimited = Deadline::start(&clock, None);
        unlimited.read(1);
        assert!(unlimited.allows(usize::MAX));
        let mut nothing = Deadline::start(&clock, Some(Duration::ZERO));
        assert!(nothing.allows(100));
        nothing.read(100);
        assert!(!nothing.allows(0));
    }
}
