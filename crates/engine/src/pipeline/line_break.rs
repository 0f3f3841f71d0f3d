//! What a line break inside a text stands for.

/// Says whether a line break between two characters is nothing at all: between two of Chinese or Japanese,
/// which are written without spaces. Elsewhere it is a space (CSS Text 3, *Segment Break Transformation
/// Rules*).
#[must_use]
pub fn joins(before: char, after: char) -> bool {
    is_east_asian(before) && is_east_asian(after)
}

/// Whether a character is of Chinese or Japanese, their signs included. Korean has spaces.
fn is_east_asian(c: char) -> bool {
    matches!(c,
        '\u{2e80}'..='\u{312f}' | '\u{3190}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{a000}'..='\u{a4cf}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}'
        | '\u{ff00}'..='\u{ff9f}' | '\u{1b000}'..='\u{1b16f}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the specification.
    #[test]
    fn a_line_break_is_nothing_between_letters_that_have_no_spaces_between_them() {
        assert!(joins('漢', '字') && joins('、', 'か') && joins('）', '「') && joins('ｶ', 'ナ'));
        for (before, after) in [('漢', 'a'), ('a', '字'), ('한', '국'), ('ก', 'ข'), ('.', '漢')]
        {
            assert!(!joins(before, after), "{before}{after}");
        }
    }
}
