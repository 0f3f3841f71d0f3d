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

    /// Returns a watch of the same clock for what is done while the query is encoded.
    pub(super) fn meanwhile(&self) -> Stopwatch<'a> {
        Stopwatch::start(self.clock)
    }

    /// Ends the step that encoded the query, and begins the next.
    pub(super) fn encoded(&mut self, took: Duration, meanwhile: Stopwatch<'a>) {
        self.lap("encode", Some(Stage::VECTORS), &[(1, "query")]);
        if let Some(step) = self.trace.steps.last_mut() {
            step.took = took;
        }
        let steps = meanwhile.trace.steps.into_iter();
        self.trace.steps.extend(steps.map(|step| Step { meanwhile: true, ..step }));
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
