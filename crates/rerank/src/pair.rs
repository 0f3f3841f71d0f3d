//! Query and passage as one sequence: `[CLS] query [SEP] passage [SEP]`, token types 0 and 1.

use tokenizers::utils::truncation::{TruncationParams, TruncationStrategy};
use tokenizers::{Encoding, PostProcessor, Tokenizer, TruncationDirection};
use trommel_core::BoxError;
use trommel_models::InstalledModel;

use crate::RerankError;

/// How many tokens of the model are kept for the passage, however long the query is; half of what
/// a short model has.
const PASSAGE_FLOOR: usize = 64;

/// Returns how many tokens of a query are read by a model of `max_tokens`, `specials` of them
/// around query and passage.
pub(crate) fn query_limit(max_tokens: usize, specials: usize) -> usize {
    let room = max_tokens.saturating_sub(specials);
    room - PASSAGE_FLOOR.min(room / 2)
}

/// Puts pairs together for a model of a limited length: the passage gives way, never the query.
///
/// Only a query that alone would fill the model loses its end, so that at least 64 tokens of the
/// passage are read: at 512 tokens, a query of more than 445.
#[derive(Debug, Clone)]
pub(crate) struct PairTokenizer {
    tokenizer: Tokenizer,
    max_tokens: usize,
    specials: usize,
}

/// A query that leaves room for a passage.
#[derive(Debug)]
pub(crate) struct FittedQuery<'a> {
    pub(crate) text: &'a str,
    tokens: Encoding,
}

/// A pair as the network reads it.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) tokens: Encoding,
    /// Whether the passage lost its end.
    pub(crate) truncated: bool,
}

impl PairTokenizer {
    pub(crate) fn new(model: &InstalledModel) -> Result<Self, RerankError> {
        let (id, max_tokens) = (&model.spec.id, model.spec.max_tokens);
        let mut tokenizer = model.tokenizer()?;
        // Otherwise a document that says "[SEP]" would end its own passage.
        tokenizer.set_encode_special_tokens(true);
        let wrong = |expected: String, got: String| RerankError::Tokenizer {
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
        let sample = tokenizer
            .encode_fast(("a", "a"), true)
            .map_err(|error| wrong("tokens".into(), error.to_string()))?;
        if sample.get_type_ids().first() != Some(&0) || sample.get_type_ids().last() != Some(&1) {
            return Err(wrong(
                "token type 0 for the query and 1 for the passage".into(),
                format!("{:?}", sample.get_type_ids()),
            ));
        }
        Ok(Self { tokenizer, max_tokens, specials })
    }

    /// Returns the query, shorter if it leaves too little room.
    pub(crate) fn fit<'a>(&self, query: &'a str) -> Result<FittedQuery<'a>, BoxError> {
        let limit = query_limit(self.max_tokens, self.specials);
        let tokens = self.tokenizer.encode(query, false)?;
        let Some((_, end)) = tokens.get_offsets().get(limit - 1).filter(|_| tokens.len() > limit)
        else {
            return Ok(FittedQuery { text: query, tokens });
        };
        let text = query.get(..*end).unwrap_or(query);
        let mut tokens = self.tokenizer.encode(text, false)?;
        tokens.truncate(limit, 0, TruncationDirection::Right);
        tokens.take_overflowing();
        Ok(FittedQuery { text, tokens })
    }

    pub(crate) fn pair(&self, query: &FittedQuery<'_>, passage: &str) -> Result<Pair, BoxError> {
        let mut passage = self.tokenizer.encode_fast(passage, false)?;
        let room = self.max_tokens - self.specials - query.tokens.len();
        let truncated = passage.len() > room;
        if truncated {
            passage.truncate(room, 0, TruncationDirection::Right);
            passage.take_overflowing();
        }
        passage.set_type_ids(vec![1; passage.len()]);
        let tokens = self.tokenizer.post_process(query.tokens.clone(), Some(passage), true)?;
        Ok(Pair { tokens, truncated })
    }

    /// Returns a tokenizer that makes the same pairs out of a fitted query and a passage itself.
    pub(crate) fn truncating(&self) -> Result<Tokenizer, BoxError> {
        let mut tokenizer = self.tokenizer.clone();
        tokenizer.with_truncation(Some(TruncationParams {
            max_length: self.max_tokens,
            strategy: TruncationStrategy::OnlySecond,
            ..Default::default()
        }))?;
        Ok(tokenizer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trommel_models::{AddOptions, Silent, Store};
    use trommel_testkit::TinyModel;

    /// fastembed makes its pairs itself, out of text: they must be the ones that candle gets.
    #[test]
    fn a_pair_made_of_text_has_the_tokens_of_a_pair_made_of_tokens() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("tiny");
        std::fs::create_dir(&folder).unwrap();
        TinyModel::reranker(1).write(&folder).unwrap();
        let store = Store::new(home.path().into());
        let model = store.add(&folder, &AddOptions::default(), &Silent).unwrap();
        let pairs = PairTokenizer::new(&model).unwrap();
        let of_text = pairs.truncating().unwrap();

        let long = "Rains in Berlin? ".repeat(40);
        let texts = ["", " ", "rain", "[SEP] 🦀 [CLS]", "Soup,\u{0} bread\u{301}!", &long];
        for query in texts {
            let fitted = pairs.fit(query).unwrap();
            for passage in texts {
                let pair = pairs.pair(&fitted, passage).unwrap();
                let expected = of_text.encode((fitted.text, passage), true).unwrap();
                assert_eq!(pair.tokens.get_ids(), expected.get_ids(), "{query:?}, {passage:?}");
                assert_eq!(pair.tokens.get_type_ids(), expected.get_type_ids());
                assert_eq!(pair.tokens.get_attention_mask(), vec![1; expected.len()]);
                assert!(expected.len() <= 64);
                assert_eq!(pair.truncated, passage == long, "{query:?}, {passage:?}");
            }
        }
    }
}
