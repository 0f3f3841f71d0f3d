//! Whether there is time to read on.

use std::time::Duration;

use super::clock::Clock;

/// A budget of time for the second stage, from the moment that it is made.
pub(super) struct Deadline<'a> {
    clock: &'a dyn Clock,
    start: Duration,
    budget: Option<Duration>,
    /// Bytes of text that have been read.
    bytes: usize,
}

impl<'a> Deadline<'a> {
    pub(super) fn start(clock: &'a dyn Clock, budget: Option<Duration>) -> Self {
        Self { clock, start: clock.now(), budget, bytes: 0 }
    }

    /// Says whether there is time to read texts of that many bytes: the first always, later ones if
    /// they will end in time should they take as long a byte as those before.
    pub(super) fn allows(&self, bytes: usize) -> bool {
        let Some(budget) = self.budget else { return true };
        if self.bytes == 0 {
            return true;
        }
        let passed = self.clock.now().saturating_sub(self.start);
        let next = passed.as_secs_f64() * bytes as f64 / self.bytes as f64;
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
    use std::cell::Cell;

    use super::*;

    #[test]
    fn the_first_pack_is_read_and_a_later_one_only_if_it_will_end_in_time() {
        let now = Cell::new(Duration::from_millis(500));
        let clock = || now.get();
        let mut deadline = Deadline::start(&clock, Some(Duration::from_millis(100)));
        assert!(deadline.allows(usize::MAX));
        now.set(Duration::from_millis(540));
        deadline.read(1000);
        // 40 ms for 1000 bytes leave time for 1500.
        assert!(deadline.allows(1500));
        assert!(!deadline.allows(1501));
        now.set(Duration::from_millis(600));
        assert!(!deadline.allows(0));
    }

    #[test]
    fn no_budget_is_no_limit_and_a_budget_of_0_is_one_pack() {
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
