//! How many cases a test of hostile input runs, and where its figures go.

use std::env;
use std::fs::OpenOptions;
use std::io::Write;

use crate::Dice;

/// A run of numbered cases, each of which follows from its number alone: so a long run may be cut
/// into several, and a failure is repeated by its number.
#[derive(Debug, Clone, Copy)]
pub struct Campaign {
    name: &'static str,
    first: u64,
    count: u64,
}

impl Campaign {
    /// Returns the run that `$TROMMEL_SEED` (the first case) and `$TROMMEL_COUNT` ask for: without
    /// them, `count` cases from 0.
    #[must_use]
    pub fn new(name: &'static str, count: u64) -> Self {
        let number = |variable| env::var(variable).ok().and_then(|text: String| text.parse().ok());
        let first = number("TROMMEL_SEED").unwrap_or(0);
        Self { name, first, count: number("TROMMEL_COUNT").unwrap_or(count) }
    }

    /// Returns the cases, each with the dice that it is thrown with.
    pub fn cases(self) -> impl Iterator<Item = (u64, Dice)> {
        let cases = self.first..self.first.saturating_add(self.count);
        cases.map(|case| (case, Dice::new(case)))
    }

    /// Appends what was seen to the file `$TROMMEL_RESULTS`, if there is to be one.
    ///
    /// # Panics
    ///
    /// If the file cannot be written: a long run whose figures are lost was for nothing.
    pub fn record(self, seen: &str) {
        let Some(path) = env::var_os("TROMMEL_RESULTS") else { return };
        let Self { name, first, count } = self;
        let line = format!("{name}: cases {first} to {}: {seen}\n", first + count);
        let file = OpenOptions::new().create(true).append(true).open(&path);
        file.and_then(|mut file| file.write_all(line.as_bytes())).expect("results are kept");
    }
}
