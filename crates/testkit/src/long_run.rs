//! Runs too long for every day: divisible by their cases, and resumable from the file of their
//! results.

use std::collections::BTreeSet;
use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::ops::Range;
use std::path::PathBuf;

use crate::Dice;

/// A run of numbered cases, each of which follows from its number alone: so a long run may be cut
/// into several, and a failure is repeated by its number.
///
/// `$TROMMEL_SEED` is the first case and `$TROMMEL_COUNT` how many there are. `$TROMMEL_RESULTS`
/// names a file that what was done is appended to.
#[derive(Debug, Clone)]
pub struct LongRun {
    name: &'static str,
    cases: Range<u64>,
    results: Option<PathBuf>,
}

impl LongRun {
    /// Returns the cases that the environment asks for; `count` of them, from 0 on, if it does not
    /// say.
    ///
    /// # Panics
    ///
    /// If a variable is no number.
    #[must_use]
    pub fn of(name: &'static str, count: u64) -> Self {
        let first = number("TROMMEL_SEED").unwrap_or(0);
        let count = number("TROMMEL_COUNT").unwrap_or(count);
        let results = env::var_os("TROMMEL_RESULTS").map(PathBuf::from);
        Self { name, cases: first..first.saturating_add(count), results }
    }

    /// Returns the numbers of the cases.
    #[must_use]
    pub fn seeds(&self) -> Range<u64> {
        self.cases.clone()
    }

    /// Returns the cases, each with the dice that it is thrown with.
    pub fn cases(&self) -> impl Iterator<Item = (u64, Dice)> {
        self.seeds().map(|case| (case, Dice::new(case)))
    }

    /// Runs each case that the results do not have yet, and adds it to them.
    ///
    /// # Panics
    ///
    /// If the results cannot be written.
    pub fn each(&self, run: impl Fn(u64)) {
        let done = self.results.as_ref().and_then(|path| fs::read_to_string(path).ok());
        let done: BTreeSet<&str> = done.as_deref().unwrap_or_default().lines().collect();
        for case in self.seeds() {
            let line = format!("{} {case}", self.name);
            if !done.contains(line.as_str()) {
                run(case);
                self.append(&line);
            }
        }
    }

    /// Adds to the results what all cases together have shown.
    ///
    /// # Panics
    ///
    /// If they cannot be written: a long run whose figures are lost was for nothing.
    pub fn record(&self, seen: &str) {
        let Range { start, end } = self.cases;
        self.append(&format!("{}: cases {start} to {end}: {seen}", self.name));
    }

    fn append(&self, line: &str) {
        let Some(path) = &self.results else { return };
        let file = OpenOptions::new().create(true).append(true).open(path);
        file.and_then(|mut file| writeln!(file, "{line}")).expect("results are kept");
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}: expected a number, got {text:?}")))
}
