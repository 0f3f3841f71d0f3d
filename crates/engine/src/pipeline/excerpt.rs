//! The part of a text that says most of a query, for a reranker that is to read little.

use std::ops::Range;

use trommel_lexical::{Analyzer, LexicalError, LexicalIndex, QueryTerm};
use unicode_segmentation::UnicodeSegmentation;

/// Cuts excerpts out of texts for one query.
///
/// A token is what Unicode's word boundaries (UAX #29) leave: a word, a number, a sign; white space
/// is none. A model's own tokens are pieces of these: of English about five for four. An excerpt is
/// a run of whole sentences of at most so many tokens; a sentence that is longer counts as several
/// of half as many. The best excerpt is the one whose different words of the query weigh most, each
/// by how often the query says it and by its idf; of equals it is the earliest.
#[derive(Debug, Clone, PartialEq)]
pub struct Excerpts {
    analyzer: Analyzer,
    terms: Vec<QueryTerm>,
    weights: Vec<f64>,
}

impl Excerpts {
    /// Returns what cuts for a query whose words are all as rare as each other.
    #[must_use]
    pub fn unweighted(query: &str) -> Self {
        let analyzer = Analyzer::NEWEST;
        let terms = analyzer.terms(query);
        let weights = terms.iter().map(|term| f64::from(term.count)).collect();
        Self { analyzer, terms, weights }
    }

    /// Returns what cuts for a query whose words weigh as in an index.
    pub(super) fn weighted(query: &str, index: &LexicalIndex) -> Result<Self, LexicalError> {
        let analyzer = index.analyzer();
        let terms = analyzer.terms(query);
        let weight = |term: &QueryTerm| Ok(f64::from(term.count) * index.idf(term)?);
        let weights = terms.iter().map(weight).collect::<Result<_, _>>()?;
        Ok(Self { analyzer, terms, weights })
    }

    /// Returns the best excerpt of at most `tokens` tokens, which is all of a short text.
    #[must_use]
    pub fn best<'t>(&self, text: &'t str, tokens: usize) -> &'t str {
        let words: Vec<Range<usize>> = words(text).collect();
        if words.len() <= tokens {
            return text;
        }
        let found = self.analyzer.occurrences(&self.terms, text);
        let mut bounds = starts(text, &words, tokens);
        bounds.push(words.len());
        let mut best = (f64::NEG_INFINITY, 0..0);
        for (unit, &start) in bounds[..bounds.len() - 1].iter().enumerate() {
            let ends = bounds[unit + 1..].iter().take_while(|end| **end - start <= tokens);
            let end = ends.last().map_or(start + 1, |end| *end);
            let part = words[start].start..words[end - 1].end;
            let weight = self.weight(&found, &part);
            if weight > best.0 {
                best = (weight, part);
            }
        }
        &text[best.1]
    }

    /// Returns what the different words of the query in a part of the text weigh together.
    fn weight(&self, found: &[(usize, Range<usize>)], part: &Range<usize>) -> f64 {
        let mut there = vec![false; self.terms.len()];
        // They rise, and a long text has many.
        let first = found.partition_point(|(_, word)| word.start < part.start);
        for (term, word) in found[first..].iter().take_while(|(_, word)| word.start < part.end) {
            there[*term] |= word.end <= part.end;
        }
        self.weights.iter().zip(there).filter(|(_, there)| *there).map(|(weight, _)| weight).sum()
    }
}

fn words(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let words = text.split_word_bound_indices().filter(|(_, word)| !word.trim().is_empty());
    words.map(|(start, word)| start..start + word.len())
}

/// Returns the places among `words` at which an excerpt may begin: those of sentences and lines, and
/// within one of more than `tokens` words every half of that.
fn starts(text: &str, words: &[Range<usize>], tokens: usize) -> Vec<usize> {
    let sentences = text.split_sentence_bound_indices().flat_map(|(start, sentence)| {
        sentence.split_inclusive('\n').scan(start, |at, line| {
            *at += line.len();
            Some(*at)
        })
    });
    let mut starts = Vec::new();
    let mut from = 0;
    for end in sentences {
        let to = from + words[from..].iter().take_while(|word| word.start < end).count();
        let step = if to - from > tokens { tokens.div_ceil(2).max(1) } else { usize::MAX };
        starts.extend((from..to).step_by(step));
        from = to;
    }
    starts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn best<'t>(query: &str, text: &'t str, tokens: usize) -> &'t str {
        Excerpts::unweighted(query).best(text, tokens)
    }

    const TEXT: &str = "Pumps hum. The seal of a pump wears out.\nReplace the seal yearly, as the \
                        manual says. Valves are another matter.";

    #[test]
    fn a_short_text_is_whole_and_a_long_one_the_sentences_with_most_of_the_query() {
        assert_eq!(best("manual", TEXT, 26), TEXT);
        assert_eq!(best("manual", TEXT, 10), "Replace the seal yearly, as the manual says.");
        // "Pumps hum." has three tokens, the next sentence eight.
        assert_eq!(best("pump seal", TEXT, 11), "Pumps hum. The seal of a pump wears out.");
        assert_eq!(best("pump seal", TEXT, 10), "The seal of a pump wears out.");
        assert_eq!(best("valve matter", TEXT, 9), "Valves are another matter.");
    }

    #[test]
    fn a_word_counts_once_however_often_it_is_there_and_the_earliest_of_equals_wins() {
        assert_eq!(best("b c", "A a b. B b b. B c d.", 4), "B c d.");
        assert_eq!(best("b", "A a a. B b b. B x b.", 4), "B b b.");
        assert_eq!(best("zebra", "A a a. B b b.", 4), "A a a.");
    }

    #[test]
    fn rare_words_weigh_more_than_common_ones() {
        let mut excerpts = Excerpts::unweighted("rain rust pump");
        excerpts.weights = vec![1.0, 1.0, 2.5];
        assert_eq!(excerpts.best("Rain rust. The pump.", 3), "The pump.");
        excerpts.weights = vec![1.0, 1.0, 1.5];
        assert_eq!(excerpts.best("Rain rust. The pump.", 3), "Rain rust.");
    }

    #[test]
    fn a_sentence_longer_than_the_excerpt_is_cut_within() {
        let text = "a b c d e f g h needle j k l";
        assert_eq!(best("needle", text, 4), "g h needle j");
        assert_eq!(best("none of it", text, 4), "a b c d");
    }

    proptest! {
        #[test]
        fn any_text_has_an_excerpt_of_at_most_so_many_tokens(
            text in "[a-c .\\n🦀é雨]{0,120}",
            tokens in 1usize..12,
        ) {
            let part = best("a b", &text, tokens);
            prop_assert!(text.contains(part));
            prop_assert!(words(part).count() <= tokens);
            prop_assert_eq!(part.is_empty(), text.is_empty());
        }
    }
}
