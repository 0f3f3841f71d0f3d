//! Cuts text into words.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// A longer word is cut to this many bytes, in passages and in queries alike.
pub const MAX_WORD_BYTES: usize = 64;

/// What is left off after an apostrophe: endings that English hangs on any word.
const ENDINGS: [&str; 7] = ["s", "t", "d", "m", "re", "ve", "ll"];

/// A tokenizer whose words are runs of letters and digits.
///
/// Everything else parts words, with two exceptions. An English ending after an apostrophe is
/// left off (`patient's` is `patient`, `don't` is `don`), and combining accents are left out of
/// the word they stand in, so that composed and decomposed text give the same word once accents
/// are folded.
#[derive(Clone, Default)]
pub(crate) struct Words {
    token: Token,
}

impl Tokenizer for Words {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        self.token.reset();
        WordStream { text, at: 0, token: &mut self.token }
    }
}

/// The words of one text.
pub(crate) struct WordStream<'a> {
    text: &'a str,
    at: usize,
    token: &'a mut Token,
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let Some(skipped) = rest.find(char::is_alphanumeric) else {
            self.at = self.text.len();
            return false;
        };
        let start = self.at + skipped;
        let word = &self.text[start..];
        let length = word.find(|c| !is_in_word(c)).unwrap_or(word.len());
        let end = start + length;

        self.token.position = self.token.position.wrapping_add(1);
        self.token.offset_from = start;
        self.token.offset_to = end;
        self.token.text.clear();
        for c in word[..length].chars().filter(|c| !is_accent(*c)) {
            if self.token.text.len() + c.len_utf8() > MAX_WORD_BYTES {
                break;
            }
            self.token.text.push(c);
        }
        self.at = end + ending(&self.text[end..]);
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

fn is_in_word(c: char) -> bool {
    c.is_alphanumeric() || is_accent(c)
}

fn is_accent(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// Returns how many bytes at the start of `rest` are an apostrophe and an English ending.
fn ending(rest: &str) -> usize {
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

    fn words(text: &str) -> Vec<String> {
        let mut tokenizer = Words::default();
        let mut stream = tokenizer.token_stream(text);
        std::iter::from_fn(|| stream.next().map(|token| token.text.clone())).collect()
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
