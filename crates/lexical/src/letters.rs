//! A filter that leaves one letter of those that people write for one another.

use std::mem;

use tantivy::tokenizer::{Token, TokenFilter, TokenStream, Tokenizer};

use crate::fold::fold_letters;

/// Folds the letters of words: [`fold_letters`].
#[derive(Clone)]
pub(crate) struct Letters;

impl TokenFilter for Letters {
    type Tokenizer<T: Tokenizer> = LettersTokenizer<T>;

    fn transform<T: Tokenizer>(self, tokenizer: T) -> LettersTokenizer<T> {
        LettersTokenizer(tokenizer)
    }
}

#[derive(Clone)]
pub(crate) struct LettersTokenizer<T>(T);

impl<T: Tokenizer> Tokenizer for LettersTokenizer<T> {
    type TokenStream<'a> = LettersStream<T::TokenStream<'a>>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Self::TokenStream<'a> {
        LettersStream { inner: self.0.token_stream(text), folded: String::new() }
    }
}

pub(crate) struct LettersStream<T> {
    inner: T,
    folded: String,
}

impl<T: TokenStream> TokenStream for LettersStream<T> {
    fn advance(&mut self) -> bool {
        if !self.inner.advance() {
            return false;
        }
        let word = &mut self.inner.token_mut().text;
        if !word.is_ascii() {
            self.folded.clear();
            fold_letters(word, &mut self.folded);
            mem::swap(word, &mut self.folded);
        }
        true
    }

    fn token(&self) -> &Token {
        self.inner.token()
    }

    fn token_mut(&mut self) -> &mut Token {
        self.inner.token_mut()
    }
}
