//! The race: every contestant once a round, so that a busy moment of the machine falls on all.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::Failure;
use crate::child::Contender;
use crate::record::{Outcome, Record, Timing, median};
use crate::serve::Request;
use crate::table;
use crate::task::Task;
use crate::work::{DIMENSION, Work};

/// A piece of work is repeated until it takes about this long.
const LEAST_SECONDS: f64 = 0.4;
/// Between two contestants, for threads of the first that still spin.
const PAUSE: Duration = Duration::from_millis(50);

/// How to race.
pub struct Options {
    rounds: usize,
    only: Option<Vec<String>>,
    work: Option<Vec<String>>,
}

impl Options {
    /// Reads what follows the task on the command line.
    pub fn read(arguments: &[&str]) -> Result<Self, Failure> {
        let mut options = Self { rounds: 5, only: None, work: None };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let value = rest.next().ok_or_else(|| format!("{argument} needs a value"))?;
            match *argument {
                "--rounds" => options.rounds = value.parse()?,
                "--only" => options.only = Some(names(value)),
                "--work" => options.work = Some(names(value)),
                other => return Err(format!("unknown option {other}").into()),
            }
        }
        Ok(options)
    }
}

fn names(list: &str) -> Vec<String> {
    list.split(',').map(str::to_owned).collect()
}

/// A contestant in the race, with what it has done so far.
struct Runner {
    name: &'static str,
    contender: Contender,
    repeats: Vec<usize>,
    seconds: Vec<Vec<f64>>,
    cpu_seconds: Vec<Vec<f64>>,
    rows: Vec<Vec<Vec<f32>>>,
    build: Option<(f64, Option<f64>)>,
}

/// Runs a task and writes `TASK.json` and `TASK.md` into `results`.
pub fn race(folder: &Path, results: &Path, task: &str, options: Options) -> Result<(), Failure> {
    let task = Task::named(task)?.picked(options.work.as_deref());
    let work: Vec<Work> =
        task.work.iter().map(|name| Work::read(folder, name)).collect::<Result<_, _>>()?;
    let mut runners = warmed_up(folder, &task, &options)?;
    let mut load = Vec::new();
    for round in 1..=options.rounds {
        load.push(load_average());
        eprintln!("round {round} of {}, load {:.1}", options.rounds, load_average());
        for (number, name) in task.work.iter().enumerate() {
            for runner in &mut runners {
                std::thread::sleep(PAUSE);
                let repeat = runner.repeats[number];
                let request = Request { run: (*name).to_owned(), repeat, rows: false };
                let before = runner.contender.cpu_seconds();
                runner.seconds[number].push(runner.contender.run(&request)?.seconds);
                if let (Some(before), Some(after)) = (before, runner.contender.cpu_seconds()) {
                    runner.cpu_seconds[number].push((after - before) / repeat as f64);
                }
            }
        }
    }
    let record = Record {
        task: task.name.to_owned(),
        title: task.title.to_owned(),
        date: today(),
        machine: machine(),
        first: task.contestants[0].to_owned(),
        reference: task.reference.to_owned(),
        rounds: options.rounds,
        load,
        results: outcomes(folder, &task, &work, &runners)?,
    };
    fs::create_dir_all(results)?;
    let file = |extension| results.join(format!("{}.{extension}", task.name));
    fs::write(file("json"), serde_json::to_string_pretty(&record)? + "\n")?;
    let table = table::table(&record);
    fs::write(file("md"), &table)?;
    println!("{table}");
    Ok(())
}

/// Starts the contestants and has each do everything once; one that cannot is left out.
fn warmed_up(folder: &Path, task: &Task, options: &Options) -> Result<Vec<Runner>, Failure> {
    let mut runners = Vec::new();
    for &name in task.contestants {
        if options.only.as_ref().is_some_and(|only| !only.iter().any(|it| it == name)) {
            continue;
        }
        match warm_up(folder, task, name) {
            Ok(runner) => runners.push(runner),
            Err(error) => eprintln!("{name} is left out: {error}"),
        }
    }
    Ok(runners)
}

fn warm_up(folder: &Path, task: &Task, name: &'static str) -> Result<Runner, Failure> {
    eprintln!("{name} warms up");
    let mut contender = Contender::start(name, folder)?;
    let build = match task.name {
        "vectors" => {
            let before = contender.cpu_seconds();
            let request = Request { run: "build".to_owned(), repeat: 1, rows: false };
            let seconds = contender.run(&request)?.seconds;
            let cpu = before.zip(contender.cpu_seconds()).map(|(before, after)| after - before);
            Some((seconds, cpu))
        }
        _ => None,
    };
    let mut once =
        |work: &str, rows| contender.run(&Request { run: work.to_owned(), repeat: 1, rows });
    let (mut repeats, mut rows) = (Vec::new(), Vec::new());
    for work in task.work.iter() {
        let first = once(work, true)?;
        rows.push(first.rows);
        // What takes long is warm after once.
        let seconds = if first.seconds > 1.0 { first.seconds } else { once(work, false)?.seconds };
        repeats.push((LEAST_SECONDS / seconds).ceil().clamp(1.0, 100.0) as usize);
    }
    let seconds = vec![Vec::new(); task.work.len()];
    let cpu_seconds = seconds.clone();
    Ok(Runner { name, contender, repeats, seconds, cpu_seconds, rows, build })
}

fn outcomes(
    folder: &Path,
    task: &Task,
    work: &[Work],
    runners: &[Runner],
) -> Result<Vec<Outcome>, Failure> {
    let queries = match task.name {
        "vectors" => fs::metadata(folder.join("queries.f32"))?.len() as usize / 4 / DIMENSION,
        _ => 0,
    };
    let reference = runners.iter().find(|runner| runner.name == task.reference);
    let outcome = |runner: &Runner| {
        let timing = |number: usize| {
            let (items, unit) = work[number].units(queries);
            let rates: Vec<f64> =
                runner.seconds[number].iter().map(|seconds| items as f64 / seconds).collect();
            let (measure, fidelity) = match reference {
                Some(reference) => {
                    let (measure, fidelity) =
                        fidelity(&work[number], &runner.rows[number], &reference.rows[number]);
                    (measure.to_owned(), Some(fidelity))
                }
                None => (String::new(), None),
            };
            let seconds = runner.seconds[number].clone();
            let cpu_seconds = runner.cpu_seconds[number].clone();
            Timing {
                seconds,
                cpu_seconds,
                rate: median(&rates),
                unit: unit.to_owned(),
                fidelity,
                measure,
            }
        };
        let mut timings: BTreeMap<String, Timing> = (task.work.iter().enumerate())
            .map(|(number, name)| ((*name).to_owned(), timing(number)))
            .collect();
        if let Some((seconds, cpu)) = runner.build {
            let (unit, measure) = ("builds/s".to_owned(), String::new());
            let rate = 1.0 / seconds;
            let cpu_seconds = cpu.into_iter().collect();
            let seconds = vec![seconds];
            let timing = Timing { seconds, cpu_seconds, rate, unit, fidelity: None, measure };
            timings.insert("build".to_owned(), timing);
        }
        let memory_mb = runner.contender.memory();
        Outcome { name: runner.name.to_owned(), memory_mb, work: timings }
    };
    Ok(runners.iter().map(outcome).collect())
}

/// Returns how near answers are to the reference's, and what that number is.
fn fidelity(work: &Work, rows: &[Vec<f32>], reference: &[Vec<f32>]) -> (&'static str, f64) {
    let (measure, of): (_, fn(&[f32], &[f32]) -> f64) = match work {
        Work::Encode(_) | Work::Texts(_) => ("mean cosine", cosine),
        Work::Rerank(_) => ("mean difference of logits", |a, b| f64::from((a[0] - b[0]).abs())),
        Work::Build | Work::Search { .. } => ("recall", recall),
    };
    let sum: f64 = rows.iter().zip(reference).map(|(row, other)| of(row, other)).sum();
    (measure, sum / reference.len() as f64)
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum()
    };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

fn recall(found: &[f32], nearest: &[f32]) -> f64 {
    found.iter().filter(|row| nearest.contains(row)).count() as f64 / nearest.len() as f64
}

/// Returns the load average of the last minute, 0 where the system gives none.
fn load_average() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0.0)
}

/// Returns the name of the processor and its number of cores.
fn machine() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let number = |name| field(name).unwrap_or_else(|| "?".to_owned());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "{} (family {}, model {}), {cores} cores",
        number("model name"),
        number("cpu family"),
        number("model\t")
    )
}

/// Returns the date in UTC (Hinnant's `civil_from_days`).
fn today() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let days = now.map_or(0, |since| since.as_secs() / 86_400) as i64 + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{day:02}", year_of_era + era * 400 + carry)
}
