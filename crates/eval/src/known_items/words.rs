//! Words as they are drawn: codes and numbers are words too.

/// The fewest characters of a word: shorter ones are mostly particles and units.
const SHORTEST: usize = 4;

/// Walks the words of a text as they stand there: runs of letters, digits, `-` and `_`, without those
/// two at their ends, of at least 4 characters.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    let runs = text.split(|c: char| !(c.is_alphanumeric() || joins(c)));
    let words = runs.map(|run| run.trim_matches(joins));
    words.filter(|word| word.chars().nth(SHORTEST - 1).is_some())
}

/// Returns whether a word is one that looks like a code or a number.
pub(super) fn has_digit(word: &str) -> bool {
    word.chars().any(char::is_numeric)
}

/// Returns what a text is compared by: lower case, and white space of any length as one space.
pub(super) fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn joins(c: char) -> bool {
    matches!(c, '-' | '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_a_whole_run_without_signs_at_its_ends() {
        let found = |text| words(text).collect::<Vec<_>>();
        assert_eq!(
            found("Error PE-1307 (HTTP 402): see max_open_files, -v or --dry-run."),
            ["Error", "PE-1307", "HTTP", "max_open_files", "dry-run"]
        );
        assert_eq!(
            found("a.b.c 3.14 tea the ---- __init__ \u{e9}t\u{e9}s"),
            ["init", "\u{e9}t\u{e9}s"]
        );
        assert_eq!(found("2025 Ⅳ42x"), ["2025", "Ⅳ42x"]);
        assert!(found("").is_empty());
    }

    #[test]
    fn case_and_width_of_spaces_make_no_difference() {
        assert_eq!(folded("  The\tKITTEN \n plants "), "the kitten plants");
        assert!(has_digit("pe-1307") && !has_digit("max_open_files"));
    }
}
