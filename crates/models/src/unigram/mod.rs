//! Unigram tokenizers of SentencePiece (Kudo 2018) as XLM-RoBERTa has them, used where they lie.
//!
//! A [`Unigram`] is made once from a [`Vocabulary`] and kept as one run of bytes that is checked and
//! used as it is. It gives the ids that the `tokenizers` library gives for the same pieces with
//! `WhitespaceSplit` and `Metaspace`: a text is normalised character by character, decomposed
//! characters are composed, every word gets a `▁` in front, and the pieces of a word are those of
//! the highest sum of scores.

mod char_map;
mod error;
mod file;
mod kept;
mod lattice;
mod scan;
mod vocabulary;

use std::fmt;
use std::sync::Arc;

use trommel_kernels::Bytes;

pub use error::UnigramError;
pub(crate) use kept::{opened_or_made, vocabulary};
pub use vocabulary::Vocabulary;

use crate::sink::{Count, Ids, IdsAndEnds, Sink};
use file::Header;
use scan::Scanner;

/// A Unigram tokenizer.
///
/// Texts are plain: `</s>` in a text is a word in brackets. It may be used by many threads at once.
#[derive(Clone)]
pub struct Unigram {
    bytes: Bytes,
    header: Header,
}

impl Unigram {
    /// Returns the tokenizer of a vocabulary; `made_from` is the sha256 of the file that it was read
    /// from.
    ///
    /// # Errors
    ///
    /// [`UnigramError::Vocabulary`] if it has special pieces that are not there, the same piece
    /// twice, scores that are not finite, or is too large.
    pub fn new(vocabulary: &Vocabulary, made_from: [u8; 32]) -> Result<Self, UnigramError> {
        Self::from_bytes(Arc::new(file::compact(vocabulary, made_from)?))
    }

    /// Returns the tokenizer of a compact form that [`Unigram::as_bytes`] gave.
    ///
    /// # Errors
    ///
    /// [`UnigramError::Damaged`] if any byte is another, or some are missing.
    pub fn from_bytes(bytes: Bytes) -> Result<Self, UnigramError> {
        let header = file::check((*bytes).as_ref())?;
        Ok(Self { bytes, header })
    }

    /// Returns the compact form, about 8 MB for a vocabulary of 250,000.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        (*self.bytes).as_ref()
    }

    /// Puts the ids of a text behind those in `out`, without special tokens.
    pub fn ids(&self, text: &str, out: &mut Vec<u32>) {
        self.scanner().read(text, usize::MAX, &mut Ids::behind(out));
    }

    /// Puts the first `limit` ids of a text behind those in `out`, without special tokens, and
    /// returns whether the text has more. Words that come after are not read.
    pub fn first_ids(&self, text: &str, limit: usize, out: &mut Vec<u32>) -> bool {
        let mut sink = Ids::behind(out);
        self.scanner().read(text, limit, &mut sink);
        // The scanner goes on until there is one piece too many, which says that there are more.
        let has_more = sink.len() > limit;
        sink.truncate(limit);
        has_more
    }

    /// Puts the ids of a text behind those in `ids`, and for each the byte of the text where its
    /// token ends behind those in `ends`, without special tokens.
    ///
    /// Ends never fall and are borders of characters.
    pub fn ids_with_ends(&self, text: &str, ids: &mut Vec<u32>, ends: &mut Vec<usize>) {
        let mut sink = IdsAndEnds { ids: Ids::behind(ids), ends };
        self.scanner().read(text, usize::MAX, &mut sink);
    }

    /// Returns how many tokens a text has, special tokens not counted.
    #[must_use]
    pub fn count(&self, text: &str) -> usize {
        let mut count = Count::default();
        self.scanner().read(text, usize::MAX, &mut count);
        count.0
    }

    /// Returns `<s> text </s>` in at most `max_tokens` ids, and never fewer than the two special
    /// ones. A longer text loses its end.
    #[must_use]
    pub fn single(&self, text: &str, max_tokens: usize) -> Vec<u32> {
        let mut ids = vec![self.bos()];
        self.first_ids(text, max_tokens.saturating_sub(2), &mut ids);
        ids.push(self.eos());
        ids
    }

    /// Returns the id of `<s>`.
    #[must_use]
    pub fn bos(&self) -> u32 {
        self.header.bos
    }

    /// Returns the id of `</s>`.
    #[must_use]
    pub fn eos(&self) -> u32 {
        self.header.eos
    }

    /// Returns the id of what has no token.
    #[must_use]
    pub fn unk(&self) -> u32 {
        self.header.unk
    }

    /// Returns the sha256 of the file that it was made from.
    #[must_use]
    pub fn made_from(&self) -> [u8; 32] {
        self.header.made_from
    }

    fn scanner(&self) -> Scanner<'_> {
        let bytes = self.as_bytes();
        Scanner {
            chars: self.header.chars(bytes),
            trie: self.header.trie(bytes),
            scores: self.header.scores(bytes),
            unk: self.header.unk,
            unknown_score: self.header.unknown_score,
        }
    }
}

impl fmt::Debug for Unigram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unigram")
            .field("header", &self.header)
            .field("bytes", &self.as_bytes().len())
            .finish_non_exhaustive()
    }
}
