//! What a line break inside a text stands for.

/// Says whether a line break between two characters is nothing at all: between two of Chinese or Japanese,
/// which are written without spaces, or between one of them and a quotation mark, dash or ellipsis. Elsewhere
/// it is a space (CSS Text 4, *Segment Break Transformation Rules*).
#[must_use]
pub fn joins_without_space(before: char, after: char) -> bool {
    match (is_east_asian(before), is_east_asian(after)) {
        (true, true) => true,
        (true, false) => is_shared_sign(after),
        (false, true) => is_shared_sign(before),
        (false, false) => false,
    }
}

/// Says whether whoever wraps text may break a line between two letters: in scripts that have no spaces between
/// words.
pub(super) fn may_break_between(before: char, after: char) -> bool {
    let have_phrases = has_spaces_between_phrases(before) && has_spaces_between_phrases(after);
    have_phrases || joins_without_space(before, after)
}

/// Whether a character is of Thai, Lao, Burmese or Khmer, which put spaces between phrases and not words.
fn has_spaces_between_phrases(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}')
}

/// Whether a character is of Chinese or Japanese, their signs included. Korean has spaces.
fn is_east_asian(c: char) -> bool {
    matches!(c,
        '\u{2e80}'..='\u{312f}' | '\u{3190}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{a000}'..='\u{a4cf}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}'
        | '\u{ff00}'..='\u{ff9f}' | '\u{1b000}'..='\u{1b16f}' | '\u{20000}'..='\u{3ffff}')
}

/// Whether a sign belongs to Chinese as it does to English.
fn is_shared_sign(c: char) -> bool {
    matches!(c, '‘' | '’' | '“' | '”' | '…' | '—')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the specification, and signs that several languages have.
    #[test]
    fn a_line_break_is_nothing_between_letters_that_have_no_spaces_between_them() {
        let nothing =
            [('漢', '字'), ('、', 'か'), ('）', '「'), ('ｶ', 'ナ'), ('：', '“'), ('…', '他')];
        for (before, after) in nothing {
            assert!(joins_without_space(before, after), "{before}{after}");
        }
        let space = [
            ('漢', 'a'),
            ('a', '字'),
            ('한', '국'),
            ('ก', 'ข'),
            ('.', '漢'),
            ('a', '“'),
            ('”', '“'),
        ];
        for (before, after) in space {
            assert!(!joins_without_space(before, after), "{before}{after}");
        }
        assert!(may_break_between('ก', 'ข') && may_break_between('漢', '字'));
        assert!(!may_break_between('한', '국') && !may_break_between('a', '漢'));
    }
}
