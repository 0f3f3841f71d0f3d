//! The `Retry-After` header: a number of seconds, or a date (RFC 9110, section 10.2.3).

use std::time::Duration;

/// Returns how long a server asks to wait.
///
/// A date is counted from the `Date` of the same answer: by the server's own clock, so that ours
/// need neither be right nor be read. Without one, or in one of the two obsolete forms of a date, it
/// says nothing.
pub(crate) fn wait(retry_after: &str, date: Option<&str>) -> Option<Duration> {
    let value = retry_after.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number too large to be read is longer than anybody waits.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let (until, now) = (seconds(value)?, seconds(date?.trim())?);
    Some(Duration::from_secs(until.saturating_sub(now)))
}

/// Returns the seconds from the start of the year 0 to a date such as
/// `Sun, 06 Nov 1994 08:49:37 GMT`.
fn seconds(date: &str) -> Option<u64> {
    const MONTHS: [(&str, u64); 12] = [
        ("Jan", 0),
        ("Feb", 31),
        ("Mar", 59),
        ("Apr", 90),
        ("May", 120),
        ("Jun", 151),
        ("Jul", 181),
        ("Aug", 212),
        ("Sep", 243),
        ("Oct", 273),
        ("Nov", 304),
        ("Dec", 334),
    ];
    let (_, rest) = date.split_once(", ")?;
    let fields: Vec<&str> = rest.split([' ', ':']).collect();
    let [day, month, year, hour, minute, second, "GMT"] = fields[..] else { return None };
    let number = |text: &str, digits: usize, most: u64| {
        let right = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|&number: &u64| right && number <= most)
    };
    let (_, before) = MONTHS.into_iter().find(|&(name, _)| name == month)?;
    let year = number(year, 4, 9999)?;
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    // Leap days of the years before, and this year's once February is over.
    let past = year.saturating_sub(1);
    let leaps = past / 4 - past / 100 + past / 400 + u64::from(leap && before >= 59);
    let days = year * 365 + leaps + before + number(day, 2, 31)?.checked_sub(1)?;
    let hours = days * 24 + number(hour, 2, 23)?;
    Some((hours * 60 + number(minute, 2, 59)?) * 60 + number(second, 2, 60)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_read_and_nonsense_is_not() {
        assert_eq!(wait("120", None), Some(Duration::from_secs(120)));
        assert_eq!(wait(" 0 ", None), Some(Duration::ZERO));
        assert_eq!(wait("99999999999999999999999", None), Some(Duration::from_secs(u64::MAX)));
        for nonsense in ["", "-1", "1.5", "soon", "1s", "Sun, 06 Nov 1994 08:49:37 GMT"] {
            assert_eq!(wait(nonsense, None), None, "{nonsense}");
        }
    }

    #[test]
    fn a_date_is_counted_from_the_servers_own() {
        let wait = |until, now| wait(until, Some(now)).map(|wait| wait.as_secs());
        let now = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:40 GMT", now), Some(3));
        assert_eq!(wait("Mon, 07 Nov 1994 00:00:00 GMT", now), Some(15 * 3600 + 10 * 60 + 23));
        // What is past is not waited for.
        assert_eq!(wait("Sat, 05 Nov 1994 08:49:37 GMT", now), Some(0));
        for nonsense in [
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 06 Nov 1994 08:49 GMT",
        ] {
            assert_eq!(wait(nonsense, now), None, "{nonsense}");
        }
    }

    /// `date -u -d "…" +%s`.
    #[test]
    fn leap_years_are_counted() {
        let epoch = seconds("Thu, 01 Jan 1970 00:00:00 GMT").unwrap();
        let unix = |date| seconds(date).unwrap() - epoch;
        assert_eq!(unix("Sun, 06 Nov 1994 08:49:37 GMT"), 784_111_777);
        assert_eq!(unix("Tue, 29 Feb 2000 12:00:00 GMT"), 951_825_600);
        assert_eq!(unix("Wed, 01 Mar 2000 00:00:00 GMT"), 951_868_800);
        assert_eq!(unix("Sun, 01 Jan 2023 00:00:00 GMT"), 1_672_531_200);
        assert_eq!(unix("Mon, 01 Mar 2100 00:00:00 GMT"), 4_107_542_400);
    }
}
