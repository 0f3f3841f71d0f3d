//! Scripts, as far as analysis depends on them.

use crate::fold::{is_ignorable, is_mark};

/// A script whose words are stemmed, or one of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    Latin,
    Greek,
    Cyrillic,
    Armenian,
    Hebrew,
    Arabic,
    Devanagari,
    Tamil,
    Other,
}

impl Script {
    /// Returns the script of a letter; digits are Latin, as in `x86`.
    pub(crate) fn of(c: char) -> Self {
        match c {
            '\0'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => Self::Latin,
            '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Self::Greek,
            '\u{400}'..='\u{52f}' => Self::Cyrillic,
            '\u{530}'..='\u{58f}' => Self::Armenian,
            '\u{590}'..='\u{5ff}' => Self::Hebrew,
            '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' | '\u{8a0}'..='\u{8ff}' => Self::Arabic,
            '\u{900}'..='\u{97f}' => Self::Devanagari,
            '\u{b80}'..='\u{bff}' => Self::Tamil,
            _ => Self::Other,
        }
    }
}

/// Whether a letter is of a script that does not part words by spaces, or, as Hangul, hangs on them what
/// other languages part: Thai, Lao, Burmese, Khmer, Han, kana and Hangul.
pub(crate) fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7ff}' | '\u{ffa0}'..='\u{ffdc}'
        | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9f}'
        | '\u{2e80}'..='\u{2fdf}' | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}'
    ) && ascii_digit(c) == c
}

/// Whether a character belongs to the letter before it: a mark, what is not seen, the later parts of a
/// syllable of Hangul, and the voicing marks of narrow kana.
pub(crate) fn extends(c: char) -> bool {
    is_mark(c)
        || is_ignorable(c)
        || matches!(c, '\u{1160}'..='\u{11ff}' | '\u{d7b0}'..='\u{d7ff}' | '\u{ff9e}' | '\u{ff9f}')
}

/// The zeros of the decimal digits that people write beside those of ASCII.
const ZEROS: [char; 15] = [
    '\u{660}', '\u{6f0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{b66}', '\u{be6}',
    '\u{c66}', '\u{ce6}', '\u{d66}', '\u{e50}', '\u{ed0}', '\u{1040}', '\u{17e0}',
];

/// Returns a decimal digit of any script as that of ASCII, other characters as they are.
pub(crate) fn ascii_digit(c: char) -> char {
    if c < ZEROS[0] {
        return c;
    }
    let from = |zero: &char| (c as u32).checked_sub(*zero as u32).filter(|digit| *digit < 10);
    let digit = ZEROS.iter().find_map(from);
    digit.and_then(|digit| char::from_digit(digit, 10)).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_without_spaces_are_known_by_their_letters() {
        for c in "洗々〇ひらカｶー한ᄒกໄကខ".chars() {
            assert!(is_unspaced(c), "{c}");
        }
        for c in "aéяλ٣๕５שहத\u{17e3}".chars() {
            assert!(!is_unspaced(c), "{c}");
        }
    }

    #[test]
    fn digits_of_all_scripts_are_the_same() {
        for digits in ["٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९", "๐๑๒๓๔๕๖๗๘๙", "០១២៣៤៥៦៧៨៩"]
        {
            assert_eq!(digits.chars().map(ascii_digit).collect::<String>(), "0123456789");
        }
        assert_eq!(ascii_digit('٪'), '٪');
    }
}
