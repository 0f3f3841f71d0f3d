//! Runs: what a system answered, query by query.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::error::EvalError;
use crate::trec_score::strictly_falling;

/// A document and the score that a system gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredDocument {
    /// The document's id: at least one character.
    pub id: String,
    /// Its score: finite.
    pub score: f32,
}

impl ScoredDocument {
    /// Compares two results of a query as trec_eval orders them: by falling score, which is a
    /// 32-bit float there, and among equal scores by falling id, byte by byte.
    #[must_use]
    pub fn by_rank(&self, other: &Self) -> Ordering {
        // Scores are finite; total_cmp would tell 0 from -0, which C does not.
        let scores = other.score.partial_cmp(&self.score).unwrap_or(Ordering::Equal);
        scores.then_with(|| other.id.cmp(&self.id))
    }
}

/// The results of a system for every query, best first, by query id.
///
/// The order is always that of [`ScoredDocument::by_rank`], so metrics see what trec_eval would.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Run {
    queries: BTreeMap<String, Vec<ScoredDocument>>,
}

impl Run {
    /// Adds the results of a query, in any order; the scores decide, each rounded to 32 bits.
    ///
    /// # Errors
    ///
    /// [`EvalError::EmptyId`]; [`EvalError::RepeatedQuery`] if the query has results already;
    /// [`EvalError::RepeatedDocument`]; [`EvalError::Score`] for a score that is not finite, also
    /// once it is rounded.
    pub fn insert<D: Into<String>>(
        &mut self,
        query: impl Into<String>,
        scored: impl IntoIterator<Item = (D, f64)>,
    ) -> Result<(), EvalError> {
        let query = query.into();
        let mut results = Vec::new();
        for (id, score) in scored {
            let id = id.into();
            // As C does it: trec_eval keeps 32 bits of every score.
            let rounded = score as f32;
            if !rounded.is_finite() {
                return Err(EvalError::Score { query, document: id, score });
            }
            results.push(ScoredDocument { id, score: rounded });
        }
        self.insert_results(query, results)
    }

    /// Adds the results of a query, best first; scores that do not fall are lowered until they do
    /// ([`strictly_falling`]), so that the order given is the order scored, here and by trec_eval.
    ///
    /// # Errors
    ///
    /// As for [`Run::insert`].
    pub fn insert_ranking<D: Into<String>>(
        &mut self,
        query: impl Into<String>,
        ranking: impl IntoIterator<Item = (D, f32)>,
    ) -> Result<(), EvalError> {
        let query = query.into();
        let (ids, scores): (Vec<String>, Vec<f32>) =
            ranking.into_iter().map(|(id, score)| (id.into(), score)).unzip();
        // Scores that were given are checked as well as lowered ones: a NaN comes out of the
        // lowering as a number, and −∞ may come of a long ranking of very low scores.
        let falling: Vec<f32> = strictly_falling(scores.iter().copied()).collect();
        let mut results = Vec::with_capacity(ids.len());
        for ((id, given), score) in ids.into_iter().zip(scores).zip(falling) {
            if !(given.is_finite() && score.is_finite()) {
                return Err(EvalError::Score { query, document: id, score: given.into() });
            }
            results.push(ScoredDocument { id, score });
        }
        self.insert_results(query, results)
    }

    /// Adds finite scores.
    fn insert_results(
        &mut self,
        query: String,
        results: Vec<ScoredDocument>,
    ) -> Result<(), EvalError> {
        if query.is_empty() {
            return Err(EvalError::EmptyId { what: "query" });
        }
        if results.iter().any(|result| result.id.is_empty()) {
            return Err(EvalError::EmptyId { what: "document" });
        }
        if self.queries.contains_key(&query) {
            return Err(EvalError::RepeatedQuery { query });
        }
        let mut ids: Vec<&str> = results.iter().map(|result| result.id.as_str()).collect();
        ids.sort_unstable();
        if let Some(pair) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(EvalError::RepeatedDocument { query, document: pair[0].to_owned() });
        }
        self.insert_checked(query, results);
        Ok(())
    }

    /// Adds finite scores of documents that differ, for a query without results.
    pub(crate) fn insert_checked(&mut self, query: String, mut results: Vec<ScoredDocument>) {
        results.sort_unstable_by(ScoredDocument::by_rank);
        self.queries.insert(query, results);
    }

    /// Returns the results of a query, best first; none where the query is unknown.
    #[must_use]
    pub fn of(&self, query: &str) -> Option<&[ScoredDocument]> {
        self.queries.get(query).map(Vec::as_slice)
    }

    /// Returns the queries and the results of each, best first, by rising query id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &[ScoredDocument])> {
        self.queries.iter().map(|(query, results)| (query.as_str(), results.as_slice()))
    }

    /// Returns the number of queries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.queries.len()
    }

    /// Returns whether there is no query.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queries.is_empty()
    }

    /// Keeps the results that `keep`, given query and document, names.
    pub fn retain_results(&mut self, mut keep: impl FnMut(&str, &str) -> bool) {
        for (query, results) in &mut self.queries {
            results.retain(|result| keep(query, &result.id));
        }
    }
}
