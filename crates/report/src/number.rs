//! Numbers as they are printed, beside those of `trommel_eval`.

use trommel_eval::{ALPHA, p_value, three};

/// Returns a count with its thousands apart: `5,183`.
pub(crate) fn count(count: usize) -> String {
    grouped(&count.to_string())
}

/// Returns a count and what it counts, such as `1 query` or `300 queries`.
pub(crate) fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// Returns the text of a fact with its thousands apart where it is nothing but digits.
pub(crate) fn fact(value: &str) -> String {
    // A number with a leading zero is a name, and one of many digits is a hash.
    let number = (1..=15).contains(&value.len())
        && value.bytes().all(|b| b.is_ascii_digit())
        && !value.starts_with('0');
    if number { grouped(value) } else { value.to_owned() }
}

/// Returns a time, in milliseconds or passages, with one decimal: `1,203.4`.
pub(crate) fn tenths(value: f64) -> String {
    let shown = format!("{value:.1}");
    match shown.split_once('.') {
        Some((whole, rest)) => format!("{}.{rest}", grouped(whole)),
        None => shown,
    }
}

/// Returns a p-value alone: `.002` or `< .001`.
pub(crate) fn p(p: f64) -> String {
    // `p = .002` loses its letter and sign, `p < .001` keeps the sign.
    let shown = p_value(p, ALPHA);
    let bare = shown.strip_prefix("p = ").or(shown.strip_prefix("p "));
    bare.unwrap_or(&shown).to_owned()
}

/// Returns a share of a whole: `12 %`, `< 1 %` of more than nothing, and `–` where there is no
/// whole.
pub(crate) fn percent(part: usize, whole: usize) -> String {
    match (part, whole) {
        (_, 0) => "–".to_owned(),
        (1.., _) if 200 * part < whole => "< 1 %".to_owned(),
        _ => format!("{:.0} %", 100.0 * part as f64 / whole as f64),
    }
}

/// Returns two values with an arrow between them: `.000 → .631`.
pub(crate) fn step(before: f64, after: f64) -> String {
    format!("{} → {}", three(before), three(after))
}

/// Returns two ranks with an arrow between them; a missing one is `–`.
pub(crate) fn ranks(before: Option<usize>, after: Option<usize>) -> String {
    let shown = |rank: Option<usize>| rank.map_or_else(|| "–".to_owned(), count);
    format!("{} → {}", shown(before), shown(after))
}

fn grouped(digits: &str) -> String {
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        let left = digits.len() - place;
        // A comma where a multiple of three digits is left: 1,203 and 12,034. None behind a minus
        // sign.
        if place > 0 && left.is_multiple_of(3) && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(count(7), "7");
        assert_eq!(count(5_183), "5,183");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(tenths(1203.44), "1,203.4");
        assert_eq!(tenths(0.25), "0.2");
        assert_eq!(tenths(-123.0), "-123.0");
        assert_eq!(counted(1, "query", "queries"), "1 query");
    }

    #[test]
    fn only_numbers_of_things_are_grouped() {
        assert_eq!(fact("5183"), "5,183");
        for same in ["0042", "1a2b", "", "0.1.0", "12345678901234567890"] {
            assert_eq!(fact(same), same);
        }
    }

    #[test]
    fn p_values_stand_alone() {
        assert_eq!(p(0.0001), "< .001");
        assert_eq!(p(0.0499), ".0499");
        assert_eq!(p(1.0), "1.000");
    }
}
