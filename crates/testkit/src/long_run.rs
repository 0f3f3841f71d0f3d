//! Runs too long for every day: divisible by seeds, and resumable from the file of their results.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

/// Seeds to run: `TROMMEL_COUNT` of them from `TROMMEL_SEED` on.
///
/// Each that passes adds the line `name seed` to the file that `TROMMEL_RESULTS` names, and one
/// that is there is not run again.
#[derive(Debug)]
pub struct LongRun {
    name: &'static str,
    first: u64,
    count: u64,
    results: Option<PathBuf>,
}

impl LongRun {
    /// Returns the seeds that the environment asks for; `count` of them if it does not say.
    ///
    /// # Panics
    ///
    /// If a variable is no number.
    #[must_use]
    pub fn of(name: &'static str, count: u64) -> Self {
        Self {
            name,
            first: number("TROMMEL_SEED").unwrap_or(0),
            count: number("TROMMEL_COUNT").unwrap_or(count),
            results: std::env::var_os("TROMMEL_RESULTS").map(PathBuf::from),
        }
    }

    /// Runs each seed that the results do not have yet.
    ///
    /// # Panics
    ///
    /// If the results cannot be written.
    pub fn each(&self, run: impl Fn(u64)) {
        for seed in self.first..self.first + self.count {
            let line = format!("{} {seed}", self.name);
            let done = self.results.as_ref().and_then(|path| fs::read_to_string(path).ok());
            if done.is_some_and(|done| done.lines().any(|it| it == line)) {
                continue;
            }
            run(seed);
            if let Some(path) = &self.results {
                let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
                writeln!(file, "{line}").unwrap();
            }
        }
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect(variable))
}
