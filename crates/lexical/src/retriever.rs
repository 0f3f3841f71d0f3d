//! The index as a retriever of passages.

use tantivy::TantivyError;
use trommel_core::{PassageId, PassageSet, Query, Retriever, RetrieverError, ScoredPassage};

use crate::bag::Bag;
use crate::{LexicalError, LexicalIndex, syntax};

/// What the retriever is called in errors.
pub(crate) const NAME: &str = "lexical";

/// How a query is read and scored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LexicalSettings {
    /// What the title's own BM25 score is multiplied with before it is added to the body's, of
    /// which the title is a part; from 0, and 0 if it is no such number.
    pub title_weight: f32,
    /// Whether the query's text has operators: phrases, `+`, `-`, field names.
    pub syntax: bool,
}

impl Default for LexicalSettings {
    /// Returns plain words with the title weight that was best on scifact's train queries:
    /// nDCG@10 is .6968 at 0, .7015 at .2, .7002 at .3, .6924 at .5.
    fn default() -> Self {
        Self { title_weight: 0.2, syntax: false }
    }
}

/// Ranks the passages of an index by BM25.
///
/// A plain query is a bag of words: its score is the sum over its words, repeated words counting
/// again, of BM25 in the body and, weighted, in the title, and is added up in 64 bits in one
/// order whatever the segments are. A query of no known word finds nothing.
///
/// With operators ([`LexicalSettings::syntax`]) tantivy reads the query, leniently, and scores
/// it in 32 bits, over the same statistics; repeated words then count once. What it cannot follow,
/// such as a range over words, `key:*` or a query of more than 4 KiB, is read as plain words. The fields are
/// `title`, `body`, `path` and the keys of the metadata.
pub struct LexicalRetriever<'a> {
    index: &'a LexicalIndex,
    settings: LexicalSettings,
}

impl<'a> LexicalRetriever<'a> {
    pub(crate) fn new(index: &'a LexicalIndex, settings: LexicalSettings) -> Self {
        let usable = settings.title_weight.is_finite() && settings.title_weight > 0.0;
        let title_weight = if usable { settings.title_weight } else { 0.0 };
        Self { index, settings: LexicalSettings { title_weight, ..settings } }
    }

    /// Answers with operators if they are asked for and can be followed, else with plain words.
    fn answer<T>(
        &self,
        query: &str,
        with_operators: impl FnOnce(f32) -> tantivy::Result<T>,
        with_words: impl FnOnce(&Bag<'_>) -> tantivy::Result<T>,
    ) -> Result<T, RetrieverError> {
        let weight = self.settings.title_weight;
        if self.settings.syntax && syntax::is_readable(query) {
            match with_operators(weight) {
                Err(error) if syntax::cannot_be_followed(&error) => {}
                answer => return answer.map_err(|error| self.index.cannot_answer(error)),
            }
        }
        let answer = Bag::new(self.index, query, weight).and_then(|bag| with_words(&bag));
        answer.map_err(|error| self.index.cannot_answer(error))
    }
}

impl Retriever for LexicalRetriever<'_> {
    fn retrieve(
        &self,
        query: Query<'_>,
        limit: usize,
        allowed: Option<&PassageSet>,
    ) -> Result<Vec<ScoredPassage>, RetrieverError> {
        self.answer(
            query.text,
            |weight| syntax::best(self.index, query.text, weight, limit, allowed),
            |bag| bag.best(limit, allowed),
        )
    }

    fn score(&self, query: Query<'_>, passages: &[PassageId]) -> Result<Vec<f32>, RetrieverError> {
        let places = passages
            .iter()
            .map(|&passage| {
                self.index
                    .find(passage)
                    .ok_or(RetrieverError::UnknownPassage { index: NAME, passage })
            })
            .collect::<Result<Vec<_>, _>>()?;
        self.answer(
            query.text,
            |weight| syntax::scores(self.index, query.text, weight, &places),
            |bag| bag.scores(&places),
        )
    }
}

impl LexicalIndex {
    /// Returns what a search is told that tantivy could not answer.
    pub(crate) fn cannot_answer(&self, error: TantivyError) -> RetrieverError {
        match self.damage() {
            Some(LexicalError::Corrupt { path, detail }) => {
                RetrieverError::Corrupt { path, detail }
            }
            _ => RetrieverError::Failed { index: NAME, source: error.into() },
        }
    }
}
