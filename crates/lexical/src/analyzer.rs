//! How text becomes terms: in passages and in queries alike.

use std::collections::HashMap;
use std::ops::Range;

use tantivy::tokenizer::{
    AsciiFoldingFilter, Language, LowerCaser, Stemmer, StopWordFilter, TextAnalyzer,
    TextAnalyzerBuilder, Token, TokenStream, TokenizerManager,
};

use crate::words::{Spelling, Words};

/// A query's further distinct terms are not looked at: this bounds the work of any query.
pub const MAX_QUERY_TERMS: usize = 1024;

/// How text becomes terms. An index is read with the analyzer that made it; a new one is made with
/// [`Analyzer::NEWEST`].
///
/// All of them take words, fold case and accents, leave out Lucene's 33 English stop words and reduce
/// words to English (Porter 2) stems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Analyzer {
    /// Words as they are written: text in decomposed form, in full width or with a soft hyphen is other
    /// text.
    EnglishV1,
    /// Words in Unicode's compatible composed form without characters that nobody sees.
    EnglishV2,
}

/// A term of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryTerm {
    /// The term as it stands in the index: a stem in lower case.
    pub text: String,
    /// How often the query says it; at least 1.
    pub count: u32,
}

impl Analyzer {
    /// The analyzer of new indexes.
    pub const NEWEST: Self = Self::EnglishV2;

    const ALL: [Self; 2] = [Self::EnglishV1, Self::EnglishV2];

    /// Returns the analyzer of that name; nothing if there is none.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|analyzer| analyzer.name() == name)
    }

    /// Returns the name by which a generation remembers its analyzer.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::EnglishV1 => "english-v1",
            Self::EnglishV2 => "english-v2",
        }
    }

    /// Returns the name of the analyzer of paths and metadata beside it: words with case and accents
    /// folded.
    pub(crate) fn plain_name(self) -> &'static str {
        match self {
            Self::EnglishV1 => "plain-v1",
            Self::EnglishV2 => "plain-v2",
        }
    }

    /// Returns the distinct terms of a query in order of first occurrence, [`MAX_QUERY_TERMS`] at
    /// most.
    ///
    /// Any text will do: it is a plain bag of words. Empty if the query has no word but stop words.
    #[must_use]
    pub fn terms(self, query: &str) -> Vec<QueryTerm> {
        let mut terms: Vec<QueryTerm> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for word in self.words(query) {
            if let Some(&place) = places.get(&word.text) {
                terms[place].count += 1;
            } else if terms.len() < MAX_QUERY_TERMS {
                places.insert(word.text.clone(), terms.len());
                terms.push(QueryTerm { text: word.text, count: 1 });
            }
        }
        terms
    }

    /// Returns the words of `text` that are one of `terms`, in order: the term's place among these, and
    /// the word's byte range.
    #[must_use]
    pub fn occurrences(self, terms: &[QueryTerm], text: &str) -> Vec<(usize, Range<usize>)> {
        let place = |word: &Token| terms.iter().position(|term| term.text == word.text);
        let found = self.words(text).into_iter().filter_map(|word| Some((place(&word)?, word)));
        found.map(|(place, word)| (place, word.offset_from..word.offset_to)).collect()
    }

    /// Returns the words of a text as terms, in order.
    pub(crate) fn words(self, text: &str) -> Vec<Token> {
        let mut analyzer = self.english();
        let mut words = Vec::new();
        analyzer.token_stream(text).process(&mut |word| words.push(word.clone()));
        words
    }

    /// Returns the two analyzers by their names in the schema.
    pub(crate) fn tokenizers(self) -> TokenizerManager {
        let manager = TokenizerManager::default();
        manager.register(self.name(), self.english());
        manager.register(self.plain_name(), self.plain().build());
        manager
    }

    fn english(self) -> TextAnalyzer {
        let words = match StopWordFilter::new(Language::English) {
            Some(stop_words) => self.plain().filter_dynamic(stop_words),
            None => self.plain(),
        };
        words.filter_dynamic(Stemmer::new(Language::English)).build()
    }

    fn plain(self) -> TextAnalyzerBuilder {
        let words = match self {
            Self::EnglishV1 => {
                TextAnalyzer::builder(Words::new(Spelling::AsWritten)).filter(LowerCaser).dynamic()
            }
            Self::EnglishV2 => TextAnalyzer::builder(Words::new(Spelling::Folded)).dynamic(),
        };
        words.filter_dynamic(AsciiFoldingFilter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stems_by(analyzer: Analyzer, text: &str) -> Vec<String> {
        analyzer.terms(text).into_iter().map(|term| term.text).collect()
    }

    fn stems(text: &str) -> Vec<String> {
        let [older, newest] = Analyzer::ALL.map(|analyzer| stems_by(analyzer, text));
        assert_eq!(older, newest, "they differ in spelling only");
        newest
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
        assert_eq!(
            Analyzer::NEWEST.terms("soups, salt; SOUP soup's"),
            [term("soup", 3), term("salt", 1)]
        );
    }

    #[test]
    fn no_query_breaks_or_grows_without_bound() {
        assert_eq!(stems("to be or not to be"), [""; 0]);
        assert_eq!(stems("\"(((*: 🙂 \u{0} --"), [""; 0]);
        let long: String = (0..100_000).map(|i| format!("w{i} ")).collect();
        let terms = Analyzer::NEWEST.terms(&(long.clone() + &long));
        assert_eq!(terms.len(), MAX_QUERY_TERMS);
        assert!(terms.iter().all(|term| term.count == 2));
    }

    #[test]
    fn matched_words_are_found_by_stem() {
        let text = "Boil the soups: a sou\u{ad}p's salt is Salty.";
        let analyzer = Analyzer::NEWEST;
        let found = analyzer.occurrences(&analyzer.terms("soup of salt"), text);
        assert_eq!(
            found.iter().map(|(term, range)| (*term, &text[range.clone()])).collect::<Vec<_>>(),
            [(0, "soups"), (0, "sou\u{ad}p"), (1, "salt")]
        );
    }

    #[test]
    fn only_the_newest_takes_one_word_for_another_spelling_of_it() {
        let same = [
            ("\u{439}\u{43e}\u{433}\u{430}", "\u{438}\u{306}\u{43e}\u{433}\u{430}"),
            ("information", "infor\u{ad}mation"),
            ("\u{30ac}", "\u{ff76}\u{ff9e}"),
        ];
        for (composed, other) in same {
            let [older, newest] = Analyzer::ALL
                .map(|analyzer| stems_by(analyzer, composed) == stems_by(analyzer, other));
            assert!(newest && !older, "{other}");
        }
    }

    #[test]
    fn analyzers_are_known_by_their_names() {
        for analyzer in Analyzer::ALL {
            assert_eq!(Analyzer::of_name(analyzer.name()), Some(analyzer));
        }
        assert_eq!(Analyzer::of_name("english-v3"), None);
    }
}
