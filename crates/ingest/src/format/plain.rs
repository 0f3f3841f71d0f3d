//! Plain text: its title is its first line.

use trommel_extract::one_line;

/// The longest title, in characters, that a first line gives.
const MAX_TITLE: usize = 120;

/// Returns the first line that is not blank.
pub(super) fn title(text: &str) -> Option<String> {
    one_line(text.lines().find(|line| !line.trim().is_empty())?, MAX_TITLE)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_title_is_the_first_line_that_says_something() {
        assert_eq!(super::title("\n \n  Minutes, 3 May \nPresent: all").unwrap(), "Minutes, 3 May");
        assert_eq!(super::title(&"x".repeat(500)).unwrap().len(), 120);
        assert_eq!(super::title(" \n\n"), None);
    }
}
