//! Spans of time as settings have them: `150ms`, `1.5s`, `2m`, `1h`.

use std::time::Duration;

/// What stands for no limit.
const NONE: &str = "none";

/// Reads a limit of time: `none`, or a number and a unit; missing if it is neither.
pub(crate) fn limit(text: &str) -> Option<Option<Duration>> {
    if text == NONE {
        return Some(None);
    }
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = match &text[number.len()..] {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    // A float would also read "1e3", "+1" and "-0".
    if !number.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let number: f64 = number.parse().ok()?;
    Duration::try_from_secs_f64(number * seconds).ok().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_and_its_unit_or_none() {
        let ms = |ms| Some(Some(Duration::from_millis(ms)));
        assert_eq!(limit("150ms"), ms(150));
        assert_eq!(limit("1s"), ms(1000));
        assert_eq!(limit("1.5s"), ms(1500));
        assert_eq!(limit("2m"), ms(120_000));
        assert_eq!(limit("1h"), ms(3_600_000));
        assert_eq!(limit("0ms"), ms(0));
        assert_eq!(limit("none"), Some(None));
        for wrong in ["", "150", "ms", "-1s", "+1s", "1e3s", "1 s", "1d", "infs", "nans", "1.2.3s"]
        {
            assert_eq!(limit(wrong), None, "{wrong}");
        }
        let endless = format!("{}h", "9".repeat(400));
        assert_eq!(limit(&endless), None);
    }
}
