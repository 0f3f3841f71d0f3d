//! Where a term of a query stands in the passages.

use tantivy::postings::{Postings, SegmentPostings, TermInfo};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet, TERMINATED, Term};

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
                [info] => u64::from(info.doc_freq),
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
    ) -> tantivy::Result<AnyOf> {
        let field = (self.field)(&self.index.segments[place]);
        let read = |info| field.terms.read_postings_from_terminfo(info, option);
        let lists = self.segments[place].iter().map(read).collect::<Result<_, _>>()?;
        Ok(AnyOf { lists })
    }
}

/// The passages of a segment that are in any of some lists, ascending.
pub(crate) struct AnyOf {
    lists: Vec<SegmentPostings>,
}

impl AnyOf {
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
        let doc = self.doc();
        for list in self.lists.iter_mut().filter(|list| list.doc() == doc) {
            list.advance();
        }
    }

    /// Goes to `doc`, or to the first passage behind it.
    pub(crate) fn seek(&mut self, doc: DocId) {
        for list in self.lists.iter_mut().filter(|list| list.doc() < doc) {
            list.seek(doc);
        }
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
