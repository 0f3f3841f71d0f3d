//! Scores a query that is a bag of words.
//!
//! Every posting of every term is read. tantivy's own pruned search is faster on long lists, but
//! not exact where an index has several segments: the block maxima that it prunes by are those
//! of the average length at the time a segment was written.

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
    postings: TermPostings<'a>,
}

/// A clause on its way through one segment.
struct Cursor<'a> {
    clause: &'a Clause<'a>,
    field: &'a TextField,
    postings: AnyOf<'a>,
}

impl Cursor<'_> {
    /// Returns what the clause adds to the score of the passage that the cursor is at.
    fn score(&self) -> f64 {
        let norm = self.field.norms.fieldnorm_id(self.postings.doc());
        self.clause.weight
            * self.clause.statistics.lengths.saturate(self.postings.frequency(), norm)
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
            self.clauses.push(Clause { statistics, field, weight, postings });
        }
        Ok(())
    }

    /// Returns the best `limit` passages, of `allowed` only if it is given.
    pub(crate) fn best(
        &self,
        limit: usize,
        allowed: Option<&PassageSet>,
    ) -> tantivy::Result<Vec<ScoredPassage>> {
        let mut best = Best::new(limit);
        let mut sums = vec![0.0; WINDOW as usize];
        for (place, segment) in self.index.segments.iter().enumerate() {
            let mut cursors = self.cursors(place)?;
            while let Some(start) = next_doc(&cursors) {
                let end = start.saturating_add(WINDOW).min(TERMINATED);
                for cursor in &mut cursors {
                    while cursor.postings.doc() < end {
                        sums[(cursor.postings.doc() - start) as usize] += cursor.score();
                        cursor.postings.advance();
                    }
                }
                let window = segment.ids()[start as usize..].iter().zip(&mut sums);
                for (&id, sum) in window {
                    let score = std::mem::take(sum) as f32;
                    let passage = ScoredPassage { id, score };
                    if score > 0.0
                        && best.wants(passage)
                        && allowed.is_none_or(|allowed| allowed.contains(id))
                    {
                        best.keep(passage);
                    }
                }
            }
        }
        Ok(best.into_sorted())
    }

    /// Returns the scores of the passages at `places`, each a segment and a place in it.
    pub(crate) fn scores(&self, places: &[(usize, DocId)]) -> tantivy::Result<Vec<f32>> {
        let mut sums = vec![0.0; places.len()];
        let mut order: Vec<usize> = (0..places.len()).collect();
        order.sort_unstable_by_key(|&asked| places[asked]);
        for asked in order.chunk_by(|&a, &b| places[a].0 == places[b].0) {
            let segment = places[asked[0]].0;
            for mut cursor in self.cursors(segment)? {
                for &asked in asked {
                    let doc = places[asked].1;
                    if cursor.postings.doc() < doc {
                        cursor.postings.seek(doc);
                    }
                    if cursor.postings.doc() == doc {
                        sums[asked] += cursor.score();
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
