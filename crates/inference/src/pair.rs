//! Query and passage as one sequence, as the tokenizer's own template puts them together:
//! `[CLS] query [SEP] passage [SEP]`, for XLM-RoBERTa `<s> query </s></s> passage </s>`.

use std::iter::repeat_n;

use tokenizers::utils::truncation::{TruncationParams, TruncationStrategy};
use tokenizers::{Encoding, PostProcessor, Tokenizer, TruncationDirection};
use trommel_core::BoxError;
use trommel_models::{Architecture, InstalledModel, Pair, WordPiece};

use crate::InferenceError;
use crate::tokenizer::library;

/// How many tokens of the model are kept for the passage, however long the query is; half of what
/// a short model has.
const PASSAGE_FLOOR: usize = 64;

/// Returns how many tokens of a query are read by a model of `max_tokens`, `specials` of them
/// around query and passage.
pub(crate) fn query_limit(max_tokens: usize, specials: usize) -> usize {
    let room = max_tokens.saturating_sub(specials);
    room - PASSAGE_FLOOR.min(room / 2)
}

/// What makes one sequence of a query and a passage.
pub(crate) trait Pairs: Send + Sync {
    /// Returns the query, shorter if it leaves too little room.
    fn fit<'a>(&self, query: &'a str) -> Result<FittedQuery<'a>, BoxError>;

    /// Returns the pair, the passage shorter if it does not fit.
    fn pair(&self, query: &FittedQuery<'_>, passage: &str) -> Result<Pair, BoxError>;

    /// Returns the tokens whose logits make a language model's score: that of the first, less that
    /// of the second; none for a classifier.
    fn answers(&self) -> &[u32] {
        &[]
    }
}

/// Puts pairs together for a model of a limited length: the passage gives way, never the query.
///
/// Only a query that alone would fill the model loses its end, so that at least 64 tokens of the
/// passage are read: at 512 tokens, a query of more than 445.
#[derive(Debug, Clone)]
pub(crate) struct PairTokenizer {
    tokenizer: Tokenizer,
    max_tokens: usize,
    /// How many tokens the template adds, such as `[CLS]` and `[SEP]`.
    specials: usize,
    /// Whether a network of this kind tells the passage from the query by a token type; else the
    /// type is 0, whatever the template says.
    typed: bool,
    /// What no text can say: tokens with a meaning of their own.
    unspoken: Vec<u32>,
}

/// A query that leaves room for a passage.
#[derive(Debug)]
pub(crate) struct FittedQuery<'a> {
    pub(crate) text: &'a str,
    pub(crate) tokens: QueryTokens,
}

/// A query's tokens, as the tokenizer that made them wants them back.
#[derive(Debug)]
pub(crate) enum QueryTokens {
    Ids(Vec<u32>),
    Encoding(Box<Encoding>),
}

const OTHER_TOKENIZER: &str = "a query of another tokenizer";

/// Pairs of our own WordPiece, which knows one template: `[CLS] query [SEP] passage [SEP]`.
pub(crate) struct WordPiecePairs {
    tokenizer: WordPiece,
    max_tokens: usize,
}

impl WordPiecePairs {
    /// Special tokens around a query and a passage: `[CLS]` and two `[SEP]`.
    const SPECIALS: usize = 3;

    /// Returns the pairs of a model; none if its length leaves no room for both.
    pub(crate) fn new(model: &InstalledModel, tokenizer: WordPiece) -> Option<Self> {
        let max_tokens = model.spec.max_tokens()?;
        (max_tokens > Self::SPECIALS + 1).then_some(Self { tokenizer, max_tokens })
    }
}

impl Pairs for WordPiecePairs {
    fn fit<'a>(&self, query: &'a str) -> Result<FittedQuery<'a>, BoxError> {
        let mut ids = Vec::new();
        self.tokenizer.first_ids(query, query_limit(self.max_tokens, Self::SPECIALS), &mut ids);
        Ok(FittedQuery { text: query, tokens: QueryTokens::Ids(ids) })
    }

    fn pair(&self, query: &FittedQuery<'_>, passage: &str) -> Result<Pair, BoxError> {
        match &query.tokens {
            QueryTokens::Ids(ids) => Ok(self.tokenizer.pair(ids, passage, self.max_tokens)),
            QueryTokens::Encoding(_) => Err(OTHER_TOKENIZER.into()),
        }
    }
}

impl PairTokenizer {
    /// Returns the model's tokenizer, if its template is the one that the architecture is trained
    /// with: with another, every score would be wrong and none would say so.
    pub(crate) fn new(
        model: &InstalledModel,
        architecture: Architecture,
    ) -> Result<Self, InferenceError> {
        let (id, max_tokens) = (&model.spec.id, model.spec.network()?.max_tokens);
        let tokenizer = library(model)?;
        let wrong = |expected: String, got: String| InferenceError::Tokenizer {
            model: id.clone(),
            expected,
            got,
        };
        let specials = tokenizer.get_post_processor().map_or(0, |post| post.added_tokens(true));
        if specials == 0 || specials + 2 > max_tokens {
            return Err(wrong(
                format!("1 to {} special tokens around a pair", max_tokens.saturating_sub(2)),
                specials.to_string(),
            ));
        }
        let sample =
            sample(&tokenizer, architecture).map_err(|(expected, got)| wrong(expected, got))?;
        let unspoken = unspoken(&tokenizer, &sample);
        let typed = architecture != Architecture::XlmRoberta;
        Ok(Self { tokenizer, max_tokens, specials, typed, unspoken })
    }

    /// Returns ids and types without what a text says of special tokens: Unigram finds `</s>` in it
    /// as a word like any other, and would let a passage end itself.
    fn spoken(&self, tokens: &Encoding) -> impl Iterator<Item = (u32, u32)> {
        let all = tokens.get_ids().iter().zip(tokens.get_type_ids());
        all.zip(tokens.get_special_tokens_mask())
            .filter(|((id, _), special)| **special == 1 || !self.unspoken.contains(id))
            .map(|((id, kind), _)| (*id, if self.typed { *kind } else { 0 }))
    }

    /// Returns a tokenizer that makes the same pairs out of a fitted query and a passage itself.
    pub(crate) fn truncating(
        mut self,
        model: &InstalledModel,
    ) -> Result<Tokenizer, InferenceError> {
        let truncation = TruncationParams {
            max_length: self.max_tokens,
            strategy: TruncationStrategy::OnlySecond,
            ..Default::default()
        };
        self.tokenizer.with_truncation(Some(truncation)).map_err(|source| {
            let path = model.tokenizer_file().to_owned();
            InferenceError::Session { path, source }
        })?;
        Ok(self.tokenizer)
    }
}

impl Pairs for PairTokenizer {
    fn fit<'a>(&self, query: &'a str) -> Result<FittedQuery<'a>, BoxError> {
        // At least 1: `new` has seen to two tokens beside the special ones.
        let limit = query_limit(self.max_tokens, self.specials);
        let mut tokens = self.tokenizer.encode(query, false)?;
        let Some((_, end)) = tokens.get_offsets().get(limit - 1).filter(|_| tokens.len() > limit)
        else {
            let tokens = QueryTokens::Encoding(tokens.into());
            return Ok(FittedQuery { text: query, tokens });
        };
        let text = query.get(..*end).unwrap_or(query);
        tokens.truncate(limit, 0, TruncationDirection::Right);
        // What was cut off would stay beside the rest, and the template would make pairs of it too.
        tokens.take_overflowing();
        Ok(FittedQuery { text, tokens: QueryTokens::Encoding(tokens.into()) })
    }

    fn pair(&self, query: &FittedQuery<'_>, passage: &str) -> Result<Pair, BoxError> {
        let QueryTokens::Encoding(query) = &query.tokens else {
            return Err(OTHER_TOKENIZER.into());
        };
        let mut passage = self.tokenizer.encode_fast(passage, false)?;
        // `fit` has left at least one token of room, so this cannot wrap.
        let room = self.max_tokens - self.specials - query.len();
        let truncated = passage.len() > room;
        if truncated {
            passage.truncate(room, 0, TruncationDirection::Right);
            passage.take_overflowing();
        }
        passage.set_type_ids(vec![1; passage.len()]);
        let tokens = self.tokenizer.post_process((**query).clone(), Some(passage), true)?;
        let (ids, types) = self.spoken(&tokens).unzip();
        Ok(Pair { ids, types, truncated })
    }
}

/// Returns a pair as the tokenizer puts it together; or else what is expected of it, and what it
/// does.
fn sample(tokenizer: &Tokenizer, architecture: Architecture) -> Result<Encoding, (String, String)> {
    let failed = |error: BoxError| ("tokens".to_owned(), error.to_string());
    let alone = tokenizer.encode_fast("a", false).map_err(failed)?.len();
    let pair = tokenizer.encode_fast(("a", "a"), true).map_err(failed)?;
    let (separators, expected) = match architecture {
        Architecture::XlmRoberta | Architecture::JinaBert => (2, "<s> query </s></s> passage </s>"),
        _ => (1, "[CLS] query [SEP] passage [SEP]"),
    };
    let parts = [(1, 1), (0, alone), (1, separators), (0, alone), (1, 1)];
    let template: Vec<u32> =
        parts.into_iter().flat_map(|(special, count)| repeat_n(special, count)).collect();
    if pair.get_special_tokens_mask() != template {
        return Err((expected.to_owned(), format!("{:?}", pair.get_tokens())));
    }
    let types = pair.get_type_ids();
    let ends = (types.first(), types.last());
    if architecture == Architecture::Bert && ends != (Some(&0), Some(&1)) {
        let expected = "token type 0 for the query and 1 for the passage";
        return Err((expected.to_owned(), format!("{types:?}")));
    }
    Ok(pair)
}

/// Returns the special tokens of a tokenizer and those of a pair, but for the one that stands for
/// what is in no vocabulary.
fn unspoken(tokenizer: &Tokenizer, pair: &Encoding) -> Vec<u32> {
    let added = tokenizer.get_added_tokens_decoder();
    let special = added
        .iter()
        .filter(|(_, token)| token.special && !token.content.to_ascii_lowercase().contains("unk"));
    let of_template = pair.get_ids().iter().zip(pair.get_special_tokens_mask());
    let of_template = of_template.filter(|(_, special)| **special == 1);
    special.map(|(id, _)| *id).chain(of_template.map(|(id, _)| *id)).collect()
}

#[cfg(test)]
pub(crate) mod tests;
