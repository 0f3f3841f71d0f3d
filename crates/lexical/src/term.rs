//! The terms of a query.

use std::collections::HashMap;

use crate::MAX_QUERY_TERMS;
use crate::analyzer::Word;
use crate::language::Languages;

/// A term of a query: what a word is in the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryTerm {
    /// Stems in lower case: one for each language of the index that makes another of the word. Whatever
    /// has one of them has the term; no other term of the query has the same.
    pub texts: Vec<String>,
    /// How often the query says it; at least 1.
    pub count: u32,
    /// The languages in which it is a stop word.
    pub(crate) stop_in: Languages,
}

impl QueryTerm {
    /// Says whether a language of the index leaves it out as a stop word; one that all leave out is no term.
    #[must_use]
    pub fn is_stop_word(&self) -> bool {
        !self.stop_in.is_empty()
    }

    /// Returns the terms of words in order of first occurrence, [`MAX_QUERY_TERMS`] at most.
    pub(crate) fn of(words: Vec<Word>) -> Vec<Self> {
        let mut terms: Vec<Self> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for Word { texts, stop_in, .. } in words {
            let place = match texts.iter().find_map(|text| places.get(text)) {
                Some(&place) => place,
                None if terms.len() == MAX_QUERY_TERMS => continue,
                None => {
                    terms.push(Self { texts: Vec::new(), count: 0, stop_in });
                    terms.len() - 1
                }
            };
            let term = &mut terms[place];
            term.count += 1;
            for text in texts {
                places.entry(text).or_insert_with_key(|text| {
                    term.texts.push(text.clone());
                    place
                });
            }
        }
        terms
    }
}
