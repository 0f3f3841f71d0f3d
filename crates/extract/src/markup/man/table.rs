//! Tables of the preprocessor tbl.

use super::escapes::Strings;
use super::macros::arguments;

/// A table, as far as it is read.
#[derive(Default)]
pub(super) struct Table {
    part: Part,
    /// What parts cells, if it is no tab.
    delimiter: Option<char>,
    row: Vec<String>,
    /// Whether a cell of several lines is open.
    is_open: bool,
}

/// Options come first, then formats, then the cells.
#[derive(Default, PartialEq, Eq)]
enum Part {
    #[default]
    Options,
    Formats,
    Cells,
}

/// What a line of a table says.
pub(super) enum Said {
    Row(Vec<String>),
    Nothing,
    End,
}

impl Table {
    /// Takes a line.
    pub(super) fn line(&mut self, line: &str, strings: &Strings) -> Said {
        let line = line.trim_end();
        if line.starts_with(".TE") {
            return Said::End;
        }
        if line.starts_with(".T&") {
            self.part = Part::Formats;
            return Said::Nothing;
        }
        if self.part == Part::Options && line.ends_with(';') {
            let option = line.split_once("tab").map(|(_, it)| it.trim_start_matches([' ', '(']));
            self.delimiter = option.and_then(|it| it.chars().next());
            self.part = Part::Formats;
            return Said::Nothing;
        }
        if self.part != Part::Cells {
            self.part = if line.ends_with('.') { Part::Cells } else { Part::Formats };
            return Said::Nothing;
        }
        self.cells(line, strings)
    }

    fn cells(&mut self, line: &str, strings: &Strings) -> Said {
        let delimiter = self.delimiter.unwrap_or('\t');
        let mut rest = line;
        if self.is_open {
            let Some(behind) = line.strip_prefix("T}") else {
                let words = match line.strip_prefix(['.', '\'']) {
                    Some(request) => request_words(request),
                    None => line.to_owned(),
                };
                if let Some(cell) = self.row.last_mut() {
                    cell.push(' ');
                    cell.push_str(strings.resolve(&words).text.trim());
                }
                return Said::Nothing;
            };
            self.is_open = false;
            match behind.strip_prefix(delimiter) {
                Some(behind) => rest = behind,
                None => return Said::Row(std::mem::take(&mut self.row)),
            }
        } else if line.starts_with(['.', '\'']) && !line.starts_with(delimiter)
            || matches!(line, "_" | "=")
        {
            return Said::Nothing;
        }
        for cell in rest.split(delimiter) {
            self.is_open = cell.trim() == "T{";
            // A line across, or the cell above going on.
            let is_drawn = self.is_open || matches!(cell, "_" | "=" | "\\_" | "\\^");
            self.row.push(if is_drawn { String::new() } else { strings.resolve(cell).text });
        }
        if self.is_open { Said::Nothing } else { Said::Row(std::mem::take(&mut self.row)) }
    }
}

/// Returns the words of a request within a cell.
fn request_words(request: &str) -> String {
    let (name, rest) = request.trim_start().split_once([' ', '\t']).unwrap_or((request, ""));
    match name {
        "B" | "I" | "R" | "SM" | "SB" => arguments(rest).join(" "),
        "BI" | "BR" | "IB" | "IR" | "RB" | "RI" => arguments(rest).concat(),
        _ => String::new(),
    }
}
