//! Scores a query that is a bag of words.
//!
//! Every posting of every term is read. tantivy's own pruned search is faster on long lists, but
//! not exact where an index has several segments: the block maxima that it prunes by are those
//! of the average length at the time a segment was written.

use rayon::prelude::*;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, TERMINATED};
use trommel_core::{PassageSet, ScoredPassage};

use crate::best::Best;
use crate::index::FieldStatistics;
use crate::postings::{AnyOf, FieldOf, TermPostings};
use crate::segment::TextField;
use crate::{LexicalIndex, QueryTerm};

/// How many neighbouring passages are added up at a time: their sums fit a core's own cache.
const WINDOW: u32 = 1 << 13;
/// Postings from which several threads pay.
const PARALLEL_FROM: u64 = 1 << 16;

/// A query over an index: one clause for each distinct term and field, in a fixed order.
pub(crate) struct Bag<'a> {
    index: &'a LexicalIndex,
    clauses: Vec<Clause<'a>>,
}

/// A term in a field.
struct Clause<'a> {
    statistics: &'a FieldStatistics,
    field: FieldOf,
    /// The field's weight · the term's count in the query · idf.
    weight: f64,
    /// How many passages have the term.
    holding: u64,
    postings: TermPostings<'a>,
}

/// A clause on its way through one segment.
struct Cursor<'a> {
    clause: &'a Clause<'a>,
    field: &'a TextField,
    postings: AnyOf<'a>,
}

impl Clause<'_> {
    /// Returns what it adds to the score of a passage.
    fn score(&self, field: &TextField, doc: DocId, frequency: u32) -> f64 {
        self.weight * self.statistics.lengths.saturate(frequency, field.norms.fieldnorm_id(doc))
    }
}

impl<'a> Bag<'a> {
    /// Looks the terms of `query` up.
    pub(crate) fn new(
        index: &'a LexicalIndex,
        query: &str,
        title_weight: f32,
    ) -> tantivy::Result<Self> {
        let mut bag = Self { index, clauses: Vec::new() };
        for term in index.analyzer().ranking_terms(query) {
            if title_weight > 0.0 {
                let weight = f64::from(title_weight);
                bag.add(index.title(), |segment| &segment.title, &term, weight)?;
            }
            bag.add(index.body(), |segment| &segment.body, &term, 1.0)?;
        }
        Ok(bag)
    }

    fn add(
        &mut self,
        statistics: &'a FieldStatistics,
        field: FieldOf,
        term: &QueryTerm,
        weight: f64,
    ) -> tantivy::Result<()> {
        let postings = TermPostings::find(self.index, field, term)?;
        let holding = postings.holding()?;
        if holding > 0 {
            let weight = weight * f64::from(term.count) * self.index.idf_of(term, holding);
            self.clauses.push(Clause { statistics, field, weight, holding, postings });
        }
        Ok(())
    }

    /// Returns the best `limit` passages, of `allowed` only if it is given.
    pub(crate) fn best(
        &self,
        limit: usize,
        allowed: Option<&PassageSet>,
    ) -> tantivy::Result<Vec<ScoredPassage>> {
        let places = 0..self.index.segments.len();
        let none = || Best::new(limit);
        let postings: u64 = self.clauses.iter().map(|clause| clause.holding).sum();
        let best = if postings < PARALLEL_FROM {
            places
                .map(|place| self.best_of(place, limit, allowed))
                .try_fold(none(), |best, other| tantivy::Result::Ok(best.merge(other?)))?
        } else {
            let found = places.into_par_iter().map(|place| self.best_of(place, limit, allowed));
            found.try_reduce(none, |best, other| Ok(best.merge(other)))?
        };
        Ok(best.into_sorted())
    }

    /// Returns the best `limit` passages of a segment.
    fn best_of(
        &self,
        place: usize,
        limit: usize,
        allowed: Option<&PassageSet>,
    ) -> tantivy::Result<Best> {
        let segment = &self.index.segments[place];
        let mut best = Best::new(limit);
        let mut sums = vec![0.0; WINDOW as usize];
        let mut cursors = self.cursors(place)?;
        while let Some(start) = next_doc(&cursors) {
            let end = start.saturating_add(WINDOW).min(TERMINATED);
            for Cursor { clause, field, postings } in &mut cursors {
                postings.each_before(end, |doc, frequency| {
                    sums[(doc - start) as usize] += clause.score(field, doc, frequency);
                });
            }
            let window = segment.ids()[start as usize..].iter().zip(&mut sums);
            for (&id, sum) in window {
                let score = std::mem::take(sum) as f32;
                if score <= 0.0 || score < best.floor() {
                    continue;
                }
                let passage = ScoredPassage { id, score };
                if best.wants(passage) && allowed.is_none_or(|allowed| allowed.contains(id)) {
                    best.keep(passage);
                }
            }
        }
        Ok(best)
    }

    /// Returns the scores of the passages at `places`, each a segment and a place in it.
    pub(crate) fn scores(&self, places: &[(usize, DocId)]) -> tantivy::Result<Vec<f32>> {
        let mut sums = vec![0.0; places.len()];
        let mut order: Vec<usize> = (0..places.len()).collect();
        order.sort_unstable_by_key(|&asked| places[asked]);
        for asked in order.chunk_by(|&a, &b| places[a].0 == places[b].0) {
            let segment = places[asked[0]].0;
            for Cursor { clause, field, mut postings } in self.cursors(segment)? {
                for &asked in asked {
                    let doc = places[asked].1;
                    if postings.doc() < doc {
                        postings.seek(doc);
                    }
                    if postings.doc() == doc {
                        sums[asked] += clause.score(field, doc, postings.frequency());
                    }
                }
            }
        }
        Ok(sums.into_iter().map(|sum: f64| sum as f32).collect())
    }

    /// Returns a cursor for each clause that the segment at `place` has postings for.
    fn cursors(&self, place: usize) -> tantivy::Result<Vec<Cursor<'_>>> {
        let segment = &self.index.segments[place];
        let mut cursors = Vec::new();
        for clause in &self.clauses {
            let postings = clause.postings.of_segment(place, IndexRecordOption::WithFreqs)?;
            if postings.doc() != TERMINATED {
                cursors.push(Cursor { clause, field: (clause.field)(segment), postings });
            }
        }
        Ok(cursors)
    }
}

/// Returns the first passage that a cursor is at.
fn next_doc(cursors: &[Cursor<'_>]) -> Option<DocId> {
    cursors.iter().map(|cursor| cursor.postings.doc()).min().filter(|&doc| doc != TERMINATED)
}
