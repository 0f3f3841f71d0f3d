//! Tables of AsciiDoc, whose cells may stand on lines of their own.

/// The most columns that a table is taken to have.
const MAX_COLUMNS: usize = 1_000;

/// What an escaped mark is while a line is cut.
const ESCAPED: &str = "\u{1f}";

/// A table, as far as it is read.
pub(super) struct Table {
    end: String,
    /// How many columns it has; not known before the first line, if it does not say so.
    columns: Option<usize>,
    /// The row that is not complete: its last cell may go on below.
    cells: Vec<String>,
    /// How many columns these take.
    width: usize,
}

impl Table {
    /// Returns the table that a line begins, below its `options`.
    pub(super) fn begun(line: &str, options: &str) -> Option<Self> {
        let marks = line.strip_prefix('|')?;
        let is_begun = marks.len() >= 3 && marks.bytes().all(|byte| byte == b'=');
        is_begun.then(|| Self {
            end: line.to_owned(),
            columns: columns_of(options),
            cells: Vec::new(),
            width: 0,
        })
    }

    /// Says whether a line ends it.
    pub(super) fn ends(&self, line: &str) -> bool {
        line == self.end
    }

    /// Takes a line, and returns the rows that it completes.
    pub(super) fn line(&mut self, line: &str) -> Vec<Vec<String>> {
        let line = line.replace("\\|", ESCAPED);
        let mut rows = Vec::new();
        let mut stretches = Stretches { rest: Some(&line), is_begun: false };
        // What stands before the first mark goes on with the cell above.
        let Some(mut last) = stretches.next() else { return rows };
        if let Some(cell) = self.cells.last_mut().filter(|_| !last.text.trim().is_empty()) {
            cell.push(' ');
            cell.push_str(&last.text.trim().replace(ESCAPED, "|"));
        }
        for stretch in stretches {
            if self.columns.is_some_and(|columns| self.width >= columns) {
                rows.push(self.rest());
            }
            self.width += span_of(last.format);
            self.cells.push(stretch.text.trim().replace(ESCAPED, "|"));
            last = stretch;
        }
        if self.columns.is_none() && self.width > 0 {
            self.columns = Some(self.width);
        }
        rows
    }

    /// Returns the row that is left.
    pub(super) fn rest(&mut self) -> Vec<String> {
        self.width = 0;
        std::mem::take(&mut self.cells)
    }
}

/// The stretches between the marks of a line.
struct Stretches<'a> {
    rest: Option<&'a str>,
    is_begun: bool,
}

/// A stretch between two marks.
#[derive(Default)]
struct Stretch<'a> {
    text: &'a str,
    /// The format of the cell behind it, which is its last word.
    format: &'a str,
}

impl<'a> Iterator for Stretches<'a> {
    type Item = Stretch<'a>;

    fn next(&mut self) -> Option<Stretch<'a>> {
        let rest = self.rest.take()?;
        let Some((text, behind)) = rest.split_once('|') else {
            return Some(Stretch { text: rest, format: "" });
        };
        self.rest = Some(behind);
        // It stands behind a blank, or at the start of the line.
        let start = text.rfind(char::is_whitespace).map(|at| at + 1);
        let start = start.unwrap_or(if self.is_begun { text.len() } else { 0 });
        self.is_begun = true;
        let word = text.get(start..).unwrap_or_default();
        match is_format(word) {
            true => Some(Stretch { text: &text[..text.len() - word.len()], format: word }),
            false => Some(Stretch { text, format: "" }),
        }
    }
}

/// Says whether a word is the format of a cell, such as `2+^.>s`.
fn is_format(word: &str) -> bool {
    let style = word.trim_start_matches(|c: char| c.is_ascii_digit() || ".+*<^>".contains(c));
    word.len() < 12
        && (style.is_empty() && word.ends_with(['+', '*', '<', '^', '>'])
            || matches!(style, "a" | "d" | "e" | "h" | "l" | "m" | "s"))
}

/// Returns how many columns a cell of a format takes.
fn span_of(format: &str) -> usize {
    let digits = format.find(|c: char| !c.is_ascii_digit()).map_or("", |end| &format[..end]);
    let spans = format[digits.len()..].starts_with(['+', '.', '*']);
    if spans { digits.parse().unwrap_or(1).clamp(1, MAX_COLUMNS) } else { 1 }
}

/// Returns how many columns `cols="1,2a"` or `cols=3*` says; none if it says none.
fn columns_of(options: &str) -> Option<usize> {
    let (_, columns) = options.split_once("cols=")?;
    let columns = match columns.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => columns.split(',').next()?,
    };
    let parts = columns.split([',', ';']).map(|part| {
        part.split_once('*').and_then(|(times, _)| times.trim().parse().ok()).unwrap_or(1usize)
    });
    Some(parts.fold(0, usize::saturating_add).clamp(1, MAX_COLUMNS))
}
