//! Folds a word to one spelling of the many that Unicode has for it.
//!
//! Compatible composition (NFKC, Unicode Standard Annex #15), lower case, without the characters that
//! are ignorable by default, without accents. What is left is what people take for the same word:
//! `\u{fb01}le` is `file`, a soft hyphen is nothing, and \u{419} is the same whether it was written as one
//! character or as two.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{decompose_canonical, is_combining_mark};

use crate::scripts::ascii_digit;

/// Appends the folded word.
pub(crate) fn fold(word: &str, folded: &mut String) {
    if word.is_ascii() {
        folded.extend(word.chars().map(|c| c.to_ascii_lowercase()));
        return;
    }
    // In lower case a letter may have marks that it had not, as a dotted capital I has.
    let lower = word.chars().filter(|c| !is_ignorable(*c)).nfkc().flat_map(char::to_lowercase);
    for c in lower.nfc().filter(|c| !is_ignorable(*c) && !is_accent(*c)) {
        match c {
            '\u{3c2}' => folded.push('\u{3c3}'), // the sigma at a word's end
            '\u{451}' => folded.push('\u{435}'), // most Russian is written without the dots
            c if accents_fold(c) => {
                decompose_canonical(c, |c| folded.extend((!is_accent(c)).then_some(c)));
            }
            c => folded.push(c),
        }
    }
}

/// Appends the word as a stemmer wants it: folded but for the accents of its letters, and with the digits
/// of ASCII.
pub(crate) fn fold_case(word: &str, folded: &mut String) {
    if word.is_ascii() {
        folded.extend(word.chars().map(|c| c.to_ascii_lowercase()));
        return;
    }
    let lower = word.chars().filter(|c| !is_ignorable(*c)).nfkc().flat_map(char::to_lowercase);
    let seen = |c: &char| !is_ignorable(*c) && !is_accent(*c) && *c != '\u{640}';
    folded.extend(lower.nfc().filter(seen).map(ascii_digit));
}

/// Appends a folded word with one letter for each of those that people write for one another.
///
/// Accents go in Latin and Greek; of Arabic the carriers of hamza at an alef, teh marbuta and heh, and the
/// shapes that yeh, kaf and heh have in Persian and Urdu become one.
pub(crate) fn fold_letters(word: &str, folded: &mut String) {
    for c in word.chars() {
        match c {
            '\u{3c2}' => folded.push('\u{3c3}'),
            '\u{451}' => folded.push('\u{435}'),
            '\u{622}' | '\u{623}' | '\u{625}' | '\u{671}' => folded.push('\u{627}'),
            '\u{629}' | '\u{6be}' | '\u{6c0}' | '\u{6c1}' | '\u{6c2}' | '\u{6d5}' => {
                folded.push('\u{647}')
            }
            '\u{649}' | '\u{6cc}' | '\u{6d2}' => folded.push('\u{64a}'),
            '\u{6a9}' | '\u{6aa}' => folded.push('\u{643}'),
            c if accents_fold(c) => {
                decompose_canonical(c, |c| folded.extend((!is_accent(c)).then_some(c)));
            }
            c => folded.push(c),
        }
    }
}

/// Whether an accent on a letter is left out: so it is in Latin and Greek, whose capitals do without.
/// In other scripts a letter with a mark is often another letter (\u{438} and \u{439}, \u{30ab} and \u{30ac}).
fn accents_fold(c: char) -> bool {
    matches!(c, '\u{c0}'..='\u{24f}' | '\u{370}'..='\u{3ff}' | '\u{1e00}'..='\u{1fff}')
}

/// Whether a character combines with the one before it.
pub(crate) fn is_mark(c: char) -> bool {
    is_combining_mark(c)
}

/// Whether a mark says how a letter is stressed, and not which letter it is: the blocks of combining
/// diacritical marks, the points of Hebrew and Arabic, and the titlo of Cyrillic. Vowel signs of Indic
/// scripts are none.
fn is_accent(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}'
        | '\u{483}'..='\u{489}'
        | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}' | '\u{5c4}' | '\u{5c5}' | '\u{5c7}'
        | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}'
        | '\u{6d6}'..='\u{6dc}' | '\u{6df}'..='\u{6e4}' | '\u{6e7}' | '\u{6e8}' | '\u{6ea}'..='\u{6ed}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}'
    )
}

/// Whether a character is not seen where it is not known: Default_Ignorable_Code_Point of the Unicode
/// Character Database.
pub(crate) fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(word: &str) -> String {
        let mut folded = String::new();
        fold(word, &mut folded);
        folded
    }

    /// Each pair differs in form alone by the Unicode Character Database.
    #[test]
    fn one_word_has_one_spelling() {
        let same = [
            ("caf\u{e9}", "CAFE\u{301}"),
            ("\u{439}", "\u{418}\u{306}"),
            ("\u{30ac}", "\u{30ab}\u{3099}"),
            ("\u{30ac}", "\u{ff76}\u{ff9e}"),
            ("\u{d55c}", "\u{1112}\u{1161}\u{11ab}"),
            (
                "\u{3b8}\u{3ac}\u{3bb}\u{3b1}\u{3c3}\u{3c3}\u{3b1}",
                "\u{398}\u{391}\u{39b}\u{391}\u{3a3}\u{3a3}\u{391}",
            ),
            ("\u{3bb}\u{3cc}\u{3b3}\u{3bf}\u{3c2}", "\u{39b}\u{39f}\u{393}\u{39f}\u{3a3}"),
            ("file", "\u{fb01}le"),
            ("abc12", "\u{ff21}\u{ff22}\u{ff23}\u{ff11}\u{ff12}"),
            ("information", "infor\u{ad}mation"),
            ("quarterdeck", "quarter\u{200b}deck"),
            ("steamship", "steam\u{2060}ship\u{feff}"),
            ("istanbul", "\u{130}stanbul"),
            ("\u{435}\u{43b}\u{43a}\u{430}", "\u{401}\u{43b}\u{43a}\u{430}"),
            ("\u{437}\u{430}\u{43c}\u{43e}\u{43a}", "\u{437}\u{430}\u{301}\u{43c}\u{43e}\u{43a}"),
            ("\u{5e9}\u{5dc}\u{5d5}\u{5dd}", "\u{5e9}\u{5c1}\u{5b8}\u{5dc}\u{5d5}\u{5b9}\u{5dd}"),
            ("tieng", "ti\u{1ebf}ng"),
        ];
        for (a, b) in same {
            assert_eq!(folded(a), folded(b), "{a} {b}");
        }
    }

    #[test]
    fn other_words_stay_other_words() {
        let other = [
            ("\u{438}", "\u{439}"),
            ("\u{30ab}", "\u{30ac}"),
            ("\u{915}\u{93f}", "\u{915}"),
            ("a", "\u{3b1}"),
        ];
        for (a, b) in other {
            assert_ne!(folded(a), folded(b), "{a} {b}");
        }
    }
}
