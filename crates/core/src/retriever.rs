//! What the engine asks of an index.

use crate::{PassageId, PassageSet, RetrieverError, ScoredPassage};

/// A query in the forms that retrievers read.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// The text as the user typed it.
    pub text: &'a str,
    /// The encoder's vector of the text; empty where no vector was asked for.
    pub vector: &'a [f32],
}

/// An index that ranks passages for a query.
///
/// Answers are ordered by [`ScoredPassage::best_first`]. A passage that was deleted is never
/// found and counts in no statistic.
pub trait Retriever: Send + Sync {
    /// Returns the best `limit` passages, of `allowed` only if it is given.
    ///
    /// Fewer than `limit` means that there are no more.
    ///
    /// # Errors
    ///
    /// If the index cannot be read or the query's vector has the wrong dimension.
    fn retrieve(
        &self,
        query: Query<'_>,
        limit: usize,
        allowed: Option<&PassageSet>,
    ) -> Result<Vec<ScoredPassage>, RetrieverError>;

    /// Returns the score of each of `passages`, whether or not `retrieve` would have found it.
    ///
    /// The score of a passage that both find is the same to the last bit. A passage that is not
    /// in the index is an error.
    ///
    /// # Errors
    ///
    /// As for [`Retriever::retrieve`], or if a passage is unknown.
    fn score(&self, query: Query<'_>, passages: &[PassageId]) -> Result<Vec<f32>, RetrieverError>;
}

/// Another engine's first stage, or its answers in a file: it names documents and knows nothing of
/// passages.
pub trait DocumentRetriever: Send + Sync {
    /// Returns the ids of the best `limit` documents, each once, with finite scores; higher is better.
    ///
    /// An empty answer means that it has nothing to say about the query.
    ///
    /// # Errors
    ///
    /// If the engine or the file cannot be asked.
    fn retrieve(&self, query: &str, limit: usize) -> Result<Vec<(String, f32)>, RetrieverError>;

    /// Returns the score of each document, whether or not `retrieve` would have found it; nothing if
    /// that is more than can be asked, as it is of most engines.
    ///
    /// # Errors
    ///
    /// As for [`DocumentRetriever::retrieve`].
    fn score(&self, query: &str, documents: &[&str]) -> Result<Option<Vec<f32>>, RetrieverError> {
        let _ = (query, documents);
        Ok(None)
    }
}
