//! Dates of mail (RFC 5322), and what old and careless programs write for them.

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Zones that have names, in hours from UTC.
const ZONES: [(&str, i32); 12] = [
    ("ut", 0),
    ("utc", 0),
    ("gmt", 0),
    ("z", 0),
    ("est", -5),
    ("edt", -4),
    ("cst", -6),
    ("cdt", -5),
    ("mst", -7),
    ("mdt", -6),
    ("pst", -8),
    ("pdt", -7),
];

/// Returns a date in ISO 8601, with its zone if it names one; none if it is no date.
pub(super) fn iso(text: &str) -> Option<String> {
    let mut date = Date::default();
    let text = without_comments(text).to_ascii_lowercase();
    for word in text.split(|it: char| it.is_whitespace() || it == ',') {
        date.take(word);
    }
    date.iso()
}

#[derive(Debug, Default)]
struct Date {
    year: Option<u32>,
    month: Option<usize>,
    day: Option<u32>,
    time: Option<(u32, u32, u32)>,
    /// Minutes from UTC.
    zone: Option<i32>,
}

impl Date {
    /// Takes a word for what it looks like: the order is not the same everywhere.
    fn take(&mut self, word: &str) {
        let number = word.parse::<u32>().ok().filter(|_| word.len() <= 4);
        let named = ZONES.iter().find(|(name, _)| *name == word);
        if word.starts_with(['+', '-']) {
            self.zone = self.zone.or_else(|| zone(word));
        } else if word.contains(':') {
            self.time = self.time.or_else(|| time(word));
        } else if let Some(number) = number {
            match self.day {
                None if word.len() <= 2 => self.day = Some(number),
                _ => self.year = self.year.or_else(|| Some(year(number))),
            }
        } else if let Some((_, hours)) = named {
            self.zone = self.zone.or(Some(hours * 60));
        } else if let Some(start) = word.get(..3) {
            self.month = self.month.or_else(|| MONTHS.iter().position(|month| *month == start));
        }
    }

    fn iso(&self) -> Option<String> {
        let (hour, minute, second) = self.time?;
        let day = self.day.filter(|day| (1..=31).contains(day))?;
        let (year, month) = (self.year?, self.month? + 1);
        let zone = match self.zone {
            None => String::new(),
            Some(0) => "Z".to_owned(),
            Some(minutes) => {
                let sign = if minutes < 0 { '-' } else { '+' };
                format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
            }
        };
        Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{zone}"))
    }
}

/// Returns hours, minutes and seconds; the latter may be left out, and be 60.
fn time(word: &str) -> Option<(u32, u32, u32)> {
    let mut numbers = word.split(':').map(|it| it.parse::<u32>().ok());
    let (hour, minute) = (numbers.next()??, numbers.next()??);
    let second = numbers.next().unwrap_or(Some(0))?;
    (hour < 24 && minute < 60 && second <= 60).then_some((hour, minute, second))
}

/// Returns the minutes from UTC of a zone such as `-0530`.
fn zone(word: &str) -> Option<i32> {
    let digits = word.get(1..)?.replace(':', "");
    let number: i32 = digits.parse().ok().filter(|_| digits.len() == 4)?;
    let minutes = number / 100 * 60 + number % 100;
    let is_zone = number % 100 < 60 && minutes < 24 * 60;
    is_zone.then_some(if word.starts_with('-') { -minutes } else { minutes })
}

/// Returns a year that may be written with two or three digits.
fn year(number: u32) -> u32 {
    match number {
        0..50 => 2000 + number,
        50..1000 => 1900 + number,
        _ => number,
    }
}

fn without_comments(text: &str) -> String {
    let mut depth = 0_u32;
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(character),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::iso;

    #[test]
    fn dates_of_all_ages_are_read() {
        let dates = [
            ("Tue, 3 Mar 2020 10:00:00 +0100", "2020-03-03T10:00:00+01:00"),
            ("Tue, 03 Mar 2020 10:00:00 -0530 (one (or other) zone)", "2020-03-03T10:00:00-05:30"),
            ("3 Mar 99 9:05 EST", "1999-03-03T09:05:00-05:00"),
            ("Wed, 3 March 1999 09:05 GMT", "1999-03-03T09:05:00Z"),
            ("Wed Mar  3 09:05:00 1999", "1999-03-03T09:05:00"),
            ("31 Dec 2016 23:59:60 -0000", "2016-12-31T23:59:60Z"),
            ("1 Jan 01 0:00 Z", "2001-01-01T00:00:00Z"),
        ];
        for (written, expected) in dates {
            assert_eq!(iso(written).as_deref(), Some(expected), "{written}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for no in
            ["", "yesterday", "32 Mar 2020 10:00", "3 Mar 2020", "3 Mar 2020 25:00", "10:00", "))("]
        {
            assert_eq!(iso(no), None, "{no}");
        }
    }
}
