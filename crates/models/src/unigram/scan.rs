//! From text to pieces: characters are normalised, words are found, and each is cut into the pieces
//! that are the likeliest together.

use unicode_normalization_alignments::char::compose;

use super::char_map::CharMap;
use super::lattice::Lattice;
use crate::sink::Sink;
use crate::trie::Trie;

/// What stands for the space before a word.
const SPACE: char = '▁';

/// All that is needed to read a text.
#[derive(Clone, Copy)]
pub(super) struct Scanner<'a> {
    pub(super) chars: CharMap<'a>,
    pub(super) trie: Trie<'a>,
    pub(super) scores: &'a [[u8; 4]],
    pub(super) unk: u32,
    pub(super) unknown_score: f64,
}

impl Scanner<'_> {
    /// Reads a text to its end, or until the sink has more pieces than `limit`.
    pub(super) fn read<S: Sink>(self, text: &str, limit: usize, sink: &mut S) {
        let mut reader = Reader {
            scanner: self,
            limit,
            sink,
            word: Word::default(),
            lattice: Lattice::default(),
            end: 0,
        };
        for (start, c) in text.char_indices() {
            let place = Place { start, end: start + c.len_utf8() };
            let entry = self.chars.entry(c);
            if entry.is_plain() {
                reader.take(c, place);
            } else if let Some(replacement) = self.chars.replacement(entry) {
                replacement.chars().for_each(|c| reader.join(c, place));
            } else {
                reader.join(c, place);
            }
            if reader.is_done() {
                return;
            }
        }
        reader.end_word();
    }
}

/// Where a character stands in the text.
#[derive(Clone, Copy)]
struct Place {
    start: usize,
    end: usize,
}

/// A text that is being read.
struct Reader<'a, 's, S> {
    scanner: Scanner<'a>,
    limit: usize,
    sink: &'s mut S,
    word: Word,
    lattice: Lattice,
    /// Where the last character that was taken ends in the text.
    end: usize,
}

/// The word so far, normalised.
#[derive(Default)]
struct Word {
    bytes: Vec<u8>,
    last: Option<char>,
    /// Where each byte of the word ends in the text, if anybody wants to know.
    ends: Vec<usize>,
}

impl<S: Sink> Reader<'_, '_, S> {
    fn is_done(&self) -> bool {
        self.sink.len() > self.limit
    }

    /// Takes a normalised character, which may be one with the last: a text of decomposed
    /// characters has the pieces of the composed one.
    fn join(&mut self, c: char, place: Place) {
        let joins = self.scanner.chars.entry(c).joins();
        match self.word.last.filter(|_| joins).and_then(|last| compose(last, c)) {
            Some(whole) => {
                self.word.pop();
                self.word.push::<S>(whole, place.end);
            }
            None => self.take(c, place),
        }
    }

    /// Takes a normalised character.
    #[inline]
    fn take(&mut self, c: char, place: Place) {
        // One character of the text may become several words.
        let start = place.start.max(self.end);
        self.end = place.end;
        if c.is_whitespace() {
            return self.end_word();
        }
        if c == SPACE {
            self.end_word();
        } else if self.word.bytes.is_empty() {
            self.word.push::<S>(SPACE, start);
        }
        self.word.push::<S>(c, place.end);
    }

    fn end_word(&mut self) {
        if !self.word.bytes.is_empty() {
            let Word { bytes, ends, .. } = &self.word;
            let end_of = |end: usize| ends.get(end.wrapping_sub(1)).copied().unwrap_or_default();
            self.lattice.cut(self.scanner, bytes, self.limit, end_of, self.sink);
            self.word.clear();
        }
    }
}

impl Word {
    #[inline]
    fn push<S: Sink>(&mut self, c: char, end: usize) {
        self.bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        self.last = Some(c);
        if S::ENDS {
            self.ends.resize(self.bytes.len(), end);
        }
    }

    /// Takes the last character away.
    fn pop(&mut self) {
        let length = self.last.take().map_or(0, char::len_utf8);
        self.bytes.truncate(self.bytes.len().saturating_sub(length));
        self.ends.truncate(self.bytes.len());
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.last = None;
    }
}
