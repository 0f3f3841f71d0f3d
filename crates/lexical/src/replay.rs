//! Tokens as text, handed to tantivy and read back by it.
//!
//! tantivy reads a text with the one tokenizer of its field, which knows nothing of languages. So passages
//! and the words of a query with operators are read before, each by its language. (tantivy's own
//! pre-tokenised text goes through JSON, which takes longer than everything else that analysis does.)

use std::fmt::Write;

use tantivy::tokenizer::{BoxTokenStream, TextAnalyzer, Token, TokenStream, Tokenizer};

/// Before every token; none has it in it.
const MARK: char = '\u{1}';

/// Returns tokens as one text.
pub(crate) fn written(tokens: &[Token]) -> String {
    let mut text = MARK.to_string();
    for token in tokens {
        // Writing to a string does not fail.
        let _ = write!(text, "{MARK}{}:{}", token.position, token.text);
    }
    text
}

/// Reads what [`written`] wrote; another text as `or` does.
#[derive(Clone)]
pub(crate) struct Replay {
    or: TextAnalyzer,
}

impl Replay {
    pub(crate) fn or(or: TextAnalyzer) -> Self {
        Self { or }
    }
}

impl Tokenizer for Replay {
    type TokenStream<'a> = BoxTokenStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> BoxTokenStream<'a> {
        let Some(tokens) = text.strip_prefix(MARK) else { return self.or.token_stream(text) };
        BoxTokenStream::new(Replayed { rest: tokens, token: Token::default() })
    }
}

struct Replayed<'a> {
    rest: &'a str,
    token: Token,
}

impl TokenStream for Replayed<'_> {
    fn advance(&mut self) -> bool {
        let Some(rest) = self.rest.strip_prefix(MARK) else { return false };
        let (token, rest) = rest.split_at(rest.find(MARK).unwrap_or(rest.len()));
        let Some((position, text)) = token.split_once(':') else { return false };
        self.rest = rest;
        self.token.position = position.parse().unwrap_or_default();
        self.token.position_length = 1;
        text.clone_into(&mut self.token.text);
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}
