//! What a query with operators asks of every hit, whatever finds it.
//!
//! `+word`, `-word` and phrases are conditions; other words only rank. So a stage that knows no operators
//! can be held to them: by the passages that have what is asked for.

use tantivy::query::{BooleanQuery, EnableScoring, Occur, PhraseQuery, Query};
use trommel_core::PassageId;

use crate::parser::parse;
use crate::syntax::{cannot_be_followed, is_readable};
use crate::{LexicalError, LexicalIndex};

/// One condition of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Whether a hit must have it, or must not.
    pub wanted: bool,
    /// The passages that have it, ascending.
    pub passages: Vec<PassageId>,
}

impl LexicalIndex {
    /// Returns the conditions of a query with operators; none if it has none, or is read as plain words.
    ///
    /// # Errors
    ///
    /// Whatever tantivy reports.
    pub fn conditions(&self, query: &str) -> Result<Vec<Condition>, LexicalError> {
        if !is_readable(query) {
            return Ok(Vec::new());
        }
        let fields = vec![self.fields.body, self.fields.metadata, self.fields.title];
        let query = parse(self, query, fields, None);
        let mut conditions = Vec::new();
        for (wanted, query) in asked(&*query) {
            match self.having(query) {
                Ok(passages) => conditions.push(Condition { wanted, passages }),
                // The search reads all of it as plain words, then.
                Err(error) if cannot_be_followed(&error) => return Ok(Vec::new()),
                Err(error) => {
                    return Err(self.failed(error));
                }
            }
        }
        Ok(conditions)
    }

    fn having(&self, query: &dyn Query) -> tantivy::Result<Vec<PassageId>> {
        let weight = query.weight(EnableScoring::disabled_from_searcher(self.searcher()))?;
        let mut passages = Vec::new();
        for segment in &self.segments {
            weight.for_each_no_score(&segment.reader, &mut |docs| {
                let live = docs.iter().filter(|doc| segment.is_live(**doc));
                passages.extend(live.map(|doc| segment.ids()[*doc as usize]));
            })?;
        }
        passages.sort_unstable();
        passages.dedup();
        Ok(passages)
    }
}

/// Returns the clauses that every hit must meet, or must not.
fn asked(query: &dyn Query) -> Vec<(bool, &dyn Query)> {
    let Some(clauses) = query.downcast_ref::<BooleanQuery>() else {
        return if is_phrase(query) { vec![(true, query)] } else { Vec::new() };
    };
    let condition = |(occur, clause): &'_ (Occur, Box<dyn Query>)| match occur {
        Occur::Must => Some(true),
        Occur::MustNot => Some(false),
        Occur::Should => is_phrase(&**clause).then_some(true),
    };
    // One phrase alone is one clause a field.
    if is_phrase(query) {
        return vec![(true, query)];
    }
    let clauses = clauses.clauses().iter();
    clauses.filter_map(|clause| Some((condition(clause)?, &*clause.1))).collect()
}

/// Says whether a query is nothing but one phrase, in any field.
fn is_phrase(query: &dyn Query) -> bool {
    if let Some(fields) = query.downcast_ref::<BooleanQuery>() {
        let clauses = fields.clauses();
        return !clauses.is_empty()
            && clauses.iter().all(|(occur, query)| *occur == Occur::Should && is_phrase(&**query));
    }
    query.downcast_ref::<PhraseQuery>().is_some()
}

/// Returns what a query with operators says to whoever knows none: its words, without those that it does
/// not want.
#[must_use]
pub fn plain_words(query: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    let mut rest = query.trim_start();
    let mut not = false;
    while !rest.is_empty() {
        let unwanted = not || rest.starts_with('-');
        let start = rest.trim_start_matches(['+', '-']);
        let (part, behind) = match start.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => start.split_once(char::is_whitespace).unwrap_or((start, "")),
        };
        not = part == "NOT";
        let part = part.trim_matches(['(', ')']);
        if !unwanted && !part.is_empty() && !["NOT", "AND", "OR"].contains(&part) {
            words.push(part);
        }
        rest = behind.trim_start();
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_that_are_wanted_are_left() {
        let said = [
            ("heron +lake -otter", "heron lake"),
            ("\"red fox\" -\"blue whale\" den", "red fox den"),
            ("(heron OR lynx) AND NOT otter", "heron lynx"),
            ("well-known fact", "well-known fact"),
            ("-otter", ""),
            ("\"open", "open"),
            ("", ""),
        ];
        for (query, words) in said {
            assert_eq!(plain_words(query), words, "{query}");
        }
    }
}
