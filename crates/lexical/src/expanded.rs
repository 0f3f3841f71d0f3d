//! BM25 over passages that have words of their neighbours, too.

use std::sync::{Arc, Mutex, PoisonError};

use tantivy::TERMINATED;
use tantivy::schema::IndexRecordOption;
use trommel_core::{PassageId, PassageSet, Query, Retriever, RetrieverError, ScoredPassage};

use crate::best::Best;
use crate::bm25::{length_norm, saturate};
use crate::expansion::{Expansion, expanded};
use crate::postings::TermPostings;
use crate::retriever::NAME;
use crate::{LexicalIndex, QueryTerm};

/// Of how many words a query must be to be looked for among the passages: shorter ones stand in many.
const LEAST_COPY: u32 = 16;
/// Which share of the shorter of query and passage must be in the other for one to be a copy of, or
/// from, the other.
const COPY: f64 = 0.8;

/// Ranks the passages of an index by BM25 over their own words and those that neighbours lend them.
///
/// The count of a term is `tf + amount · mean tf of the neighbours`; lengths, their mean and the
/// number of passages that have a term are those of these counts. The title is scored as it is, and
/// added as in [`LexicalRetriever`](crate::LexicalRetriever). All sums are of whole numbers or in one
/// order, so that scores do not depend on the segments.
///
/// A passage that the query was taken from lends nothing: who asks with a text of the collection would
/// else be answered with whatever is near that text, by words that only it has.
pub struct ExpandedRetriever<'a> {
    index: &'a LexicalIndex,
    expansion: &'a Expansion,
    title_weight: f32,
    amount: f32,
    /// The last query and its scores: whoever asks for the best asks for scores next.
    last: Mutex<Option<(String, Arc<Vec<f32>>)>>,
}

impl<'a> ExpandedRetriever<'a> {
    pub(crate) fn new(
        index: &'a LexicalIndex,
        expansion: &'a Expansion,
        title_weight: f32,
        amount: f32,
    ) -> Self {
        Self { index, expansion, title_weight, amount, last: Mutex::new(None) }
    }

    /// Returns the score of every place.
    fn scores(&self, query: &str) -> tantivy::Result<Arc<Vec<f32>>> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, scores)) = &*last
            && known == query
        {
            return Ok(Arc::clone(scores));
        }
        let scores = Arc::new(self.compute(query)?);
        *last = Some((query.to_owned(), Arc::clone(&scores)));
        Ok(scores)
    }

    fn compute(&self, query: &str) -> tantivy::Result<Vec<f32>> {
        let terms = self.index.analyzer().ranking_terms(query);
        let lends_nothing = self.copies(&terms)?;
        let (places, amount) = (self.expansion.passages.len(), f64::from(self.amount));
        let lengths: Vec<f64> = (self.expansion.lengths.iter())
            .map(|&(own, borrowed)| expanded(own, borrowed, amount))
            .collect();
        let average = lengths.iter().sum::<f64>() / places.max(1) as f64;
        let mut sums = vec![0.0; places];
        let mut counts: Vec<(u32, u32)> = vec![(0, 0); places];
        let mut touched: Vec<u32> = Vec::new();
        for term in &terms {
            self.titles(term, &mut sums)?;
            self.postings(term, |place, count| {
                let own = &mut counts[place as usize];
                if *own == (0, 0) {
                    touched.push(place);
                }
                own.0 += count;
                if lends_nothing.binary_search(&place).is_ok() {
                    return;
                }
                for &(borrower, parts) in self.expansion.borrowers(place) {
                    let borrowed = &mut counts[borrower as usize];
                    if *borrowed == (0, 0) {
                        touched.push(borrower);
                    }
                    borrowed.1 = borrowed.1.saturating_add(parts.saturating_mul(count));
                }
            })?;
            let idf = self.index.idf_of(term, touched.len() as u64);
            let weight = f64::from(term.count) * idf;
            for place in touched.drain(..) {
                let (own, borrowed) = std::mem::take(&mut counts[place as usize]);
                let length = lengths[place as usize];
                let norm = length_norm(length, average);
                sums[place as usize] += weight * saturate(expanded(own, borrowed, amount), norm);
            }
        }
        Ok(sums.into_iter().map(|sum| sum as f32).collect())
    }

    /// Adds what the titles say, which borrow nothing.
    fn titles(&self, term: &QueryTerm, sums: &mut [f64]) -> tantivy::Result<()> {
        if self.title_weight <= 0.0 {
            return Ok(());
        }
        let found = TermPostings::find(self.index, |segment| &segment.title, term)?;
        let weight = f64::from(self.title_weight) * f64::from(term.count);
        let weight = weight * self.index.idf_of(term, found.holding()?);
        let lengths = &self.index.title().lengths;
        let segments = self.index.segments.iter().zip(&self.expansion.places).enumerate();
        for (at, (segment, places)) in segments {
            let mut postings = found.of_segment(at, IndexRecordOption::WithFreqs)?;
            postings.each_before(TERMINATED, |doc, frequency| {
                let norm = segment.title.norms.fieldnorm_id(doc);
                let place = places[doc as usize] as usize;
                sums[place] += weight * lengths.saturate(frequency, norm);
            });
        }
        Ok(())
    }

    /// Returns the places of passages that the query was taken from, or that were taken from it.
    fn copies(&self, terms: &[QueryTerm]) -> tantivy::Result<Vec<u32>> {
        let words: u32 = terms.iter().map(|term| term.count).sum();
        if words < LEAST_COPY {
            return Ok(Vec::new());
        }
        let mut shared = vec![0; self.expansion.passages.len()];
        for term in terms {
            self.postings(term, |place, count| {
                shared[place as usize] += term.count.min(count);
            })?;
        }
        let is_copy = |(&shared, &(own, _)): (&u32, &(u32, u32))| {
            let shorter = own.min(words);
            shorter >= LEAST_COPY && f64::from(shared) >= COPY * f64::from(shorter)
        };
        let places = shared.iter().zip(&self.expansion.lengths).enumerate();
        Ok(places.filter(|(_, pair)| is_copy(*pair)).map(|(place, _)| place as u32).collect())
    }

    /// Calls `each` with the place of every passage whose body has a term, and how often.
    fn postings(&self, term: &QueryTerm, mut each: impl FnMut(u32, u32)) -> tantivy::Result<()> {
        let found = TermPostings::find(self.index, |segment| &segment.body, term)?;
        for (at, places) in self.expansion.places.iter().enumerate() {
            let mut postings = found.of_segment(at, IndexRecordOption::WithFreqs)?;
            postings.each_before(TERMINATED, |doc, count| each(places[doc as usize], count));
        }
        Ok(())
    }
}

impl Retriever for ExpandedRetriever<'_> {
    fn retrieve(
        &self,
        query: Query<'_>,
        limit: usize,
        allowed: Option<&PassageSet>,
    ) -> Result<Vec<ScoredPassage>, RetrieverError> {
        let scores = self.scores(query.text).map_err(|error| self.index.cannot_answer(error))?;
        let mut best = Best::new(limit);
        for (&id, &score) in self.expansion.passages.iter().zip(&*scores) {
            let passage = ScoredPassage { id, score };
            if score > 0.0
                && best.wants(passage)
                && allowed.is_none_or(|allowed| allowed.contains(id))
            {
                best.keep(passage);
            }
        }
        Ok(best.into_sorted())
    }

    fn score(&self, query: Query<'_>, passages: &[PassageId]) -> Result<Vec<f32>, RetrieverError> {
        let scores = self.scores(query.text).map_err(|error| self.index.cannot_answer(error))?;
        let score = |&passage: &PassageId| {
            let place = self.expansion.passages.binary_search(&passage);
            let unknown = RetrieverError::UnknownPassage { index: NAME, passage };
            place.map(|place| scores[place]).map_err(|_| unknown)
        };
        passages.iter().map(score).collect()
    }
}
