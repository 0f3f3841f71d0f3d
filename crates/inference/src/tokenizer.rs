//! Counting tokens without running a model.

use tokenizers::Tokenizer;
use trommel_core::TokenCounter;
use trommel_models::{InstalledModel, ModelsError, WordPiece};

/// Counts with a model's own tokenizer, special tokens left out and nothing cut.
pub struct ModelTokenCounter(Way);

enum Way {
    WordPiece(WordPiece),
    Library(Box<Tokenizer>),
}

impl ModelTokenCounter {
    /// Returns the counter of a model.
    ///
    /// # Errors
    ///
    /// If the tokenizer's file cannot be read.
    pub fn new(model: &InstalledModel) -> Result<Self, ModelsError> {
        if let Some(tokenizer) = model.wordpiece()? {
            return Ok(Self(Way::WordPiece(tokenizer)));
        }
        let mut tokenizer = model.tokenizer()?;
        tokenizer.set_encode_special_tokens(true);
        Ok(Self(Way::Library(Box::new(tokenizer))))
    }
}

impl TokenCounter for ModelTokenCounter {
    /// A text that the tokenizer refuses counts as its bytes, of which every token has at least
    /// one.
    fn count(&self, text: &str) -> usize {
        match &self.0 {
            Way::WordPiece(tokenizer) => tokenizer.count(text),
            Way::Library(tokenizer) => {
                tokenizer.encode_fast(text, false).map_or(text.len(), |tokens| tokens.len())
            }
        }
    }
}
