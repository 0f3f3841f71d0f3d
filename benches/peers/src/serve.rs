//! A contestant as a process: one line of JSON in, one line of JSON out.

use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::path::Path;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::contestants;
use crate::work::Work;

/// What a contestant is asked.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    /// Name of the work.
    pub run: String,
    /// How often to do it; the answer is the mean time.
    pub repeat: usize,
    /// Whether to send the rows, too.
    pub rows: bool,
}

/// What a contestant answers; once after loading, with the time that loading took, and then to
/// every request.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answer {
    /// Seconds, by the contestant's own clock.
    pub seconds: f64,
    /// What it computed.
    #[serde(default)]
    pub rows: Vec<Vec<f32>>,
}

/// Loads a contestant and answers requests until the input ends.
pub fn serve(name: &str, folder: &Path) -> Result<(), Failure> {
    let clock = Instant::now();
    let mut contestant = contestants::load(name, folder)?;
    let mut work: HashMap<String, Work> = HashMap::new();
    answer(&Answer { seconds: clock.elapsed().as_secs_f64(), rows: Vec::new() })?;
    for line in std::io::stdin().lock().lines() {
        let request: Request = serde_json::from_str(&line?)?;
        if !work.contains_key(&request.run) {
            work.insert(request.run.clone(), Work::read(folder, &request.run)?);
        }
        let work = &work[&request.run];
        let clock = Instant::now();
        let mut rows = Vec::new();
        for _ in 0..request.repeat {
            rows = contestant.run(work)?;
        }
        let seconds = clock.elapsed().as_secs_f64() / request.repeat as f64;
        answer(&Answer { seconds, rows: if request.rows { rows } else { Vec::new() } })?;
    }
    Ok(())
}

fn answer(answer: &Answer) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, answer)?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}
