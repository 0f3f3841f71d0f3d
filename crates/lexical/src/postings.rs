//! Where a term of a query stands in the passages.

use std::sync::{Arc, OnceLock};

use tantivy::postings::{BlockSegmentPostings, TermInfo};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet, InvertedIndexReader, TERMINATED, Term};

use crate::lookup::Found;
use crate::segment::{Segment, TextField};
use crate::{LexicalIndex, QueryTerm};

/// Which field of a segment.
pub(crate) type FieldOf = fn(&Segment) -> &TextField;

/// Where a term stands in a field: a passage has it that has one of its texts.
pub(crate) struct TermPostings<'a> {
    index: &'a LexicalIndex,
    field: FieldOf,
    found: Arc<Found>,
}

impl<'a> TermPostings<'a> {
    /// Looks a term up in all segments.
    pub(crate) fn find(
        index: &'a LexicalIndex,
        field: FieldOf,
        term: &QueryTerm,
    ) -> tantivy::Result<Self> {
        let look_up = || {
            let in_segment = |segment: &Segment| {
                let TextField { field, terms, .. } = field(segment);
                let info = |text: &String| {
                    terms.get_term_info(&Term::from_field_text(*field, text)).transpose()
                };
                Ok(term.texts.iter().filter_map(info).collect::<Result<_, _>>()?)
            };
            index.segments.iter().map(in_segment).collect()
        };
        let Some(first) = index.segments.first() else {
            let found = Arc::new(Found { segments: Vec::new(), holding: OnceLock::new() });
            return Ok(Self { index, field, found });
        };
        let found = index.lookups.find(field(first).field, &term.texts, look_up)?;
        Ok(Self { index, field, found })
    }

    /// Returns how many passages have the term.
    pub(crate) fn holding(&self) -> tantivy::Result<u64> {
        if let Some(&known) = self.found.holding.get() {
            return Ok(known);
        }
        let mut holding = 0;
        for (place, infos) in self.found.segments.iter().enumerate() {
            holding += match infos.as_slice() {
                [] => 0,
                [info] => {
                    let segment = &self.index.segments[place];
                    live_holding(&(self.field)(segment).terms, info, segment.dead())?
                }
                _ => self.of_segment(place, IndexRecordOption::Basic)?.count(),
            };
        }
        Ok(*self.found.holding.get_or_init(|| holding))
    }

    /// Returns where the term stands in the segment at `place`.
    pub(crate) fn of_segment(
        &self,
        place: usize,
        option: IndexRecordOption,
    ) -> tantivy::Result<AnyOf<'a>> {
        let segment = &self.index.segments[place];
        let field = (self.field)(segment);
        let read = |info| {
            let blocks = field.terms.read_block_postings_from_terminfo(info, option)?;
            tantivy::Result::Ok(List { blocks, at: 0 })
        };
        let lists = self.found.segments[place].iter().map(read).collect::<Result<_, _>>()?;
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

/// A list of postings on its way.
///
/// tantivy decodes 128 passages at a time. Whoever adds up millions of postings walks such a block as a slice, which
/// takes half as long as asking for one after the other.
struct List {
    blocks: BlockSegmentPostings,
    /// The place within the block.
    at: usize,
}

impl List {
    /// Returns the passage that this is at; [`TERMINATED`] at the end.
    fn doc(&self) -> DocId {
        self.blocks.docs().get(self.at).copied().unwrap_or(TERMINATED)
    }

    fn frequency(&self) -> u32 {
        self.blocks.freq(self.at)
    }

    fn advance(&mut self) {
        self.at += 1;
        if self.at >= self.blocks.docs().len() {
            self.blocks.advance();
            self.at = 0;
        }
    }

    /// Goes to `doc`, which is behind this, or to the first passage behind it.
    fn seek(&mut self, doc: DocId) {
        self.at = self.blocks.seek(doc);
    }

    /// Calls `each` with the passages before `end` and their frequencies, and goes behind them.
    fn each_before(&mut self, end: DocId, mut each: impl FnMut(DocId, u32)) {
        loop {
            let docs = &self.blocks.docs()[self.at..];
            let before = docs.partition_point(|&doc| doc < end);
            for (at, &doc) in (self.at..).zip(&docs[..before]) {
                each(doc, self.blocks.freq(at));
            }
            self.at += before;
            // An empty block is behind the last one.
            if before < docs.len() || docs.is_empty() {
                return;
            }
            self.blocks.advance();
            self.at = 0;
        }
    }
}

/// The passages of a segment that are in any of some lists, ascending; those that are deleted are left out.
pub(crate) struct AnyOf<'a> {
    lists: Vec<List>,
    segment: &'a Segment,
}

impl AnyOf<'_> {
    /// Returns the passage that this is at; [`TERMINATED`] at the end.
    pub(crate) fn doc(&self) -> DocId {
        match self.lists.as_slice() {
            [list] => list.doc(),
            lists => lists.iter().map(List::doc).min().unwrap_or(TERMINATED),
        }
    }

    /// Returns how often the passage is in the lists.
    pub(crate) fn frequency(&self) -> u32 {
        let doc = self.doc();
        if let [list] = self.lists.as_slice() {
            return list.frequency();
        }
        let here = self.lists.iter().filter(|list| list.doc() == doc);
        here.map(List::frequency).fold(0, u32::saturating_add)
    }

    /// Calls `each` with the passages before `end` and how often they are in the lists, and goes behind them.
    pub(crate) fn each_before(&mut self, end: DocId, mut each: impl FnMut(DocId, u32)) {
        let segment = self.segment;
        match self.lists.as_mut_slice() {
            [list] if segment.dead().is_empty() => list.each_before(end, each),
            [list] => {
                list.each_before(end, |doc, frequency| {
                    if segment.is_live(doc) {
                        each(doc, frequency);
                    }
                });
                self.pass_dead();
            }
            _ => {
                while self.doc() < end {
                    each(self.doc(), self.frequency());
                    self.advance();
                }
            }
        }
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
        self.each_before(TERMINATED, |_, _| count += 1);
        count
    }
}
