//! Cuts text into words.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use crate::fold::{fold, is_ignorable, is_mark};

/// A longer word is cut to this many bytes, in passages and in queries alike.
pub const MAX_WORD_BYTES: usize = 64;

/// What is left off after an apostrophe: endings that English hangs on any word.
const ENDINGS: [&str; 7] = ["s", "t", "d", "m", "re", "ve", "ll"];

/// How a word's characters become those of its token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// As they are, without combining accents.
    #[default]
    AsWritten,
    /// Folded to one spelling of many: [`fold`].
    Folded,
}

/// A tokenizer whose words are runs of letters and digits.
///
/// Everything else parts words, with two exceptions. An English ending after an apostrophe is
/// left off (`patient's` is `patient`, `don't` is `don`), and what combines with a letter, or is not
/// seen at all, belongs to the word it stands in.
#[derive(Clone, Default)]
pub(crate) struct Words {
    spelling: Spelling,
    token: Token,
    /// The folded word, of which a few characters make several (`1\u{2044}2` of a half).
    folded: String,
}

impl Words {
    pub(crate) fn new(spelling: Spelling) -> Self {
        Self { spelling, ..Self::default() }
    }
}

impl Tokenizer for Words {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        let Self { spelling, token, folded } = self;
        token.reset();
        folded.clear();
        WordStream { spelling: *spelling, text, at: 0, token, folded, taken: 0 }
    }
}

/// The words of one text.
pub(crate) struct WordStream<'a> {
    spelling: Spelling,
    text: &'a str,
    at: usize,
    token: &'a mut Token,
    folded: &'a mut String,
    /// How many bytes of `folded` have become tokens.
    taken: usize,
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        while !self.take_folded() {
            if !self.read_word() {
                return false;
            }
        }
        self.token.position = self.token.position.wrapping_add(1);
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

impl WordStream<'_> {
    /// Reads the text's next word, and folds it; false at the end.
    fn read_word(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let Some(skipped) = rest.find(char::is_alphanumeric) else {
            self.at = self.text.len();
            return false;
        };
        let start = self.at + skipped;
        let word = &self.text[start..];
        let length = word.find(|c| !self.spelling.is_in_word(c)).unwrap_or(word.len());
        let end = start + length;
        self.folded.clear();
        self.taken = 0;
        match self.spelling {
            Spelling::AsWritten => {
                self.folded.extend(word[..length].chars().filter(|c| !is_accent(*c)))
            }
            Spelling::Folded => fold(&word[..length], self.folded),
        }
        self.token.offset_from = start;
        self.token.offset_to = end;
        self.at = end + english_ending(&self.text[end..], |c| self.spelling.is_in_word(c));
        true
    }

    /// Makes the next word of what was folded the token, cut to [`MAX_WORD_BYTES`]; false if there is
    /// none.
    fn take_folded(&mut self) -> bool {
        let rest = &self.folded[self.taken..];
        let is_in_word = |c| self.spelling.is_in_word(c);
        let Some(start) = rest.find(is_in_word) else { return false };
        let word = &rest[start..];
        let length = word.find(|c| !is_in_word(c)).unwrap_or(word.len());
        self.taken += start + length;
        self.token.text.clear();
        self.token.text.push_str(&word[..word.floor_char_boundary(length.min(MAX_WORD_BYTES))]);
        true
    }
}

impl Spelling {
    fn is_in_word(self, c: char) -> bool {
        match self {
            Self::AsWritten => c.is_alphanumeric() || is_accent(c),
            Self::Folded => c.is_alphanumeric() || is_mark(c) || is_ignorable(c),
        }
    }
}

fn is_accent(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// Returns how many bytes at the start of `rest` are an apostrophe and an English ending.
pub(crate) fn english_ending(rest: &str, is_in_word: impl Fn(char) -> bool) -> usize {
    let Some(after) = rest.strip_prefix(['\'', '\u{2019}']) else { return 0 };
    let length = after.find(|c| !is_in_word(c)).unwrap_or(after.len());
    if ENDINGS.iter().any(|ending| after[..length].eq_ignore_ascii_case(ending)) {
        rest.len() - after.len() + length
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words_spelt(spelling: Spelling, text: &str) -> Vec<String> {
        let mut tokenizer = Words::new(spelling);
        let mut stream = tokenizer.token_stream(text);
        std::iter::from_fn(|| stream.next().map(|token| token.text.clone())).collect()
    }

    fn words(text: &str) -> Vec<String> {
        words_spelt(Spelling::AsWritten, text)
    }

    #[test]
    fn punctuation_parts_words_and_identifiers() {
        assert_eq!(
            words("Error E-4012: x86_64 (v1.2)!"),
            ["Error", "E", "4012", "x86", "64", "v1", "2"]
        );
        assert_eq!(words("  "), [""; 0]);
        assert_eq!(words("🙂 ((*:\"''"), [""; 0]);
        assert_eq!(words("naïve Ångström β2"), ["naïve", "Ångström", "β2"]);
    }

    #[test]
    fn english_endings_after_an_apostrophe_are_left_off() {
        assert_eq!(
            words("the patient's nurses' don't we’ll"),
            ["the", "patient", "nurses", "don", "we"]
        );
        assert_eq!(words("O'Brien 'tis rock'n'roll'"), ["O", "Brien", "tis", "rock", "n", "roll"]);
        assert_eq!(words("it's"), ["it"]);
    }

    #[test]
    fn combining_accents_do_not_cut_a_word() {
        assert_eq!(words("cafe\u{301}s"), ["cafes"]);
        assert_eq!(words("\u{301}a"), ["a"]);
    }

    #[test]
    fn folded_words_are_cut_where_written_ones_are() {
        for text in [
            "Error E-4012: x86_64 (v1.2)!",
            "the patient's nurses' don't we’ll",
            "rock'n'roll' it's",
        ] {
            let lower: Vec<String> = words(text).iter().map(|word| word.to_lowercase()).collect();
            assert_eq!(words_spelt(Spelling::Folded, text), lower);
        }
    }

    #[test]
    fn what_folding_makes_of_a_character_may_be_several_words() {
        let halves = words_spelt(Spelling::Folded, "2½ cups");
        assert_eq!(halves, ["21", "2", "cups"]);
        let mut tokenizer = Words::new(Spelling::Folded);
        let mut stream = tokenizer.token_stream("a ½");
        let mut seen = Vec::new();
        while let Some(token) = stream.next() {
            seen.push((token.position, token.offset_from, token.offset_to));
        }
        assert_eq!(seen, [(0, 0, 1), (1, 2, 4), (2, 2, 4)]);
    }

    #[test]
    fn offsets_and_positions_are_those_of_the_text() {
        let mut tokenizer = Words::default();
        let mut stream = tokenizer.token_stream("é: don't go");
        let mut seen = Vec::new();
        while let Some(token) = stream.next() {
            seen.push((token.position, token.offset_from, token.offset_to));
        }
        assert_eq!(seen, [(0, 0, 2), (1, 4, 7), (2, 10, 12)]);
    }

    #[test]
    fn a_long_word_is_cut_between_characters() {
        assert_eq!(words(&"a".repeat(100_000)), ["a".repeat(64)]);
        let euros = words(&"中".repeat(100));
        assert_eq!(euros, ["中".repeat(21)]);
    }
}
