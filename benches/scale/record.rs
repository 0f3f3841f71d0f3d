//! What was measured at one size: a line of `scale.jsonl`.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::costs::Costs;

/// One size.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Documents, each of one passage.
    pub(crate) passages: u64,
    /// The processor, as it names itself, and how many of its cores there are.
    pub(crate) machine: String,
    /// Runnable processes of the machine in the minute before; 0 or 1 on a quiet one.
    pub(crate) load: f64,
    pub(crate) costs: Costs,
}

impl Record {
    /// Returns a record without costs, of this machine as it is now.
    pub(crate) fn begin(passages: u64) -> Self {
        let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let name = processors.lines().find_map(|line| line.strip_prefix("model name"));
        let name = name.map_or("unknown", |rest| rest.trim_start_matches([':', '\t', ' ']));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load = load.split_whitespace().next().and_then(|it| it.parse().ok()).unwrap_or(0.0);
        let machine = format!("{name}, {cores} cores");
        Self { passages, machine, load, costs: Costs::new() }
    }

    /// Adds the record to a file of them.
    pub(crate) fn append(&self, file: &Path) -> Result<(), Failure> {
        let mut file = OpenOptions::new().create(true).append(true).open(file)?;
        Ok(writeln!(file, "{}", serde_json::to_string(self)?)?)
    }

    /// Returns the records of a file by rising size, of each size the last; none if it is not there.
    pub(crate) fn read_all(file: &Path) -> Result<Vec<Self>, Failure> {
        let lines = if file.exists() { fs::read_to_string(file)? } else { String::new() };
        let records: Result<Vec<Self>, _> = lines.lines().map(serde_json::from_str).collect();
        Ok(last_of_each(records?))
    }
}

/// Returns records by rising size, of each size the last.
pub(crate) fn last_of_each(mut records: Vec<Record>) -> Vec<Record> {
    records.reverse();
    // The sort is stable, so the last of a size comes first.
    records.sort_by_key(|record| record.passages);
    records.dedup_by_key(|record| record.passages);
    records
}

/// Returns what a cost was at each size where it was measured.
pub(crate) fn points(records: &[Record], cost: &str) -> Vec<(f64, f64)> {
    let point = |record: &Record| Some((record.passages as f64, *record.costs.get(cost)?));
    records.iter().filter_map(point).collect()
}

/// Returns the exponent of growth: the slope of the least-squares line of the logarithm of the cost on that
/// of the size. 1 is linear. Nothing comes of a single size, or of a cost that is 0 somewhere.
pub(crate) fn exponent(points: &[(f64, f64)]) -> Option<f64> {
    let logs: Vec<(f64, f64)> = points.iter().map(|(size, cost)| (size.ln(), cost.ln())).collect();
    let mean = |of: fn(&(f64, f64)) -> f64| logs.iter().map(of).sum::<f64>() / logs.len() as f64;
    let (x, y) = (mean(|it| it.0), mean(|it| it.1));
    let (with, own) = logs.iter().fold((0.0, 0.0), |(with, own), log| {
        (with + (log.0 - x) * (log.1 - y), own + (log.0 - x).powi(2))
    });
    Some(with / own).filter(|slope| slope.is_finite())
}
