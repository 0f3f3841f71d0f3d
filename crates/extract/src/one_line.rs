//! Text on one line, for titles.

/// Returns `text` on one line with single spaces, cut to at most `characters`; none if it is blank.
#[must_use]
pub fn one_line(text: &str, characters: usize) -> Option<String> {
    let mut line = String::new();
    let mut left = characters;
    for word in text.split_whitespace() {
        if left == 0 {
            break;
        }
        if !line.is_empty() {
            line.push(' ');
            left -= 1;
        }
        line.extend(word.chars().take(left));
        // Counted again, for `extend` does not say how many characters it took.
        left = left.saturating_sub(word.chars().take(left).count());
    }
    let line = line.trim_end();
    (!line.is_empty()).then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_collapses_and_cuts() {
        assert_eq!(one_line("  a \n b\t c ", 99).unwrap(), "a b c");
        assert_eq!(one_line("ééé ü", 4).unwrap(), "ééé");
        assert_eq!(one_line("ééé ü", 5).unwrap(), "ééé ü");
        assert_eq!(one_line(" \n ", 9), None);
    }
}
