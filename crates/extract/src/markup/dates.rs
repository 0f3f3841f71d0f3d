//! Dates as people write them.

/// The months by their first three letters.
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Returns a date as ISO 8601, such as `2024-03-05` or `2024-03`; none if it is not understood, or
/// could be two dates.
pub(super) fn iso(text: &str) -> Option<String> {
    let mut numbers = Vec::new();
    let mut month = None;
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).take(8) {
        let digits = word.trim_end_matches(['t', 'h', 's', 'n', 'd', 'r']);
        match digits.parse::<u32>() {
            Ok(number) => numbers.push((number, digits.len())),
            Err(_) => month = month.or_else(|| month_of(word)),
        }
    }
    let is_year = |(_, digits): (u32, usize)| digits == 4;
    let (year, month, day) =
        match (*numbers.as_slice().first_chunk::<3>().unwrap_or(&[(0, 0); 3]), month) {
            ([year, (month, _), (day, _)], None) if is_year(year) => (year.0, month, Some(day)),
            _ => match (numbers.as_slice(), month) {
                (&[year, (month, _)], None) if is_year(year) => (year.0, month, None),
                (&[year], Some(month)) if is_year(year) => (year.0, month, None),
                (&[(day, _), year, ..], Some(month)) if is_year(year) => (year.0, month, Some(day)),
                (&[year, (day, _), ..], Some(month)) if is_year(year) => (year.0, month, Some(day)),
                _ => return None,
            },
        };
    match day {
        _ if !(1..=12).contains(&month) => None,
        None => Some(format!("{year:04}-{month:02}")),
        Some(day) if (1..=31).contains(&day) => Some(format!("{year:04}-{month:02}-{day:02}")),
        Some(_) => None,
    }
}

fn month_of(word: &str) -> Option<u32> {
    let word = word.to_lowercase();
    MONTHS.iter().zip(1..).find(|(month, _)| word.starts_with(*month)).map(|(_, number)| number)
}

#[cfg(test)]
mod tests {
    use super::iso;

    #[test]
    fn usual_dates_are_understood_and_others_left() {
        for (text, date) in [
            ("2024-03-05", Some("2024-03-05")),
            ("<2024-03-05 Tue 10:00>", Some("2024-03-05")),
            ("2024/3/5", Some("2024-03-05")),
            ("March 5, 2024", Some("2024-03-05")),
            ("5th Mar 2024", Some("2024-03-05")),
            ("$Mdocdate: March 5 2024 $", Some("2024-03-05")),
            ("March 2024", Some("2024-03")),
            ("2024-03", Some("2024-03")),
            ("3/5/2024", None),
            ("2024-13-01", None),
            ("2024-01-32", None),
            ("today", None),
            ("", None),
            ("99999999999999999999-1-1", None),
        ] {
            assert_eq!(iso(text).as_deref(), date, "{text}");
        }
    }
}
