//! What a report consists of, whatever it is written as.

use crate::escape::on_one_line;

/// A part of a report under a heading of its own.
#[derive(Debug, Clone)]
pub(crate) struct Section {
    /// A name for links.
    pub(crate) id: &'static str,
    /// The heading.
    pub(crate) title: &'static str,
    /// What stands under it.
    pub(crate) blocks: Vec<Block>,
}

/// A piece of a section.
#[derive(Debug, Clone)]
pub(crate) enum Block {
    /// Running text.
    Paragraph(Phrase),
    /// A table.
    Table(Table),
    /// Names and values.
    Facts(Vec<(Phrase, Phrase)>),
    /// A chart; only a page has it.
    Figure(Figure),
}

/// A line of text whose pieces come from different sources.
#[derive(Debug, Clone, Default)]
pub(crate) struct Phrase(Vec<Span>);

/// A piece of a line; it holds no line break and nothing that a terminal would obey.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    /// Where it comes from, and how it is set.
    pub(crate) kind: Kind,
    /// The text.
    pub(crate) text: String,
}

/// Where text comes from, and how it is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Our own words and numbers.
    Ours,
    /// Our own, to be seen first.
    Strong,
    /// Our own, to be seen last.
    Quiet,
    /// Text of documents, queries and files: never markup.
    Theirs,
    /// What one would type.
    Code,
}

impl Phrase {
    /// Returns our own words.
    pub(crate) fn ours(text: impl AsRef<str>) -> Self {
        Self::default().and(Kind::Ours, text)
    }

    /// Returns text that is not ours.
    pub(crate) fn theirs(text: impl AsRef<str>) -> Self {
        Self::default().and(Kind::Theirs, text)
    }

    /// Returns text that is not ours, and at most so many of its characters.
    pub(crate) fn beginning(text: &str, most: usize) -> Self {
        match text.char_indices().nth(most) {
            Some((end, _)) => Self::theirs(format!("{}…", text[..end].trim_end())),
            None => Self::theirs(text),
        }
    }

    /// Returns the line with one more piece at its end.
    #[must_use]
    pub(crate) fn and(mut self, kind: Kind, text: impl AsRef<str>) -> Self {
        // Spaces at the edges of our own pieces part them from their neighbours.
        let text = text.as_ref();
        let edge = |at_edge: bool| if at_edge && kind != Kind::Theirs { " " } else { "" };
        let line = on_one_line(text);
        let (start, end) = (edge(text.starts_with(' ')), edge(text.ends_with(' ')));
        // A piece of nothing but spaces parts its neighbours by one space, not by two.
        let end = if line.is_empty() { "" } else { end };
        self.0.push(Span { kind, text: format!("{start}{line}{end}") });
        self
    }

    /// Returns the pieces.
    pub(crate) fn spans(&self) -> &[Span] {
        &self.0
    }

    /// Returns the line without any setting.
    pub(crate) fn plain(&self) -> String {
        self.0.iter().map(|span| span.text.as_str()).collect()
    }
}

/// A table. The first column names the row.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    /// What it shows.
    pub(crate) caption: Phrase,
    /// Its columns.
    pub(crate) columns: Vec<Column>,
    /// Its rows.
    pub(crate) groups: Vec<Group>,
}

/// Rows that belong together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Group {
    /// What they have in common, if that must be said.
    pub(crate) name: Option<Phrase>,
    /// The rows, each with a cell a column.
    pub(crate) rows: Vec<Vec<Phrase>>,
}

/// A column of a table.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    /// What stands at its head.
    pub(crate) name: String,
    /// What its cells hold.
    pub(crate) holds: Holds,
}

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// Names and short words.
    Words,
    /// Numbers, to stand under each other.
    Numbers,
    /// Running text that may be cut where room is short.
    Text,
    /// Text that is broken into lines where room is short, but never cut.
    Whole,
}

impl Table {
    /// Returns an empty table.
    pub(crate) fn new(caption: Phrase, columns: &[(&str, Holds)]) -> Self {
        let column = |&(name, holds): &(&str, Holds)| Column { name: on_one_line(name), holds };
        Self { caption, columns: columns.iter().map(column).collect(), groups: Vec::new() }
    }

    /// Returns the table with one more group of rows, unless there are none.
    #[must_use]
    pub(crate) fn with(mut self, name: Option<Phrase>, rows: Vec<Vec<Phrase>>) -> Self {
        if !rows.is_empty() {
            self.groups.push(Group { name, rows });
        }
        self
    }
}

/// A chart and what is said of it.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    /// What is drawn.
    pub(crate) chart: Chart,
    /// What one sees, for whoever cannot.
    pub(crate) label: String,
    /// What stands under it.
    pub(crate) caption: Phrase,
}

/// What a chart draws.
#[derive(Debug, Clone)]
pub(crate) enum Chart {
    /// Horizontal bars; with an axis if there is a quantity to read off.
    Bars {
        /// The bars, from the top.
        bars: Vec<Bar>,
        /// The quantity on the axis; counts need none.
        axis: Option<String>,
    },
    /// Differences of queries, largest first, around a line at zero.
    Differences(Vec<f64>),
    /// Quality against time.
    Tradeoff {
        /// The metric on the upright axis.
        metric: String,
        /// The points, in the order of the rows.
        points: Vec<Point>,
    },
}

/// A horizontal bar.
#[derive(Debug, Clone)]
pub(crate) struct Bar {
    /// The name beside it.
    pub(crate) name: String,
    /// Its length.
    pub(crate) value: f64,
    /// The interval around its end.
    pub(crate) interval: Option<(f64, f64)>,
    /// The value as it is printed.
    pub(crate) shown: String,
}

/// A row by its time and its quality.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    /// The name beside it.
    pub(crate) name: String,
    /// The median time in milliseconds.
    pub(crate) time: f64,
    /// The leading metric.
    pub(crate) quality: f64,
    /// Its interval.
    pub(crate) interval: (f64, f64),
    /// Whether no other point is at least as quick and as good.
    pub(crate) on_front: bool,
}
