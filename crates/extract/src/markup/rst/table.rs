//! The tables of reStructuredText: drawn with marks, or written as lists.

use std::str::Lines;

/// How many lines a table may have; what follows is text again.
const MAX_LINES: usize = 100_000;

/// Returns where the columns of a simple table stand, in characters, by its first line: `=====
/// ===`.
pub(super) fn columns(line: &str) -> Option<Vec<(usize, usize)>> {
    let line = line.trim();
    let is_ruled = line.starts_with("==")
        && line.contains(' ')
        && line.bytes().all(|it| it == b'=' || it == b' ');
    if !is_ruled {
        return None;
    }
    let mut columns: Vec<(usize, usize)> = Vec::new();
    for (at, byte) in line.bytes().enumerate() {
        match (byte, columns.last_mut()) {
            (b'=', Some((_, end))) if *end == at => *end += 1,
            (b'=', _) => columns.push((at, at + 1)),
            _ => {}
        }
    }
    Some(columns)
}

/// Takes the rows of a simple table, up to its last line.
pub(super) fn simple(
    columns: &[(usize, usize)],
    indent: usize,
    lines: &mut Lines<'_>,
) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut is_head = true;
    let mut is_parted = true;
    for _ in 0..MAX_LINES {
        let Some(line) = lines.next() else { break };
        let text = line.trim();
        if text.bytes().all(|it| it == b'=' || it == b' ') && !text.is_empty() {
            // The line below the head is followed by rows, the last one by an empty line.
            let is_last = lines.clone().next().is_none_or(|below| below.trim().is_empty());
            if !is_head || is_last {
                break;
            }
            is_head = false;
            is_parted = true;
            continue;
        }
        if text.is_empty() || text.bytes().all(|it| it == b'-' || it == b' ') {
            is_parted = true;
            continue;
        }
        let characters: Vec<char> = line.chars().skip(indent).collect();
        let cell = |(at, &(from, to)): (usize, &(usize, usize))| -> String {
            let to =
                if at + 1 == columns.len() { characters.len() } else { to.min(characters.len()) };
            characters
                .get(from..to.max(from))
                .unwrap_or_default()
                .iter()
                .collect::<String>()
                .trim()
                .to_owned()
        };
        let cells: Vec<String> = columns.iter().enumerate().map(cell).collect();
        let goes_on = cells.first().is_some_and(String::is_empty) && !is_parted;
        match rows.last_mut() {
            Some(row) if goes_on => join(row, &cells),
            _ => rows.push(cells),
        }
        is_parted = false;
    }
    rows
}

/// Takes the rows of a grid, up to its last line.
pub(super) fn grid(lines: &mut Lines<'_>) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut is_new = true;
    let mut taken = 0;
    while let Some(line) = lines.clone().next().map(str::trim) {
        taken += 1;
        if !line.starts_with(['|', '+']) || taken > MAX_LINES {
            break;
        }
        lines.next();
        let is_rule = line.starts_with('+') && line.bytes().all(|it| b"+-=".contains(&it));
        if is_rule {
            is_new = true;
            continue;
        }
        let is_drawn = |part: &str| !part.is_empty() && part.bytes().all(|it| b"+-=".contains(&it));
        let cells: Vec<String> = line
            .trim_matches(['|', '+'])
            .split('|')
            .map(|cell| if is_drawn(cell.trim()) { String::new() } else { cell.trim().to_owned() })
            .collect();
        match rows.last_mut() {
            Some(row) if !is_new => join(row, &cells),
            _ => rows.push(cells),
        }
        is_new = false;
    }
    rows
}

/// Returns the rows of a table that is a list of lists.
pub(super) fn listed(lines: &[&str]) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for line in lines.iter().map(|line| line.trim()) {
        let cell = match line.strip_prefix("* -") {
            Some(cell) => {
                rows.push(Vec::new());
                Some(cell)
            }
            None => line.strip_prefix("- ").or_else(|| (line == "-").then_some("")),
        };
        let Some(row) = rows.last_mut() else { continue };
        match (cell, row.last_mut()) {
            (Some(cell), _) => row.push(cell.trim().to_owned()),
            (None, Some(last)) => join(std::slice::from_mut(last), &[line.to_owned()]),
            (None, None) => {}
        }
    }
    rows
}

/// Adds what stands in a further line of the same row.
fn join(row: &mut [String], cells: &[String]) {
    for (cell, more) in row.iter_mut().zip(cells).filter(|(_, more)| !more.is_empty()) {
        if !cell.is_empty() {
            cell.push(' ');
        }
        cell.push_str(more);
    }
}
