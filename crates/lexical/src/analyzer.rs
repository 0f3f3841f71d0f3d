//! How text becomes terms: in passages and in queries alike.

use std::collections::HashMap;
use std::ops::Range;

use tantivy::tokenizer::{
    AsciiFoldingFilter, Language, LowerCaser, Stemmer, StopWordFilter, TextAnalyzer, Token,
    TokenStream, TokenizerManager,
};

use crate::words::Words;

/// The name of the analyzer: words, lower case, accents folded, Lucene's 33 English stop words
/// left out, English (Porter 2) stems.
pub const ANALYZER: &str = "english-v1";

/// The analyzer of paths and metadata: words in lower case, accents folded.
pub(crate) const PLAIN: &str = "plain-v1";

/// A query's further distinct terms are not looked at: this bounds the work of any query.
pub const MAX_QUERY_TERMS: usize = 1024;

/// A term of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryTerm {
    /// The term as it stands in the index: a stem in lower case.
    pub text: String,
    /// How often the query says it; at least 1.
    pub count: u32,
}

/// Returns the distinct terms of a query in order of first occurrence, [`MAX_QUERY_TERMS`] at
/// most.
///
/// Any text will do: it is a plain bag of words. Empty if the query has no word but stop words.
#[must_use]
pub fn terms(query: &str) -> Vec<QueryTerm> {
    let mut terms: Vec<QueryTerm> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for word in words(query) {
        if let Some(&place) = places.get(&word.text) {
            terms[place].count += 1;
        } else if terms.len() < MAX_QUERY_TERMS {
            places.insert(word.text.clone(), terms.len());
            terms.push(QueryTerm { text: word.text, count: 1 });
        }
    }
    terms
}

/// Returns the byte ranges of the words of `text` that are one of `terms`, in order.
#[must_use]
pub fn matches(terms: &[QueryTerm], text: &str) -> Vec<Range<usize>> {
    occurrences(terms, text).into_iter().map(|(_, word)| word).collect()
}

/// Returns the words of `text` that are one of `terms`, in order: the term's place among these, and
/// the word's byte range.
#[must_use]
pub fn occurrences(terms: &[QueryTerm], text: &str) -> Vec<(usize, Range<usize>)> {
    let place = |word: &Token| terms.iter().position(|term| term.text == word.text);
    let found = words(text).into_iter().filter_map(|word| Some((place(&word)?, word)));
    found.map(|(place, word)| (place, word.offset_from..word.offset_to)).collect()
}

/// Returns the words of a text as terms, in order.
pub(crate) fn words(text: &str) -> Vec<Token> {
    let mut analyzer = english();
    let mut words = Vec::new();
    analyzer.token_stream(text).process(&mut |word| words.push(word.clone()));
    words
}

/// Returns the analyzers by their names in the schema.
pub(crate) fn analyzers() -> TokenizerManager {
    let manager = TokenizerManager::default();
    manager.register(ANALYZER, english());
    manager.register(PLAIN, plain());
    manager
}

fn english() -> TextAnalyzer {
    let words = TextAnalyzer::builder(Words::default())
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .dynamic();
    let words = match StopWordFilter::new(Language::English) {
        Some(stop_words) => words.filter_dynamic(stop_words),
        None => words,
    };
    words.filter_dynamic(Stemmer::new(Language::English)).build()
}

fn plain() -> TextAnalyzer {
    TextAnalyzer::builder(Words::default()).filter(LowerCaser).filter(AsciiFoldingFilter).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stems(text: &str) -> Vec<String> {
        terms(text).into_iter().map(|term| term.text).collect()
    }

    #[test]
    fn words_become_folded_stems_without_stop_words() {
        // stems from the vocabulary published with the Porter 2 stemmer
        assert_eq!(
            stems("The Consistency of Knightly generalizations"),
            ["consist", "knight", "general"]
        );
        assert_eq!(stems("Café naïve Ångström"), ["cafe", "naiv", "angstrom"]);
        assert_eq!(stems("E-4012"), ["e", "4012"]);
    }

    #[test]
    fn repeated_terms_are_counted_in_order_of_first_occurrence() {
        let term = |text: &str, count| QueryTerm { text: text.into(), count };
        assert_eq!(terms("soups, salt; SOUP soup's"), [term("soup", 3), term("salt", 1)]);
    }

    #[test]
    fn no_query_breaks_or_grows_without_bound() {
        assert_eq!(terms("to be or not to be"), []);
        assert_eq!(terms("\"(((*: 🙂 \u{0} --"), []);
        let long: String = (0..100_000).map(|i| format!("w{i} ")).collect();
        let terms = terms(&(long.clone() + &long));
        assert_eq!(terms.len(), MAX_QUERY_TERMS);
        assert!(terms.iter().all(|term| term.count == 2));
    }

    #[test]
    fn matched_words_are_found_by_stem() {
        let text = "Boil the soups: a soup's salt is Salty.";
        let found = matches(&terms("soup of salt"), text);
        assert_eq!(
            found.iter().map(|range| &text[range.clone()]).collect::<Vec<_>>(),
            ["soups", "soup", "salt"]
        );
    }
}
