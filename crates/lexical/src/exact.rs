//! Which words and phrases of a query stand in which passages.

use tantivy::query::{EnableScoring, PhraseQuery, Query};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, TERMINATED, Term};
use trommel_core::PassageId;

use crate::phrase::{Phrase, phrases};
use crate::postings::TermPostings;
use crate::{LexicalError, LexicalIndex, QueryTerm, bm25};

/// Of a term that stands in at most so many passages, all of them are told.
const FEW: u64 = 64;

/// Where one term of a query stands, or a phrase.
#[derive(Debug, Clone, PartialEq)]
pub struct TermMatches {
    /// How much the term tells: BM25's idf, positive; the highest there is for a term that no passage
    /// has.
    pub idf: f64,
    /// Whether each of the passages that were asked about has it.
    pub has: Vec<bool>,
    /// All passages that have it; missing where these are many, and for a stop word of a language.
    pub few: Option<Vec<PassageId>>,
}

/// A passage that is asked about: its segment, its place there, and its place among those asked about.
type Asked = (usize, DocId, usize);

impl LexicalIndex {
    /// Returns where the terms of a query stand, in body and title, each term once, in the order of
    /// [`Analyzer::terms`](crate::Analyzer::terms).
    ///
    /// # Errors
    ///
    /// [`LexicalError::Corrupt`] if a passage is not in the index, or whatever tantivy reports.
    pub fn matches(
        &self,
        query: &str,
        passages: &[PassageId],
    ) -> Result<Vec<TermMatches>, LexicalError> {
        let asked = self.asked(passages)?;
        let terms = self.analyzer().terms(query);
        self.told(terms.iter().map(|term| self.matches_of(term, &asked)).collect())
    }

    /// Returns where the phrases of a query stand as it says them, words side by side: those that no
    /// space parts, such as `KD-1`, and those in quotes; at most 16 of a query.
    ///
    /// # Errors
    ///
    /// As [`LexicalIndex::matches`].
    pub fn phrase_matches(
        &self,
        query: &str,
        passages: &[PassageId],
    ) -> Result<Vec<TermMatches>, LexicalError> {
        let phrases = phrases(self.analyzer(), query);
        if phrases.is_empty() {
            return Ok(Vec::new());
        }
        let asked = self.asked(passages)?;
        self.told(phrases.iter().map(|phrase| self.matches_of_phrase(phrase, &asked)).collect())
    }

    /// Returns where passages are, in the order in which postings are walked: forward only.
    fn asked(&self, passages: &[PassageId]) -> Result<Vec<Asked>, LexicalError> {
        let mut asked = Vec::with_capacity(passages.len());
        for (at, &passage) in passages.iter().enumerate() {
            let unknown = || self.corrupt(&format!("it lacks passage {passage}"));
            let (segment, doc) = self.find(passage).ok_or_else(unknown)?;
            asked.push((segment, doc, at));
        }
        asked.sort_unstable();
        Ok(asked)
    }

    fn told(
        &self,
        found: tantivy::Result<Vec<TermMatches>>,
    ) -> Result<Vec<TermMatches>, LexicalError> {
        found.map_err(|error| self.failed(error))
    }

    fn matches_of(&self, term: &QueryTerm, asked: &[Asked]) -> tantivy::Result<TermMatches> {
        let found = TermPostings::find(self, |segment| &segment.body, term)?;
        let holding = found.holding()?;
        // A stop word is as good as everywhere in the passages of its language.
        let is_few = !term.is_stop_word() && holding <= FEW;
        let mut has = vec![false; asked.len()];
        let mut few = Vec::new();
        for (place, segment) in self.segments.iter().enumerate() {
            let mut postings = found.of_segment(place, IndexRecordOption::Basic)?;
            for &(_, doc, at) in asked.iter().filter(|(segment, ..)| *segment == place) {
                postings.seek(doc);
                has[at] = postings.doc() == doc;
            }
            if is_few {
                let mut postings = found.of_segment(place, IndexRecordOption::Basic)?;
                postings.each_before(TERMINATED, |doc, _| few.push(segment.ids()[doc as usize]));
            }
        }
        Ok(TermMatches { idf: self.idf_of(term, holding), has, few: is_few.then_some(few) })
    }

    fn matches_of_phrase(&self, phrase: &Phrase, asked: &[Asked]) -> tantivy::Result<TermMatches> {
        let mut has = vec![false; asked.len()];
        let mut holding = Vec::new();
        for terms in &phrase.readings {
            let term =
                |(at, text): &(usize, String)| (*at, Term::from_field_text(self.fields.body, text));
            let query = PhraseQuery::new_with_offset(terms.iter().map(term).collect());
            let weight = query.weight(EnableScoring::disabled_from_searcher(self.searcher()))?;
            for (place, segment) in self.segments.iter().enumerate() {
                let mut docs: Vec<DocId> = Vec::new();
                weight.for_each_no_score(&segment.reader, &mut |found| {
                    docs.extend(found.iter().filter(|doc| segment.is_live(**doc)));
                })?;
                for &(_, doc, at) in asked.iter().filter(|(segment, ..)| *segment == place) {
                    has[at] |= docs.binary_search(&doc).is_ok();
                }
                holding.extend(docs.into_iter().map(|doc| segment.ids()[doc as usize]));
            }
        }
        // Two languages may read a phrase differently and find it in one passage.
        if phrase.readings.len() > 1 {
            holding.sort_unstable();
            holding.dedup();
        }
        let idf = bm25::idf(holding.len() as u64, self.passages);
        Ok(TermMatches { idf, has, few: (holding.len() as u64 <= FEW).then_some(holding) })
    }
}
