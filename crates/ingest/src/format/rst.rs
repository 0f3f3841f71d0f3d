//! reStructuredText: its title is the first line with a line of punctuation below it.

use trommel_extract::one_line;

/// The longest title, in characters.
const MAX_TITLE: usize = 300;

/// Returns the first section title: a line that begins at the margin, with an underline at least as
/// long as itself.
pub(super) fn title(text: &str) -> Option<String> {
    text.lines()
        .zip(text.lines().skip(1))
        .find(|(line, below)| is_titled(line.trim_end(), below.trim_end()))
        .and_then(|(line, _)| one_line(line, MAX_TITLE))
}

fn is_titled(line: &str, below: &str) -> bool {
    // An overlined title may be indented; its overline is no title, being an adornment itself.
    !line.trim().is_empty()
        && adornment(line).is_none()
        && adornment(below).is_some_and(|length| length >= line.trim_start().chars().count())
}

/// Returns the length of a line that is one repeated punctuation character.
fn adornment(line: &str) -> Option<usize> {
    let first = *line.as_bytes().first()?;
    (line.len() >= 2 && first.is_ascii_punctuation() && line.bytes().all(|byte| byte == first))
        .then_some(line.len())
}

#[cfg(test)]
mod tests {
    use super::title;

    #[test]
    fn underlined_and_overlined_titles_are_found() {
        assert_eq!(title("Backup plan\n===========\n\nText").unwrap(), "Backup plan");
        assert_eq!(title("=====\n Tea\n=====\n").unwrap(), "Tea");
        assert_eq!(title(".. note:: x\n\nZwölf Äpfel\n-----------\n").unwrap(), "Zwölf Äpfel");
    }

    #[test]
    fn what_is_no_title_is_not_taken_for_one() {
        assert_eq!(title("A sentence that goes on\n--\n"), None);
        assert_eq!(title("\n----\n\n----\n"), None);
        assert_eq!(title(""), None);
    }
}
