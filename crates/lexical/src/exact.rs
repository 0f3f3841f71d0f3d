//! Which words of a query stand in which passages.

use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, TERMINATED, Term};
use trommel_core::PassageId;

use crate::{LexicalError, LexicalIndex, QueryTerm, analyzer, bm25};

/// Of a term that stands in at most so many passages, all of them are told.
const FEW: u64 = 64;

/// Where one term of a query stands.
#[derive(Debug, Clone, PartialEq)]
pub struct TermMatches {
    /// How much the term tells: BM25's idf, positive; the highest there is for a term that no passage
    /// has.
    pub idf: f64,
    /// Whether each of the passages that were asked about has it.
    pub has: Vec<bool>,
    /// All passages that have it; missing where these are many.
    pub few: Option<Vec<PassageId>>,
}

impl LexicalIndex {
    /// Returns where the terms of a query stand, in body and title, each term once, in the order of
    /// [`terms`](crate::terms).
    ///
    /// # Errors
    ///
    /// [`LexicalError::Corrupt`] if a passage is not in the index, or whatever tantivy reports.
    pub fn matches(
        &self,
        query: &str,
        passages: &[PassageId],
    ) -> Result<Vec<TermMatches>, LexicalError> {
        let mut asked = Vec::with_capacity(passages.len());
        for (at, &passage) in passages.iter().enumerate() {
            let unknown = || self.corrupt(&format!("it lacks passage {passage}"));
            let (segment, doc) = self.find(passage).ok_or_else(unknown)?;
            asked.push((segment, doc, at));
        }
        // Postings are walked forward only.
        asked.sort_unstable();
        let terms = analyzer::terms(query);
        let found = terms.iter().map(|term| self.matches_of(term, &asked));
        let found: tantivy::Result<Vec<TermMatches>> = found.collect();
        found.map_err(|error| LexicalError::from_tantivy("reading", self.folder(), error))
    }

    fn matches_of(
        &self,
        term: &QueryTerm,
        asked: &[(usize, u32, usize)],
    ) -> tantivy::Result<TermMatches> {
        let word = Term::from_field_text(self.fields.body, &term.text);
        let mut holding = 0;
        for segment in &self.segments {
            let info = segment.body.terms.get_term_info(&word)?;
            holding += info.map_or(0, |info| u64::from(info.doc_freq));
        }
        let mut has = vec![false; asked.len()];
        let mut few = Vec::new();
        for (place, segment) in self.segments.iter().enumerate() {
            let terms = &segment.body.terms;
            let here = asked.iter().filter(|(segment, ..)| *segment == place);
            if let Some(mut postings) = terms.read_postings(&word, IndexRecordOption::Basic)? {
                for &(_, doc, at) in here {
                    if postings.doc() < doc {
                        postings.seek(doc);
                    }
                    has[at] = postings.doc() == doc;
                }
            }
            if holding <= FEW
                && let Some(mut postings) = terms.read_postings(&word, IndexRecordOption::Basic)?
            {
                while postings.doc() != TERMINATED {
                    few.push(segment.ids()[postings.doc() as usize]);
                    postings.advance();
                }
            }
        }
        let idf = bm25::idf(holding, self.passages);
        Ok(TermMatches { idf, has, few: (holding <= FEW).then_some(few) })
    }
}
