//! Counting tokens without running a model.

use tokenizers::Tokenizer;
use trommel_core::TokenCounter;
use trommel_models::{InstalledModel, ModelsError};

/// Counts with a model's own tokenizer, special tokens left out and nothing cut.
pub struct ModelTokenCounter {
    tokenizer: Tokenizer,
}

impl ModelTokenCounter {
    /// Returns the counter of a model.
    ///
    /// # Errors
    ///
    /// If the tokenizer's file cannot be read.
    pub fn new(model: &InstalledModel) -> Result<Self, ModelsError> {
        let mut tokenizer = model.tokenizer()?;
        tokenizer.set_encode_special_tokens(true);
        Ok(Self { tokenizer })
    }
}

impl TokenCounter for ModelTokenCounter {
    /// A text that the tokenizer refuses counts as its bytes, of which every token has at least
    /// one.
    fn count(&self, text: &str) -> usize {
        self.tokenizer.encode_fast(text, false).map_or(text.len(), |tokens| tokens.len())
    }
}
