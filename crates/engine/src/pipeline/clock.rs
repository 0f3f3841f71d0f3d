//! Time, as it is passed in: the engine itself reads no clock.

use std::time::Duration;

use super::Stage;
use super::answer::{Step, Trace};

/// Tells how much time has passed since some fixed moment; asked from several threads.
pub trait Clock: Sync {
    /// Returns the time since that moment; it never falls.
    fn now(&self) -> Duration;
}

impl<F: Fn() -> Duration + Sync> Clock for F {
    fn now(&self) -> Duration {
        self()
    }
}

/// Writes down how long each step took.
pub(super) struct Stopwatch<'a> {
    clock: &'a dyn Clock,
    since: Duration,
    trace: Trace,
}

impl<'a> Stopwatch<'a> {
    pub(super) fn start(clock: &'a dyn Clock) -> Self {
        Self { clock, since: clock.now(), trace: Trace::default() }
    }

    /// Ends a step of a stage and begins the next.
    pub(super) fn lap(
        &mut self,
        name: &str,
        stage: Option<Stage>,
        counts: &[(usize, &'static str)],
    ) {
        let now = self.clock.now();
        let took = now.saturating_sub(self.since);
        let (name, counts) = (name.to_owned(), counts.to_vec());
        let (aside, meanwhile) = (false, false);
        self.trace.steps.push(Step { name, stage, took, counts, aside, meanwhile });
        self.since = now;
    }

    /// Ends a step that ran to be looked at only, and begins the next.
    pub(super) fn lap_aside(&mut self, name: &str, stage: Stage, counts: &[(usize, &'static str)]) {
        self.lap(name, Some(stage), counts);
        if let Some(step) = self.trace.steps.last_mut() {
            step.aside = true;
        }
    }

    /// Returns a watch of the same clock for what is done beside other things.
    pub(super) fn another(&self) -> Stopwatch<'a> {
        Stopwatch::start(self.clock)
    }

    /// Takes in the steps of two watches that ran beside each other, and begins the next step.
    pub(super) fn join(&mut self, steps: Stopwatch<'_>, meanwhile: Stopwatch<'_>) {
        self.trace.steps.extend(steps.trace.steps);
        let meanwhile = meanwhile.trace.steps.into_iter();
        self.trace.steps.extend(meanwhile.map(|step| Step { meanwhile: true, ..step }));
        self.since = self.clock.now();
    }

    /// Returns how long the steps of a name took so far.
    pub(super) fn took(&self, name: &str) -> Duration {
        let steps = self.trace.steps.iter().filter(|step| step.name == name);
        steps.map(|step| step.took).sum()
    }

    /// Returns the clock that is read.
    pub(super) fn clock(&self) -> &'a dyn Clock {
        self.clock
    }

    pub(super) fn trace(self) -> Trace {
        self.trace
    }
}
