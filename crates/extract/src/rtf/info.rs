//! What a document says of itself.

use trommel_core::Metadata;

use crate::one_line;

/// The longest title or value, in characters.
const MAX_VALUE: usize = 300;

/// How the names of files end that programs put in for a title.
const ENDINGS: [&str; 6] = [".doc", ".docx", ".dot", ".odt", ".rtf", ".txt"];

/// What a document says of itself.
#[derive(Debug, Default)]
pub(super) struct Info {
    pub(super) title: Option<String>,
    pub(super) metadata: Metadata,
    /// The text of the field that is being read.
    pub(super) text: String,
    /// The date that is being read.
    pub(super) date: Date,
}

impl Info {
    /// Ends a field of text.
    pub(super) fn end_text(&mut self, name: &str) {
        let text = std::mem::take(&mut self.text);
        match (name, one_line(&text, MAX_VALUE)) {
            ("title", title) => self.title = title.filter(|title| is_title(title)),
            (_, Some(value)) => drop(self.metadata.insert(name.to_owned(), value)),
            (_, None) => {}
        }
    }

    /// Ends a field of a date.
    pub(super) fn end_date(&mut self, name: &str) {
        if let Some(date) = std::mem::take(&mut self.date).iso() {
            self.metadata.insert(name.to_owned(), date);
        }
    }
}

/// A date and time of day, in the place where the document was written.
#[derive(Debug, Default)]
pub(super) struct Date {
    year: i32,
    month: i32,
    day: i32,
    hour: i32,
    minute: i32,
    second: i32,
}

impl Date {
    /// Takes a control word of a date.
    pub(super) fn take(&mut self, word: &str, number: i32) {
        match word {
            "yr" => self.year = number,
            "mo" => self.month = number,
            "dy" => self.day = number,
            "hr" => self.hour = number,
            "min" => self.minute = number,
            "sec" => self.second = number,
            _ => {}
        }
    }

    /// Returns it in ISO 8601; none if there is no such date.
    fn iso(&self) -> Option<String> {
        let Self { year, month, day, hour, minute, second } = self;
        let is_date = (1..=9999).contains(year) && (1..=12).contains(month);
        let is_time =
            (0..24).contains(hour) && (0..60).contains(minute) && (0..60).contains(second);
        let date = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
        (is_date && (1..=31).contains(day) && is_time).then_some(date)
    }
}

/// Says whether a title is a person's, and not what a program put in.
fn is_title(title: &str) -> bool {
    let title = title.to_lowercase();
    title != "untitled"
        && !title.starts_with("microsoft word - ")
        && !ENDINGS.iter().any(|ending| title.ends_with(ending))
}
