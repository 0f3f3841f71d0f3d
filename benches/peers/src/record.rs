//! What a race leaves behind: `RESULTS/TASK.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A race that was run.
#[derive(Debug, Serialize, Deserialize)]
pub struct Record {
    /// Name of the task.
    pub task: String,
    /// What was measured.
    pub title: String,
    /// `YYYY-MM-DD`.
    pub date: String,
    /// The processor, as it names itself, and how many of its cores the machine has.
    pub machine: String,
    /// The contestant that others are compared with.
    pub first: String,
    /// The contestant whose answers are the reference.
    pub reference: String,
    /// Rounds after the one that warms up.
    pub rounds: usize,
    /// Runnable processes at the begin of each round; 0 or 1 on a quiet machine.
    pub load: Vec<f64>,
    /// One entry per contestant, in the order of the race.
    pub results: Vec<Outcome>,
}

/// One contestant's race.
#[derive(Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// The contestant.
    pub name: String,
    /// Highest memory of its process so far, in MB.
    pub memory_mb: Option<u64>,
    /// By name of the work.
    pub work: BTreeMap<String, Timing>,
}

/// One contestant's times for one piece of work.
#[derive(Debug, Serialize, Deserialize)]
pub struct Timing {
    /// Seconds of each round.
    pub seconds: Vec<f64>,
    /// Processor seconds of each round, all threads together; nothing where the system keeps none.
    #[serde(default)]
    pub cpu_seconds: Vec<f64>,
    /// Median of the items per second.
    pub rate: f64,
    /// What an item is.
    pub unit: String,
    /// How near the answers are to the reference's; see `measure`.
    pub fidelity: Option<f64>,
    /// What `fidelity` is: mean cosine, mean difference of logits, recall.
    pub measure: String,
}

impl Record {
    /// Returns how many times as fast as `name` the first contestant did some work: the median over
    /// rounds, both of one round being compared, so that a busy time of the machine cancels out.
    pub fn ratio(&self, name: &str, work: &str) -> Option<f64> {
        self.paired(name, work, |timing| &timing.seconds)
    }

    /// Returns the same of processor time.
    pub fn cpu_ratio(&self, name: &str, work: &str) -> Option<f64> {
        self.paired(name, work, |timing| &timing.cpu_seconds)
    }

    fn paired(&self, name: &str, work: &str, of: fn(&Timing) -> &[f64]) -> Option<f64> {
        let first = of(self.of(&self.first)?.work.get(work)?);
        let other = of(self.of(name)?.work.get(work)?);
        let ratios: Vec<f64> =
            first.iter().zip(other).map(|(first, other)| other / first).collect();
        (!ratios.is_empty()).then(|| median(&ratios))
    }

    /// Returns a contestant's outcome.
    pub fn of(&self, name: &str) -> Option<&Outcome> {
        self.results.iter().find(|outcome| outcome.name == name)
    }

    /// Returns the names of the work, in the order in which they were timed.
    pub fn work(&self) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.results.iter().flat_map(|it| it.work.keys()).map(String::as_str).collect();
        names.sort_by_key(|name| {
            (name.split('-').filter_map(|it| it.parse::<u32>().ok()).collect::<Vec<_>>(), *name)
        });
        names.dedup();
        names
    }
}

/// Returns the middle of some numbers.
pub fn median(numbers: &[f64]) -> f64 {
    let mut numbers = numbers.to_vec();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}
