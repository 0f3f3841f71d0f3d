//! What a reranker is not asked about: texts in a language that it does not know.
//!
//! A model that was trained on English gives a passage in Thai a score all the same, and the score says
//! nothing. So such a passage is left unread and stays where fusion put it, and a query in such a
//! language leaves everything there. A passage's language is the one that it was indexed by; a query's
//! counts only if it is sure.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use trommel_core::{PassageId, RerankerInfo};
use trommel_lexical::{Language, LexicalIndex};

use super::candidate::Candidate;
use crate::EngineError;

/// One passage in so many has to be in a language that the reranker does not know: the language of a
/// few is told wrong in any collection, and all of an English one is read.
const SHARE: u64 = 20;

/// Which texts a reranker may be asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reads {
    /// Those in the languages that it knows, and all of a reranker of which no languages are known.
    #[default]
    Known,
    /// All.
    All,
}

/// What a reranker left unread because it does not know the language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abstention {
    /// Whether the query is in such a language, so that nothing was read.
    pub query: bool,
    /// How many passages were not read that else might have been.
    pub passages: usize,
    /// Their languages, or the query's.
    pub languages: Vec<Language>,
}

impl fmt::Display for Abstention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.languages.iter().map(|language| language.name()).collect();
        let names = names.join(", ");
        match self.query {
            true => write!(f, "nothing read, it does not know the query's language: {names}"),
            false => {
                write!(f, "{} passages in languages not known to it: {names}", self.passages)
            }
        }
    }
}

/// The passages that one reranker cannot read, for one query.
pub(super) struct Foreign<'a> {
    index: &'a LexicalIndex,
    /// The languages of the collection that it does not know.
    languages: Vec<Language>,
    /// The query's, if it is one of them.
    query: Option<Language>,
    passages: HashMap<PassageId, Language>,
}

impl<'a> Foreign<'a> {
    /// Returns what a reranker cannot read of a collection; nothing if it reads everything, as far as
    /// anybody knows.
    pub(super) fn of(index: &'a LexicalIndex, info: &RerankerInfo, query: &str) -> Option<Self> {
        if info.languages.is_empty() {
            return None;
        }
        let known: Vec<Language> =
            info.languages.iter().filter_map(|code| Language::of_tag(code)).collect();
        let all = index.languages();
        let foreign = || all.iter().filter(|(language, _)| !known.contains(language));
        let passages: u64 = foreign().map(|(_, passages)| passages).sum();
        if passages == 0 || passages * SHARE < all.values().sum() {
            return None;
        }
        let languages: Vec<Language> = foreign().map(|(language, _)| *language).collect();
        let query = Language::surely_of(query).filter(|language| languages.contains(language));
        Some(Self { index, languages, query, passages: HashMap::new() })
    }

    /// Looks up the first passages of candidates.
    pub(super) fn look_up(
        &mut self,
        candidates: &[Candidate],
        passages: usize,
    ) -> Result<(), EngineError> {
        let first = candidates.iter().flat_map(|it| it.passages.iter().take(passages));
        let first: Vec<PassageId> = first.copied().collect();
        let found = self.index.languages_of(&first, &self.languages)?;
        let found = first.into_iter().zip(found);
        self.passages.extend(found.filter_map(|(passage, language)| Some((passage, language?))));
        Ok(())
    }

    /// Returns how many passages may be read, of a candidate whose most promising come first: those
    /// before the first that cannot be.
    pub(super) fn readable(&self, passages: &[PassageId]) -> usize {
        match self.query {
            Some(_) => 0,
            None => passages.iter().take_while(|it| !self.passages.contains_key(it)).count(),
        }
    }

    /// Returns what was left unread of the first passages of candidates; nothing if that is nothing.
    pub(super) fn abstention<'c>(
        &self,
        candidates: impl Iterator<Item = &'c Candidate>,
        passages: usize,
    ) -> Option<Abstention> {
        let mut unread = 0;
        let mut languages: BTreeSet<Language> = self.query.into_iter().collect();
        for candidate in candidates {
            let first = &candidate.passages[..passages.min(candidate.passages.len())];
            let rest = &first[self.readable(first)..];
            unread += rest.len();
            if self.query.is_none() {
                languages.extend(rest.iter().filter_map(|passage| self.passages.get(passage)));
            }
        }
        (unread > 0).then(|| Abstention {
            query: self.query.is_some(),
            passages: unread,
            languages: languages.into_iter().collect(),
        })
    }
}
