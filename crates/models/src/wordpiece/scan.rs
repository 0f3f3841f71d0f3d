//! From text to pieces: words are found, and each is cut into the longest tokens from its start
//! (Schuster & Nakajima 2012; Devlin et al. 2018).

use super::ascii::{Ascii, Byte};
use super::rules::Rules;
use super::unicode::Stretch;
use crate::sink::Sink;
use crate::trie::{ROOT, Trie};

/// All that is needed to read a text.
pub(super) struct Scanner<'a> {
    pub(super) rules: Rules,
    pub(super) ascii: &'a Ascii,
    pub(super) char_table: &'a [[u8; 4]],
    pub(super) trie: Trie<'a>,
    /// The slot where pieces inside a word begin.
    pub(super) inside: Option<u32>,
    pub(super) unk: u32,
    pub(super) max_word_chars: usize,
}

impl Scanner<'_> {
    /// Reads a text to its end, or until the sink has more pieces than `limit`.
    pub(super) fn read(&self, text: &str, limit: usize, sink: &mut impl Sink) {
        let bytes = text.as_bytes();
        let mut stretch = Stretch::default();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if sink.len() > limit {
                return;
            }
            at = match self.class(*byte) {
                Byte::Space => at + 1,
                Byte::Punctuation => {
                    self.word(&bytes[at..=at], 1, |_| at + 1, sink);
                    at + 1
                }
                Byte::Other => stretch.read(self, text, at, limit, sink),
                Byte::Letter => {
                    let rest = &bytes[at..];
                    let letter = |byte: &u8| self.class(*byte) == Byte::Letter;
                    let len = rest.iter().position(|byte| !letter(byte)).unwrap_or(rest.len());
                    // A word that goes on beyond ASCII is read from its start again: its pieces are
                    // cut from there, and an accent may belong to the last letter.
                    if rest.get(len).is_some_and(|byte| self.class(*byte) == Byte::Other) {
                        stretch.read(self, text, at, limit, sink)
                    } else {
                        self.word(&rest[..len], len, |n| at + n, sink);
                        at + len
                    }
                }
            };
        }
    }

    #[inline]
    pub(super) fn class(&self, byte: u8) -> Byte {
        self.ascii.class[usize::from(byte)]
    }

    /// Cuts a word into pieces; one that cannot be cut without a rest is unknown as a whole.
    ///
    /// `end_of` says where the first bytes of the word end in the text.
    #[inline]
    pub(super) fn word(
        &self,
        word: &[u8],
        chars: usize,
        end_of: impl Fn(usize) -> usize,
        sink: &mut impl Sink,
    ) {
        let before = sink.len();
        let mut done = 0;
        let mut from = Some(ROOT);
        while done < word.len() && chars <= self.max_word_chars {
            let piece = from.and_then(|f| self.trie.longest(f, &word[done..], &self.ascii.fold));
            let Some((len, id)) = piece else { break };
            done += len;
            sink.push(id, end_of(done));
            // A vocabulary without continuing pieces has whole words only.
            from = self.inside;
        }
        if done < word.len() {
            sink.truncate(before);
            sink.push(self.unk, end_of(word.len()));
        }
    }
}
