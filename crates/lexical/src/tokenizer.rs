//! Cuts text of any language into tokens.
//!
//! A token is a run of letters and digits, its case folded. Beside that:
//!
//! - Scripts without spaces between words, and Hangul, become the pairs of neighbouring letters (bigrams):
//!   no dictionary has to know the words, so that a name is found like any other word.
//! - `camelCase` becomes its parts and, in the place of the first, the whole.
//! - `C++`, `C#` and `.NET` stand beside `c` and `net` in the same place.
//! - What is written before or after an apostrophe without being a word of its own is left off:
//!   `patient's`, `l'eau`, `İstanbul'da`.

use std::collections::VecDeque;
use std::ops::Range;

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};
use whatlang::Lang;

use crate::Language;
use crate::fold::{fold_case, is_ignorable, is_mark};
use crate::scripts::{extends, is_unspaced};
use crate::words::{MAX_WORD_BYTES, english_ending};

/// What French, Italian and Catalan write before a vowel with an apostrophe.
const ELIDED: [&str; 35] = [
    "l", "d", "j", "m", "t", "s", "n", "c", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu", "presqu",
    "quelqu", "un", "all", "dall", "dell", "nell", "sull", "coll", "gl", "agl", "dagl", "degl",
    "negl", "sugl", "quell", "quest", "bell", "sant", "dov", "com", "cos",
];

/// The tokenizer of a language.
#[derive(Clone)]
pub(crate) struct Tokens {
    elides: bool,
    inflects_names: bool,
    units: bool,
}

impl Tokens {
    /// Returns the tokenizer of a language; `units` are the single letters of scripts without spaces, as
    /// tokens beside their pairs.
    pub(crate) fn of(language: Language, units: bool) -> Self {
        let lang = language.lang();
        let elides = matches!(lang, Lang::Fra | Lang::Ita | Lang::Cat);
        Self { elides, inflects_names: lang == Lang::Tur, units }
    }
}

impl Tokenizer for Tokens {
    type TokenStream<'a> = Stream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream<'a> {
        let (tokens, ready) = (self.clone(), VecDeque::new());
        Stream { tokens, text, at: 0, position: 0, ready, token: Token::default() }
    }
}

/// The tokens of one text.
pub(crate) struct Stream<'a> {
    tokens: Tokens,
    text: &'a str,
    at: usize,
    /// The position of the next token.
    position: usize,
    /// Tokens of the run that was read last.
    ready: VecDeque<Token>,
    token: Token,
}

impl TokenStream for Stream<'_> {
    fn advance(&mut self) -> bool {
        while self.ready.is_empty() {
            let Some(run) = self.next_run() else { return false };
            self.cut(run);
        }
        let next = self.ready.pop_front();
        next.map(|token| self.token = token).is_some()
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

impl Stream<'_> {
    /// Returns the next run of letters and digits, and goes behind it and what is left off there.
    fn next_run(&mut self) -> Option<Range<usize>> {
        loop {
            let start = self.at + self.text[self.at..].find(char::is_alphanumeric)?;
            let end = self.end_of_run(start);
            self.at = end + self.ending(end);
            if !(self.tokens.elides && self.is_elided(start..end)) {
                return Some(start..end);
            }
        }
    }

    fn end_of_run(&self, start: usize) -> usize {
        let rest = &self.text[start..];
        start + rest.find(|c| !is_in_run(c)).unwrap_or(rest.len())
    }

    /// Returns how many bytes from `end` are an apostrophe and an ending that is left off.
    fn ending(&self, end: usize) -> usize {
        let rest = &self.text[end..];
        match rest.strip_prefix(APOSTROPHES) {
            Some(name) if self.tokens.inflects_names && name.starts_with(char::is_alphabetic) => {
                self.end_of_run(self.text.len() - name.len()) - end
            }
            Some(_) => english_ending(rest, is_in_run),
            None => 0,
        }
    }

    /// Whether a run is what is written before an apostrophe and the word that counts.
    fn is_elided(&self, run: Range<usize>) -> bool {
        let rest = self.text[run.end..].strip_prefix(APOSTROPHES);
        let is_before_word = rest.is_some_and(|rest| rest.starts_with(char::is_alphanumeric));
        is_before_word && ELIDED.iter().any(|it| self.text[run.clone()].eq_ignore_ascii_case(it))
    }

    /// Makes the tokens of a run.
    fn cut(&mut self, run: Range<usize>) {
        let whole = run.clone();
        let mut rest = run;
        while let Some(first) = self.text[rest.clone()].chars().next() {
            let unspaced = is_unspaced(first);
            let parts = |c: char| !extends(c) && is_unspaced(c) != unspaced;
            let length = self.text[rest.clone()].find(parts).unwrap_or(rest.len());
            let part = rest.start..rest.start + length;
            rest.start = part.end;
            if unspaced { self.add_pairs(part) } else { self.add_word(part, &whole) }
        }
    }

    /// Adds the pairs of neighbouring letters of a part of a run; one that stands alone as it is.
    fn add_pairs(&mut self, part: Range<usize>) {
        let letters = letters(&self.text[part.clone()], part.start);
        for pair in letters.windows(2) {
            let [(first, a), (second, b)] = pair else { continue };
            if self.tokens.units {
                self.push(a.clone(), first.clone(), 1);
            }
            self.push(format!("{a}{b}"), first.start..second.end, 1);
            self.position += 1;
        }
        if let Some((last, letter)) = letters.last() {
            if self.tokens.units || letters.len() == 1 {
                self.push(letter.clone(), last.clone(), 1);
            }
            self.position += 1;
        }
    }

    /// Adds a word: its parts, if it is written in camel case, and the whole.
    fn add_word(&mut self, word: Range<usize>, run: &Range<usize>) {
        let first = self.position;
        let humps = humps(&self.text[word.clone()], word.start);
        let mut folded = String::new();
        for (place, hump) in humps.iter().enumerate() {
            folded.clear();
            fold_case(&self.text[hump.clone()], &mut folded);
            // What folding makes of a character may be several words, as one half is 1 and 2.
            for text in folded.split(|c| !is_in_run(c)).filter(|text| !text.is_empty()) {
                self.push(cut_long(text), hump.clone(), 1);
                self.position += 1;
            }
            if place == 0 && humps.len() > 1 {
                let mut whole = String::new();
                fold_case(&self.text[word.clone()], &mut whole);
                self.push_at(first, cut_long(&whole), word.clone(), humps.len());
            }
        }
        if let Some(range) = self.with_signs(&word, run)
            && self.position == first + 1
        {
            folded.clear();
            fold_case(&self.text[range.clone()], &mut folded);
            self.push_at(first, cut_long(&folded), range, 1);
        }
    }

    /// Returns the place of a word with the signs that belong to its name; nothing if there are none.
    fn with_signs(&self, word: &Range<usize>, run: &Range<usize>) -> Option<Range<usize>> {
        let behind = if word.end == run.end { &self.text[run.end..] } else { "" };
        let sign = ["++", "#"].into_iter().find(|sign| {
            behind.strip_prefix(sign).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
        });
        let before = if word.start == run.start { &self.text[..run.start] } else { "" };
        let dot = before.strip_suffix('.').filter(|before| {
            let opens = |c: char| c.is_whitespace() || "/([{\"'`".contains(c);
            self.text[word.start..].starts_with(char::is_alphabetic)
                && before.chars().next_back().is_none_or(opens)
        });
        let range = word.start - usize::from(dot.is_some())..word.end + sign.map_or(0, str::len);
        (range != *word).then_some(range)
    }

    fn push(&mut self, text: String, range: Range<usize>, length: usize) {
        self.push_at(self.position, text, range, length);
    }

    fn push_at(&mut self, position: usize, text: String, range: Range<usize>, length: usize) {
        self.ready.push_back(Token {
            offset_from: range.start,
            offset_to: range.end,
            position,
            text,
            position_length: length,
        });
    }
}

/// What is written as an apostrophe.
const APOSTROPHES: [char; 2] = ['\'', '\u{2019}'];

fn is_in_run(c: char) -> bool {
    c.is_alphanumeric() || is_mark(c) || is_ignorable(c)
}

/// Returns the letters of a text with what belongs to each, folded, and where they stand.
fn letters(text: &str, offset: usize) -> Vec<(Range<usize>, String)> {
    let mut letters: Vec<(Range<usize>, String)> = Vec::new();
    let mut start = 0;
    for (next, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if next > start && !extends(c) {
            let mut folded = String::new();
            fold_case(&text[start..next], &mut folded);
            if !folded.is_empty() {
                letters.push((offset + start..offset + next, cut_long(&folded)));
            }
            start = next;
        }
    }
    letters
}

/// Returns where the parts of a word in camel case stand; of another the word alone.
///
/// A part begins at a capital after a small letter (`user|Name`), and at one before three small letters
/// (`HTTP|Server`). Words like `iPhone`, `mRNA` and `kHz` have no parts: a part has two letters.
fn humps(word: &str, offset: usize) -> Vec<Range<usize>> {
    let mut humps = Vec::new();
    let (mut start, mut before): (usize, Option<char>) = (0, None);
    for (at, c) in word.char_indices() {
        let begins = c.is_uppercase()
            && match before {
                Some(before) if before.is_lowercase() => true,
                Some(_) => {
                    let after = word[at + c.len_utf8()..].chars().take(3);
                    after.filter(|c| c.is_lowercase()).count() == 3
                }
                None => false,
            };
        if begins && has_two(&word[start..at]) && has_two(&word[at..]) {
            humps.push(offset + start..offset + at);
            start = at;
        }
        before = Some(c);
    }
    humps.push(offset + start..offset + word.len());
    humps
}

fn has_two(part: &str) -> bool {
    part.chars().nth(1).is_some()
}

fn cut_long(word: &str) -> String {
    word[..word.floor_char_boundary(MAX_WORD_BYTES)].to_owned()
}
