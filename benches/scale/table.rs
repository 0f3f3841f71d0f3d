//! The costs of all sizes as a table in Markdown.

use std::fmt::Write;

use crate::costs::{COSTS, Cost};
use crate::record::{Record, exponent, points};

/// Returns the table: a row for each cost that was measured, a column for each size.
pub(crate) fn table(records: &[Record]) -> String {
    let mut page = String::new();
    let sizes: Vec<String> = records.iter().map(|it| with_commas(it.passages)).collect();
    // A write to a string cannot fail.
    let _ = writeln!(page, "| passages | {} | exponent | wanted at 1 M |", sizes.join(" | "));
    let _ = writeln!(page, "|---|{}---:|---|", "---:|".repeat(records.len()));
    for cost in COSTS {
        let points = points(records, cost.name);
        if points.is_empty() {
            continue;
        }
        let cell = |record: &Record| {
            record.costs.get(cost.name).map_or("–".to_owned(), |it| figure(*it))
        };
        let cells: Vec<String> = records.iter().map(cell).collect();
        // A share does not grow by a power.
        let exponent = exponent(&points).filter(|_| !cost.unit.is_empty());
        let exponent = exponent.map_or(String::new(), |it| format!("{it:.2}"));
        let (head, cells) = (head(cost), cells.join(" | "));
        let _ = writeln!(page, "| {head} | {cells} | {exponent} | {} |", cost.bound);
    }
    if let Some(record) = records.last() {
        let loads: Vec<String> = records.iter().map(|it| format!("{:.1}", it.load)).collect();
        let _ = write!(page, "\n{}; load at the begin: {}\n", record.machine, loads.join(", "));
    }
    page
}

fn head(cost: &Cost) -> String {
    match cost.unit {
        "" => cost.what.to_owned(),
        unit => format!("{}, {unit}", cost.what),
    }
}

/// Returns a number with three digits that count, or all before the point.
fn figure(number: f64) -> String {
    match number.abs() {
        it if it >= 1e4 => with_commas(number.round() as u64),
        it if it >= 99.95 => format!("{number:.0}"),
        it if it >= 9.995 => format!("{number:.1}"),
        it if it >= 0.9995 => format!("{number:.2}"),
        _ => format!("{number:.3}"),
    }
}

fn with_commas(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        text.push_str(if place > 0 && (digits.len() - place).is_multiple_of(3) { "," } else { "" });
        text.push(digit);
    }
    text
}
