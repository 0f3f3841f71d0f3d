//! Where a term of a query stands in the passages.

use tantivy::postings::{Postings, SegmentPostings, TermInfo};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet, InvertedIndexReader, TERMINATED, Term};

use crate::segment::{Segment, TextField};
use crate::{LexicalIndex, QueryTerm};

/// Which field of a segment.
pub(crate) type FieldOf = fn(&Segment) -> &TextField;

/// Where a term stands in a field: a passage has it that has one of its texts.
pub(crate) struct TermPostings<'a> {
    index: &'a LexicalIndex,
    field: FieldOf,
    /// For each segment where those of the term's texts stand that it has.
    segments: Vec<Vec<TermInfo>>,
}

impl<'a> TermPostings<'a> {
    /// Looks a term up in all segments.
    pub(crate) fn find(
        index: &'a LexicalIndex,
        field: FieldOf,
        term: &QueryTerm,
    ) -> tantivy::Result<Self> {
        let mut segments = Vec::with_capacity(index.segments.len());
        for segment in &index.segments {
            let field = field(segment);
            let mut infos = Vec::new();
            for text in &term.texts {
                infos.extend(field.terms.get_term_info(&Term::from_field_text(field.field, text))?);
            }
            segments.push(infos);
        }
        Ok(Self { index, field, segments })
    }

    /// Returns how many passages have the term.
    pub(crate) fn holding(&self) -> tantivy::Result<u64> {
        let mut holding = 0;
        for (place, infos) in self.segments.iter().enumerate() {
            holding += match infos.as_slice() {
                [] => 0,
                [info] => {
                    let segment = &self.index.segments[place];
                    live_holding(&(self.field)(segment).terms, info, segment.dead())?
                }
                _ => self.of_segment(place, IndexRecordOption::Basic)?.count(),
            };
        }
        Ok(holding)
    }

    /// Returns where the term stands in the segment at `place`.
    pub(crate) fn of_segment(
        &self,
        place: usize,
        option: IndexRecordOption,
    ) -> tantivy::Result<AnyOf<'a>> {
        let segment = &self.index.segments[place];
        let field = (self.field)(segment);
        let read = |info| field.terms.read_postings_from_terminfo(info, option);
        let lists = self.segments[place].iter().map(read).collect::<Result<_, _>>()?;
        let mut found = AnyOf { lists, segment };
        found.pass_dead();
        Ok(found)
    }
}

/// Returns how many passages of a segment have a term, those that are deleted left out.
pub(crate) fn live_holding(
    terms: &InvertedIndexReader,
    info: &TermInfo,
    dead: &[DocId],
) -> tantivy::Result<u64> {
    let all = u64::from(info.doc_freq);
    if dead.is_empty() {
        return Ok(all);
    }
    let mut postings = terms.read_postings_from_terminfo(info, IndexRecordOption::Basic)?;
    let mut gone = 0;
    for &doc in dead {
        if postings.doc() < doc {
            postings.seek(doc);
        }
        match postings.doc() {
            TERMINATED => break,
            found => gone += u64::from(found == doc),
        }
    }
    Ok(all - gone)
}

/// The passages of a segment that are in any of some lists, ascending; those that are deleted are left out.
pub(crate) struct AnyOf<'a> {
    lists: Vec<SegmentPostings>,
    segment: &'a Segment,
}

impl AnyOf<'_> {
    /// Returns the passage that this is at; [`TERMINATED`] at the end.
    pub(crate) fn doc(&self) -> DocId {
        match self.lists.as_slice() {
            [list] => list.doc(),
            lists => lists.iter().map(DocSet::doc).min().unwrap_or(TERMINATED),
        }
    }

    /// Returns how often the passage is in the lists.
    pub(crate) fn frequency(&self) -> u32 {
        let doc = self.doc();
        if let [list] = self.lists.as_slice() {
            return list.term_freq();
        }
        let here = self.lists.iter().filter(|list| list.doc() == doc);
        here.map(Postings::term_freq).fold(0, u32::saturating_add)
    }

    /// Goes to the next passage.
    pub(crate) fn advance(&mut self) {
        self.step();
        self.pass_dead();
    }

    fn step(&mut self) {
        let doc = self.doc();
        for list in self.lists.iter_mut().filter(|list| list.doc() == doc) {
            list.advance();
        }
    }

    fn pass_dead(&mut self) {
        while !self.segment.dead().is_empty()
            && self.doc() != TERMINATED
            && !self.segment.is_live(self.doc())
        {
            self.step();
        }
    }

    /// Goes to `doc`, or to the first passage behind it.
    pub(crate) fn seek(&mut self, doc: DocId) {
        for list in self.lists.iter_mut().filter(|list| list.doc() < doc) {
            list.seek(doc);
        }
        self.pass_dead();
    }

    fn count(mut self) -> u64 {
        let mut count = 0;
        while self.doc() != TERMINATED {
            count += 1;
            self.advance();
        }
        count
    }
}
