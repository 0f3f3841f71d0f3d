//! Dates in metadata, as ISO 8601 writes them.

/// A stretch of time in microseconds since 1970, UTC: from `start` to before `end`.
///
/// A date stands for all of its day, a minute for all of its seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: i64,
    pub(crate) end: i64,
}

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

impl Span {
    /// Reads a month (`2024-05`), a date (`2024-05-01`) or a time of it (`2024-05-01T10:30`, with
    /// seconds, a fraction, and `Z` or an offset such as `+02:00` if there are any; without an offset
    /// it is taken for UTC). `None` if it is anything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut rest = Rest(text.as_bytes());
        let year = rest.digits(4)?;
        rest.sign(b'-')?;
        let month = rest.digits(2).filter(|month| (1..=12).contains(month))?;
        if rest.0.is_empty() {
            let (next_year, next) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
            let day = |year, month| days(year, month, 1) * DAY;
            return Some(Self { start: day(year, month), end: day(next_year, next) });
        }
        rest.sign(b'-')?;
        let day = rest.digits(2).filter(|day| (1..=days_in(year, month)).contains(day))?;
        let start = days(year, month, day) * DAY;
        if rest.0.is_empty() {
            return Some(Self { start, end: start + DAY });
        }
        let (since, length) = rest.time()?;
        let start = start + since - rest.offset()?;
        rest.0.is_empty().then_some(Self { start, end: start + length })
    }

    /// Returns all of a year, of at most four digits.
    pub(crate) fn of_year(year: i64) -> Self {
        Self { start: days(year, 1, 1) * DAY, end: days(year + 1, 1, 1) * DAY }
    }
}

/// What is left to be read.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn digits(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        let value = |number: i64, digit: &u8| {
            digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0'))
        };
        digits.iter().try_fold(0, value)
    }

    fn sign(&mut self, sign: u8) -> Option<()> {
        self.0 = self.0.strip_prefix(&[sign])?;
        Some(())
    }

    /// Reads the time of a day; returns where in the day it is, and how long it lasts as it is
    /// written.
    fn time(&mut self) -> Option<(i64, i64)> {
        self.sign(b'T').or_else(|| self.sign(b' '))?;
        let hour = self.digits(2).filter(|hour| *hour < 24)?;
        self.sign(b':')?;
        let minute = self.digits(2).filter(|minute| *minute < 60)?;
        let since = (hour * 60 + minute) * 60 * SECOND;
        if self.sign(b':').is_none() {
            return Some((since, 60 * SECOND));
        }
        // A leap second is taken for the first one of the next minute.
        let second = self.digits(2).filter(|second| *second <= 60)?;
        let since = since + second * SECOND;
        if self.sign(b'.').is_none() {
            return Some((since, SECOND));
        }
        let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (fraction, rest) = self.0.split_at(digits);
        self.0 = rest;
        // What is finer than a microsecond is left out.
        let micros = (0..6).fold(0, |micros, place| {
            micros * 10 + fraction.get(place).map_or(0, |digit| i64::from(digit - b'0'))
        });
        (digits > 0).then_some((since + micros, 1))
    }

    /// Reads how far the clock is ahead of UTC.
    fn offset(&mut self) -> Option<i64> {
        if self.0.is_empty() || self.sign(b'Z').is_some() {
            return Some(0);
        }
        let ahead = if self.sign(b'+').is_some() { 1 } else { self.sign(b'-').map(|()| -1)? };
        let hours = self.digits(2)?;
        let _ = self.sign(b':');
        let minutes = self.digits(2)?;
        Some(ahead * (hours * 60 + minutes) * 60 * SECOND)
    }
}

fn days_in(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Returns the days since 1970-01-01 in the Gregorian calendar, by Hinnant's `days_from_civil`
/// (<https://howardhinnant.github.io/date_algorithms.html>).
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March there, so that the leap day is the last of a year.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(text: &str) -> Option<i64> {
        Span::parse(text).map(|span| span.start)
    }

    #[test]
    fn seconds_since_1970_are_those_that_date_says() {
        // date -u -d TEXT +%s
        for (text, seconds) in [
            ("1970-01-01", 0),
            ("1969-12-31", -86_400),
            ("2000-02-29", 951_782_400),
            ("2024-05-01T10:30", 1_714_559_400),
            ("2024-05-01T10:30:15Z", 1_714_559_415),
            ("2024-05-01 10:30:15+02:00", 1_714_552_215),
            ("2024-05-01T10:30:15-0530", 1_714_579_215),
            ("1600-01-01", -11_676_096_000),
        ] {
            assert_eq!(start(text), Some(seconds * SECOND), "{text}");
        }
        assert_eq!(start("2024-05-01T00:00:00.25"), Some(1_714_521_600_250_000));
    }

    #[test]
    fn a_date_lasts_as_long_as_it_says() {
        let lasts = |text| Span::parse(text).map(|span| (span.end - span.start) / SECOND);
        assert_eq!(lasts("2024-02"), Some(29 * 86_400));
        assert_eq!(lasts("2023-12"), Some(31 * 86_400));
        assert_eq!(lasts("2024-05-01"), Some(86_400));
        assert_eq!(lasts("2024-05-01T10:30"), Some(60));
        assert_eq!(lasts("2024-05-01T10:30:15"), Some(1));
        let year = Span::of_year(2023);
        assert_eq!((year.end - year.start) / DAY, 365);
        assert_eq!(Some(year.start), start("2023-01-01"));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "2024",
            "2024-",
            "2024-13",
            "2023-02-29",
            "2024-05-32",
            "2024-5-1",
            "24-05-01",
            "2024-05-01T",
            "2024-05-01T25:00",
            "2024-05-01T10",
            "2024-05-01T10:30:15.",
            "2024-05-01T10:30+2",
            "2024-05-01x",
            "2024-05-01T10:30Zx",
            "２０２４-05-01",
        ] {
            assert_eq!(Span::parse(text), None, "{text}");
        }
    }
}
