//! Tables of a terminal.

use unicode_width::UnicodeWidthStr;

use super::fit::{cut, wrap};
use crate::block::{Holds, Phrase, Table};

/// What stands between two columns.
const GAP: usize = 2;
/// Running text is cut to no less than that before a table is parted.
const LEAST: usize = 16;
/// Text that is not cut is broken into lines no shorter than that.
const LEAST_WHOLE: usize = 20;

/// Returns the lines of a table in at most `width` columns.
///
/// Running text is cut or broken first. Where that is not enough, columns move below, behind the names of
/// their rows again.
pub(super) fn lines(table: &Table, width: usize) -> Vec<String> {
    let mut lines = wrap(&table.caption.plain(), width, "");
    let sheet = Sheet::of(table);
    for part in sheet.parts(width) {
        lines.push(String::new());
        lines.extend(sheet.part(&part, width));
    }
    lines
}

/// A table in plain text.
struct Sheet {
    heads: Vec<String>,
    holds: Vec<Holds>,
    /// Every group's name and rows.
    groups: Vec<(Option<String>, Vec<Vec<String>>)>,
    /// How wide each column would like to be.
    natural: Vec<usize>,
}

impl Sheet {
    fn of(table: &Table) -> Self {
        let cells = |row: &Vec<Phrase>| row.iter().map(Phrase::plain).collect();
        let groups: Vec<(Option<String>, Vec<Vec<String>>)> = table
            .groups
            .iter()
            .map(|group| {
                let name = group.name.as_ref().map(Phrase::plain);
                (name, group.rows.iter().map(cells).collect())
            })
            .collect();
        let heads: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        let rows = || groups.iter().flat_map(|(_, rows)| rows);
        let widest = |(column, head): (usize, &String)| {
            let cells = rows().filter_map(|row| row.get(column)).map(|cell| cell.width());
            cells.chain([head.width()]).max().unwrap_or(0)
        };
        let natural = heads.iter().enumerate().map(widest).collect();
        let holds = table.columns.iter().map(|column| column.holds).collect();
        Self { heads, holds, groups, natural }
    }

    /// Returns the least width that a column is cut to.
    fn least(&self, column: usize) -> usize {
        match self.holds[column] {
            Holds::Text => self.natural[column].min(LEAST),
            Holds::Whole => self.natural[column].min(LEAST_WHOLE),
            Holds::Words | Holds::Numbers => self.natural[column],
        }
    }

    /// Returns which columns stand side by side; the first column is in every part.
    fn parts(&self, width: usize) -> Vec<Vec<usize>> {
        let mut parts: Vec<Vec<usize>> = Vec::new();
        let mut used = 0;
        for column in 1..self.heads.len() {
            // The least widths decide whether columns fit side by side; how wide they become is
            // settled later, part by part.
            let needed = GAP + self.least(column);
            match parts.last_mut() {
                Some(part) if used + needed <= width => part.push(column),
                _ => {
                    parts.push(vec![0, column]);
                    used = self.least(0);
                }
            }
            used += needed;
        }
        if parts.is_empty() { vec![vec![0]] } else { parts }
    }

    /// Returns the width of each column of a part.
    fn widths(&self, part: &[usize], width: usize) -> Vec<usize> {
        let mut widths: Vec<usize> = part.iter().map(|&column| self.natural[column]).collect();
        let room = width.saturating_sub(GAP * (part.len() - 1));
        let soft = |at: usize| match self.holds[part[at]] {
            Holds::Text | Holds::Whole => self.least(part[at]),
            Holds::Words | Holds::Numbers => usize::MAX,
        };
        // Running text gives way first, then whatever is widest.
        for least in [&soft as &dyn Fn(usize) -> usize, &|_| 1] {
            while widths.iter().sum::<usize>() > room {
                let wide = (0..part.len()).filter(|&at| widths[at] > least(at));
                // One column of width at a time from the widest, so that columns end up about
                // equally wide.
                let Some(at) = wide.max_by_key(|&at| (widths[at], at)) else { break };
                widths[at] -= 1;
            }
        }
        widths
    }

    fn part(&self, part: &[usize], width: usize) -> Vec<String> {
        let widths = self.widths(part, width);
        let mut lines = self.row(&self.heads, part, &widths);
        for (name, rows) in &self.groups {
            lines.extend(name.iter().flat_map(|name| wrap(&format!("{name}:"), width, "")));
            lines.extend(rows.iter().flat_map(|row| self.row(row, part, &widths)));
        }
        lines
    }

    /// Returns the lines of a row: one, unless text that is not cut needs more.
    fn row(&self, cells: &[String], part: &[usize], widths: &[usize]) -> Vec<String> {
        let cell = |(&column, &width): (&usize, &usize)| {
            let cell = cells.get(column).map_or("", String::as_str);
            match self.holds[column] {
                Holds::Whole => wrap(cell, width, ""),
                Holds::Words | Holds::Numbers | Holds::Text => vec![cut(cell, width)],
            }
        };
        let cells: Vec<Vec<String>> = part.iter().zip(widths).map(cell).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        let line = |n: usize| {
            let mut line = String::new();
            for (at, cell) in cells.iter().enumerate() {
                let cell = cell.get(n).map_or("", String::as_str);
                let pad = " ".repeat(widths[at].saturating_sub(cell.width()));
                if at > 0 {
                    line.push_str(&" ".repeat(GAP));
                }
                line.push_str(&match self.holds[part[at]] {
                    Holds::Numbers => pad + cell,
                    Holds::Words | Holds::Text | Holds::Whole => cell.to_owned() + &pad,
                });
            }
            line.trim_end().to_owned()
        };
        (0..height).map(line).collect()
    }
}
