//! What was measured of a collection, as a table in Markdown.

use std::fmt::Write;

use trommel_engine::Depths;

use crate::LAZY;
use crate::judged::Quality;
use crate::stops::Stop;

/// A collection at one stop.
pub(crate) struct Row {
    /// The stop.
    pub(crate) stop: Stop,
    /// How deep passages are there.
    pub(crate) depths: Depths,
    /// What searches are worth that encode nothing.
    pub(crate) alone: Quality,
    /// What they are worth that encode their best candidates.
    pub(crate) lazy: Quality,
}

impl Row {
    /// Returns what was measured, in a line.
    pub(crate) fn in_words(&self) -> String {
        let (Depths { encoded, .. }, Quality { ndcg, recall }) = (self.depths, self.alone);
        let lazy = self.lazy.ndcg;
        format!("{}, {encoded} encoded: {ndcg:.4}, {recall:.4}, lazy {lazy:.4}", self.stop)
    }

    /// Returns the row; shares are those of the nDCG@10 of the full index.
    fn markdown(&self, full: Option<f64>) -> String {
        let Self { stop, depths, alone, lazy } = self;
        let percent = 100.0 * depths.encoded as f64 / depths.passages().max(1) as f64;
        let encoded = format!("{} ({percent:.1} %)", depths.encoded);
        let share = |ndcg: f64| match full {
            Some(full) if full > 0.0 => format!("{:.1} %", 100.0 * ndcg / full),
            _ => "–".to_owned(),
        };
        let cells = |Quality { ndcg, recall }: &Quality| {
            format!("{} | {} | {}", figure(*ndcg), share(*ndcg), figure(*recall))
        };
        format!("| {stop} | {encoded} | {} | {} |", cells(alone), cells(lazy))
    }
}

/// A collection at all its stops.
pub(crate) struct Table {
    name: String,
    queries: usize,
    pub(crate) rows: Vec<Row>,
    /// Stops at which the sample alone has as many passages.
    pub(crate) left_out: Vec<Stop>,
}

impl Table {
    /// Returns a table without rows.
    pub(crate) fn new(name: String, queries: usize) -> Self {
        Self { name, queries, rows: Vec::new(), left_out: Vec::new() }
    }

    /// Returns the table: a row for each stop.
    pub(crate) fn markdown(&self) -> String {
        let passages = self.rows.last().map_or(0, |row| row.depths.passages());
        let all = self.rows.iter().find(|row| row.stop == Stop::Percent(100));
        let full = all.map(|row| row.alone.ndcg);
        let head = ["nDCG@10", "of the full index", "recall@100"];
        let lazy = head.map(|what| format!("{what}, `--lazy {LAZY}`"));
        let mut page = String::new();
        // A write to a string cannot fail.
        let _ = writeln!(page, "{}: {passages} passages, {} queries\n", self.name, self.queries);
        let _ = writeln!(page, "| | encoded | {} | {} |", head.join(" | "), lazy.join(" | "));
        let _ = writeln!(page, "|---{}|", "|---:".repeat(1 + head.len() + lazy.len()));
        for row in &self.rows {
            let _ = writeln!(page, "{}", row.markdown(full));
        }
        if !self.left_out.is_empty() {
            let stops: Vec<String> = self.left_out.iter().map(Stop::to_string).collect();
            let _ = writeln!(page, "\nLeft out, as the sample has no fewer: {}", stops.join(", "));
        }
        page
    }
}

/// Returns a number from 0 to 1 with four digits and without the nought before the point.
fn figure(number: f64) -> String {
    let text = format!("{number:.4}");
    text.strip_prefix('0').map_or(text.clone(), str::to_owned)
}
