//! WordPiece tokenizers of BERT's family, without parsing JSON at every start.
//!
//! A [`WordPiece`] is made once from `tokenizer.json` and kept as one run of bytes that is checked
//! and used as it is. It gives the ids that the `tokenizers` library gives when special tokens in
//! texts are text (`encode_special_tokens`), with padding and truncation off.

mod ascii;
mod char_table;
mod error;
mod file;
mod json;
mod kept;
mod rules;
mod scan;
mod sequence;
mod unicode;

use std::fmt;

pub use error::WordPieceError;
pub(crate) use kept::opened_or_made;
pub use sequence::Pair;

use crate::sink::{Count, Ids, IdsAndEnds, Sink};
use ascii::Ascii;
use file::Header;
use json::Description;
use scan::Scanner;

/// A WordPiece tokenizer with the rules of BERT.
///
/// Texts are plain: `[SEP]` in a text is a word in brackets. It may be used by many threads at
/// once.
#[derive(Clone)]
pub struct WordPiece {
    bytes: Vec<u8>,
    header: Header,
    ascii: Box<Ascii>,
}

impl WordPiece {
    /// Returns the tokenizer that a `tokenizer.json` describes; what it says of padding and
    /// truncation is left aside.
    ///
    /// # Errors
    ///
    /// [`WordPieceError::NotATokenizer`] if it is no JSON, and [`WordPieceError::Unsupported`] if
    /// it is anything but `BertNormalizer`, `BertPreTokenizer`, `WordPiece` and
    /// `[CLS] A [SEP] B [SEP]` with types 0 and 1, or has added tokens that are not special.
    pub fn from_json(json: &[u8]) -> Result<Self, WordPieceError> {
        Self::from_bytes(file::compact(&Description::read(json)?, json)?)
    }

    /// Returns the tokenizer of a compact form that [`WordPiece::as_bytes`] gave.
    ///
    /// # Errors
    ///
    /// [`WordPieceError::Damaged`] if any byte is another, or some are missing.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, WordPieceError> {
        let header = file::check(&bytes)?;
        let ascii = Box::new(Ascii::new(header.char_table(&bytes)));
        Ok(Self { bytes, header, ascii })
    }

    /// Returns the compact form, about 0.7 MB for a vocabulary of 30,000.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Puts the ids of a text behind those in `out`, without special tokens.
    pub fn ids(&self, text: &str, out: &mut Vec<u32>) {
        self.scanner().read(text, usize::MAX, &mut Ids::behind(out));
    }

    /// Puts the first `limit` ids of a text behind those in `out`, without special tokens, and
    /// returns whether the text has more. What comes after is not read.
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
    /// Ends never fall and are borders of characters. Accents that are stripped and were written as
    /// characters of their own are not counted to a token.
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

    /// Returns the id of `[CLS]`.
    #[must_use]
    pub fn cls(&self) -> u32 {
        self.header.cls
    }

    /// Returns the id of `[SEP]`.
    #[must_use]
    pub fn sep(&self) -> u32 {
        self.header.sep
    }

    /// Returns the id of what has no token.
    #[must_use]
    pub fn unk(&self) -> u32 {
        self.header.unk
    }

    /// Returns the blake3 hash of the vocabulary and the rules: two tokenizers that have the same
    /// give the same ids.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        self.header.fingerprint
    }

    /// Returns the sha256 of the `tokenizer.json` that it was made from.
    #[must_use]
    pub fn made_from(&self) -> [u8; 32] {
        self.header.made_from
    }

    fn scanner(&self) -> Scanner<'_> {
        Scanner {
            rules: self.header.rules,
            ascii: &self.ascii,
            char_table: self.header.char_table(&self.bytes),
            trie: self.header.trie(&self.bytes),
            inside: self.header.inside,
            unk: self.header.unk,
            max_word_chars: self.header.max_word_chars,
        }
    }
}

impl fmt::Debug for WordPiece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WordPiece")
            .field("header", &self.header)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}
