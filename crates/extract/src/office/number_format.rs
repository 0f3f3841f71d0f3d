//! Which numbers of a workbook are dates, and how those are written.

use std::collections::HashMap;

use super::MAX_ENTRIES;
use crate::xml::Xml;
use crate::{ExtractError, Limits};

const DAY: f64 = 86_400.0;

/// The day of 1970-01-01 in workbooks that count from 1900, and from 1904.
const EPOCH_1900: i64 = 25_569;
const EPOCH_1904: i64 = 24_107;

/// The last day that has a date, 9999-12-31 from 1900.
const LAST_DAY: f64 = 2_958_465.0;

/// What a format shows a number as.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    #[default]
    Number,
    /// A date, a time, or both.
    Date,
    /// Hours that go on beyond 24.
    Duration,
}

/// The formats of cells, by the number of their style.
#[derive(Debug, Default)]
pub(super) struct Formats(Vec<Shown>);

impl Formats {
    /// Reads the part of styles.
    ///
    /// # Errors
    ///
    /// If it is no XML.
    pub(super) fn read(text: &str, limits: &Limits) -> Result<Self, ExtractError> {
        let mut own: HashMap<u32, Shown> = HashMap::new();
        let mut formats = Self::default();
        let mut xml = Xml::new(text, limits);
        while let Some(element) = xml.element_in(0)? {
            let id = element.attribute("numFmtId").and_then(|id| id.parse().ok());
            match element.name() {
                "numFmt" if own.len() < MAX_ENTRIES => {
                    let code = element.attribute("formatCode").unwrap_or_default();
                    own.extend(id.map(|id| (id, shown_by_code(&code))));
                }
                // The other formats are those of named styles, which cells do not refer to.
                "cellXfs" => {
                    let inside = xml.depth();
                    while let Some(element) = xml.element_in(inside)? {
                        if element.name() == "xf" && formats.0.len() < MAX_ENTRIES {
                            let id = element.attribute("numFmtId").and_then(|id| id.parse().ok());
                            let id = id.unwrap_or(0);
                            let shown = own.get(&id).copied().unwrap_or_else(|| shown_by_id(id));
                            formats.0.push(shown);
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(formats)
    }

    /// Returns what the style of that number shows numbers as.
    pub(super) fn shown(&self, style: usize) -> Shown {
        self.0.get(style).copied().unwrap_or_default()
    }
}

/// Returns what a predefined format shows, those of East Asian dates included.
fn shown_by_id(id: u32) -> Shown {
    match id {
        14..=22 | 27..=36 | 45 | 47 | 50..=58 => Shown::Date,
        46 => Shown::Duration,
        _ => Shown::Number,
    }
}

/// Returns what the first section of a format shows: letters of dates outside of quotes and
/// brackets.
fn shown_by_code(code: &str) -> Shown {
    let mut rest = code.chars();
    while let Some(character) = rest.next() {
        match character {
            ';' => break,
            '"' => drop(rest.find(|it| *it == '"')),
            '\\' | '_' | '*' => drop(rest.next()),
            '[' => {
                let inner: String = rest.by_ref().take_while(|it| *it != ']').collect();
                if !inner.is_empty() && inner.chars().all(|it| "hmsHMS".contains(it)) {
                    return Shown::Duration;
                }
            }
            // "General" has none of these letters.
            'y' | 'Y' | 'd' | 'D' | 'm' | 'M' | 'h' | 'H' | 's' | 'S' => return Shown::Date,
            _ => {}
        }
    }
    Shown::Number
}

/// Returns the date or time that a number stands for in ISO 8601; none if it stands for none.
pub(super) fn iso(number: f64, shown: Shown, from_1904: bool) -> Option<String> {
    let is_date = (0.0..=LAST_DAY + 1.0).contains(&number);
    if shown == Shown::Number || !is_date {
        return None;
    }
    // A binary fraction may be a hair below the second that was meant.
    let seconds = (number * DAY + 0.0005).floor() as i64;
    let (day, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let time = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
    if shown == Shown::Duration {
        let hours = seconds / 3600;
        return Some(format!("{hours:02}:{:02}:{:02}", seconds / 60 % 60, seconds % 60));
    }
    if day == 0 && !from_1904 {
        return Some(time);
    }
    let days = match from_1904 {
        true => day - EPOCH_1904,
        // Before 1900-03-01 the count is one off, for it has a 29 February that there was not.
        false if day < 60 => day + 1 - EPOCH_1900,
        false => day - EPOCH_1900,
    };
    let date = date(days);
    Some(if second == 0 { date } else { format!("{date} {time}") })
}

/// Returns the date that is so many days from 1970-01-01, by the rules of the Gregorian calendar.
fn date(days: i64) -> String {
    // Years that begin in March have their leap day at the end, and 400 of them have 146,097 days.
    let from_march_0 = days + 719_468;
    let (era, day) = (from_march_0.div_euclid(146_097), from_march_0.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = match month {
        0..10 => (era * 400 + year, month + 3),
        _ => (era * 400 + year + 1, month - 9),
    };
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn format_codes_say_what_they_show() {
        let cases = [
            ("General", Shown::Number),
            ("#,##0.00", Shown::Number),
            ("0.00E+00", Shown::Number),
            ("[Red]0.0", Shown::Number),
            ("0 \"days\"", Shown::Number),
            ("0\\d", Shown::Number),
            ("0;yyyy", Shown::Number),
            ("d-mmm-yy", Shown::Date),
            ("[$-409]h:mm AM/PM", Shown::Date),
            ("mm:ss", Shown::Date),
            ("[h]:mm:ss", Shown::Duration),
            ("[", Shown::Number),
            ("\"", Shown::Number),
        ];
        for (code, shown) in cases {
            assert_eq!(shown_by_code(code), shown, "{code}");
        }
    }

    #[test]
    fn numbers_are_dates_of_either_system() {
        // Known days: 1900-01-01 is 1, 1970-01-01 is 25569, 2000-02-29 is 36585; 1904-01-01 is 0.
        let cases = [
            (1.0, false, "1900-01-01"),
            (59.0, false, "1900-02-28"),
            (61.0, false, "1900-03-01"),
            (25_569.0, false, "1970-01-01"),
            (36_585.0, false, "2000-02-29"),
            (36_585.75, false, "2000-02-29 18:00:00"),
            (2_958_465.0, false, "9999-12-31"),
            (0.5, false, "12:00:00"),
            (0.291_666_666_666, false, "07:00:00"),
            (0.500_001, false, "12:00:00"),
            (0.0, true, "1904-01-01"),
            (35_123.0, true, "2000-02-29"),
        ];
        for (number, from_1904, date) in cases {
            assert_eq!(iso(number, Shown::Date, from_1904).unwrap(), date, "{number}");
        }
        assert_eq!(iso(1.125, Shown::Duration, false).unwrap(), "27:00:00");
        for number in [-1.0, 3e9, f64::NAN, f64::INFINITY] {
            assert_eq!(iso(number, Shown::Date, false), None);
        }
        assert_eq!(iso(1.0, Shown::Number, false), None);
    }

    #[test]
    fn styles_refer_to_formats() {
        let text = "<styleSheet><numFmts><numFmt numFmtId='164' formatCode='yyyy\\-mm'/></numFmts>\
            <cellStyleXfs><xf numFmtId='14'/></cellStyleXfs><cellXfs><xf numFmtId='0'/>\
            <xf numFmtId='164'/><xf numFmtId='22'/><xf/></cellXfs></styleSheet>";
        let formats = Formats::read(text, &Limits::default()).unwrap();
        let shown: Vec<Shown> = (0..5).map(|style| formats.shown(style)).collect();
        let (number, date) = (Shown::Number, Shown::Date);
        assert_eq!(shown, [number, date, date, number, number]);
    }
}
