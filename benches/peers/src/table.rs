//! A race as a Markdown page.

use std::fmt::Write;

use crate::record::{Outcome, Record, Timing, median};

/// Returns the page of a race.
pub fn table(record: &Record) -> String {
    let most = record.load.iter().copied().fold(0.0, f64::max);
    let first = &record.first;
    let mut page = format!(
        "# {}\n\n\
         {}, {}. Two threads each; {} rounds, all contestants in turn in every round; medians. \
         Load average of the machine: up to {most:.1}.\n\n\
         In brackets: how many times as fast as that contestant `{first}` is, the median of the \
         ratios within each round.\n\n",
        record.title, record.date, record.machine, record.rounds,
    );
    let timed = record.results.iter().flat_map(|it| it.work.values());
    let measure = timed.clone().find(|it| !it.measure.is_empty());
    let measure = measure.map_or("fidelity", |timing| &timing.measure);
    let last = [format!("{measure} to `{}`", record.reference), "peak memory, MB".to_owned()];
    section(&mut page, record, &last, |outcome, name| {
        let ratio = record.ratio(&outcome.name, name).unwrap_or(f64::NAN);
        outcome.work.get(name).map(|timing| format!("{} ({ratio:.2})", figure(timing)))
    });
    if timed.clone().all(|timing| !timing.cpu_seconds.is_empty()) {
        let _ = write!(
            page,
            "\n## Processor time\n\nBoth threads' processor time for the same, in ms, which other programs \
             disturb less; threads that wait by spinning count. In brackets as above.\n\n"
        );
        section(&mut page, record, &[], |outcome, name| {
            let ratio = record.cpu_ratio(&outcome.name, name).unwrap_or(f64::NAN);
            let timing = outcome.work.get(name)?;
            Some(format!("{:.0} ({ratio:.2})", 1e3 * median(&timing.cpu_seconds)))
        });
    }
    page
}

/// Adds a table with a line for each contestant and a column for each piece of work.
fn section(
    page: &mut String,
    record: &Record,
    last: &[String],
    cell: impl Fn(&Outcome, &str) -> Option<String>,
) {
    let work = record.work();
    let heads = work.iter().map(|name| (*name).to_owned()).chain(last.iter().cloned());
    let _ = writeln!(page, "| | {} |", heads.collect::<Vec<_>>().join(" | "));
    let _ = writeln!(page, "|---|{}", "---:|".repeat(work.len() + last.len()));
    for outcome in &record.results {
        let mut cells = vec![format!("`{}`", outcome.name)];
        cells.extend(work.iter().map(|name| cell(outcome, name).unwrap_or("–".to_owned())));
        if !last.is_empty() {
            let fidelities = work.iter().filter_map(|name| outcome.work.get(*name)?.fidelity);
            let fidelities: Vec<String> = fidelities.map(|it| format!("{it:.4}")).collect();
            cells.push(fidelities.join(" / "));
            cells.push(outcome.memory_mb.map_or("–".to_owned(), |memory| memory.to_string()));
        }
        let _ = writeln!(page, "| {} |", cells.join(" | "));
    }
}

/// Returns a rate with the unit that suits it.
fn figure(timing: &Timing) -> String {
    match timing.unit.as_str() {
        "builds/s" => format!("{:.1} s", 1.0 / timing.rate),
        "queries/s" => format!("{:.0} µs", 1e6 / timing.rate),
        unit if timing.rate >= 1000.0 => format!("{:.1}k {unit}", timing.rate / 1000.0),
        unit => format!("{:.1} {unit}", timing.rate),
    }
}
