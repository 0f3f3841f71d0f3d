//! Scores a query that is a bag of words.
//!
//! Not every posting is read (MaxScore: Turtle & Flood, *Query evaluation: strategies and optimizations*,
//! 1995). A term adds no more than its weight · (k1 + 1) to a score. Once as many passages as are wanted reach a
//! score that the commonest terms cannot reach together, no other passage is wanted that has these alone: their
//! postings are only looked up for passages that the other terms find. The answer is that of reading all.
//! tantivy's own pruned search is not exact where an index has several segments: the block maxima that it
//! prunes by are those of the average length at the time a segment was written.

use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, TERMINATED};
use trommel_core::{PassageSet, ScoredPassage};

use crate::best::Best;
use crate::bm25::K1;
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
    /// Returns more than the clause adds to any score.
    fn most(&self) -> f64 {
        self.clause.weight * (K1 + 1.0)
    }

    /// Returns what the clause adds to the score of a passage behind those that it was asked for before.
    fn score_of(&mut self, doc: DocId) -> f64 {
        if self.postings.doc() < doc {
            self.postings.seek(doc);
        }
        if self.postings.doc() == doc { self.score() } else { 0.0 }
    }

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
        for place in 0..self.index.segments.len() {
            self.offer(place, &mut best, allowed, &mut sums)?;
        }
        Ok(best.into_sorted())
    }

    /// Offers the passages of a segment that may be among the best; `sums` has [`WINDOW`] zeros, and has them
    /// again afterwards.
    fn offer(
        &self,
        place: usize,
        best: &mut Best,
        allowed: Option<&PassageSet>,
        sums: &mut [f64],
    ) -> tantivy::Result<()> {
        let ids = self.index.segments[place].ids();
        let mut cursors = self.cursors(place)?;
        let commonest = Commonest::of(&cursors);
        // A second cursor for each clause, which is only ever asked for single passages.
        let mut lookups: Vec<Cursor<'_>> = Vec::new();
        loop {
            let spared = best.least().map_or(0, |least| commonest.below(least));
            let mut reading: Vec<&mut Cursor<'_>> = (cursors.iter_mut().enumerate())
                .filter(|(clause, _)| !commonest.are(*clause, spared))
                .map(|(_, cursor)| cursor)
                .collect();
            let Some(start) = next_doc(&reading) else { return Ok(()) };
            if spared > 0 && lookups.is_empty() {
                lookups = self.cursors(place)?;
            }
            let end = start.saturating_add(WINDOW).min(TERMINATED);
            for cursor in &mut reading {
                while cursor.postings.doc() < end {
                    sums[(cursor.postings.doc() - start) as usize] += cursor.score();
                    cursor.postings.advance();
                }
            }
            for (doc, (&id, sum)) in (start..).zip(ids[start as usize..].iter().zip(&mut *sums)) {
                let sum = std::mem::take(sum);
                let most = commonest.with(spared, sum) as f32;
                let may_be = sum > 0.0 && best.wants(ScoredPassage { id, score: most });
                if !may_be || allowed.is_some_and(|allowed| !allowed.contains(id)) {
                    continue;
                }
                // All is added up in the order of the clauses, whatever was read first.
                let score = match spared {
                    0 => sum,
                    _ => lookups.iter_mut().map(|cursor| cursor.score_of(doc)).sum(),
                };
                let passage = ScoredPassage { id, score: score as f32 };
                if best.wants(passage) {
                    best.keep(passage);
                }
            }
        }
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
                    sums[asked] += cursor.score_of(places[asked].1);
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

/// Clauses by how little they add, and how little the first of them add together.
struct Commonest {
    /// The place of each clause among them.
    ranks: Vec<usize>,
    /// What none, one, two … of them add at most.
    most: Vec<f64>,
}

impl Commonest {
    fn of(cursors: &[Cursor<'_>]) -> Self {
        let mut order: Vec<usize> = (0..cursors.len()).collect();
        order.sort_by(|&a, &b| cursors[a].most().total_cmp(&cursors[b].most()));
        let (mut ranks, mut most) = (vec![0; cursors.len()], vec![0.0]);
        for (rank, &clause) in order.iter().enumerate() {
            ranks[clause] = rank;
            most.push(most[rank] + cursors[clause].most());
        }
        Self { ranks, most }
    }

    /// Returns how many of the clauses cannot reach a score together.
    fn below(&self, score: f32) -> usize {
        let reach = |count: usize| self.with(count, 0.0) as f32;
        (0..self.most.len()).rfind(|&count| reach(count) < score).unwrap_or(0)
    }

    /// Says whether a clause is among the first `count`.
    fn are(&self, clause: usize, count: usize) -> bool {
        self.ranks[clause] < count
    }

    /// Returns no less than a score that is made of `sum` and what the first `count` clauses add.
    fn with(&self, count: usize, sum: f64) -> f64 {
        match count {
            0 => sum,
            // Adding in another order may round the last bits up.
            _ => (sum + self.most[count]) * (1.0 + 1e-12),
        }
    }
}

/// Returns the first passage that a cursor is at.
fn next_doc(cursors: &[&mut Cursor<'_>]) -> Option<DocId> {
    cursors.iter().map(|cursor| cursor.postings.doc()).min().filter(|&doc| doc != TERMINATED)
}
