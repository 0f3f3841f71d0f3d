//! What a query says as one: words that no space parts, such as `KD-1`, and words in quotes.

use std::ops::Range;

use tantivy::tokenizer::Token;

use crate::analyzer::{Analyzer, Detail, MAX_QUERY_TERMS};
use crate::scripts::is_unspaced;

/// A query's further phrases are not looked at: this bounds the work of any query.
const MAX_QUERY_PHRASES: usize = 16;

/// Of how many tokens the words come: a word may be several.
const MOST_TOKENS: usize = 4 * MAX_QUERY_TERMS;

/// What may stand between words that are one: a code, a path, an address, a hyphenated word.
const JOINERS: &str = "-\u{2010}\u{2011}\u{2013}_./\\:+#&@~'\u{2019}";

/// Words that stand side by side wherever they are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phrase {
    /// What the languages make of it, each once: at least two terms as they stand in the index, each with
    /// its place from that of the first. Stop words between them leave gaps.
    pub(crate) readings: Vec<Vec<(usize, String)>>,
}

/// Returns the distinct phrases of a query in order of first occurrence.
pub(crate) fn phrases(analyzer: Analyzer, query: &str) -> Vec<Phrase> {
    let mut words = analyzer.first_words(query, Detail::Words, MOST_TOKENS);
    words.truncate(MAX_QUERY_TERMS);
    let joined = words.chunk_by(|a, b| joins(query, &a.range, &b.range));
    let joined = joined.filter(|words| words.len() > 1).map(|words| {
        let end = words.iter().map(|word| word.range.end).max();
        words[0].range.start..end.unwrap_or_default()
    });
    let places: Vec<Range<usize>> = joined.chain(quotes(query)).collect();
    let tokens: Vec<Vec<Token>> = (analyzer.readings(query).into_iter())
        .map(|(language, _)| {
            let mut tokens = analyzer.first_tokens(query, language, Detail::Words, MOST_TOKENS);
            // The whole of several parts says the same as these.
            tokens.retain(|token| token.position_length == 1);
            tokens.truncate(MAX_QUERY_TERMS);
            tokens
        })
        .collect();
    let mut phrases: Vec<Phrase> = Vec::new();
    for place in places {
        let mut readings: Vec<Vec<(usize, String)>> = Vec::new();
        for tokens in &tokens {
            let first = tokens.partition_point(|token| token.offset_from < place.start);
            let end = tokens.partition_point(|token| token.offset_from < place.end);
            let tokens = &tokens[first..end];
            let of = |token: &Token| (token.position - tokens[0].position, token.text.clone());
            let reading: Vec<(usize, String)> = tokens.iter().map(of).collect();
            if reading.len() > 1 && !readings.contains(&reading) {
                readings.push(reading);
            }
        }
        let phrase = Phrase { readings };
        let is_new = !phrase.readings.is_empty() && !phrases.contains(&phrase);
        if is_new && phrases.len() < MAX_QUERY_PHRASES {
            phrases.push(phrase);
        }
    }
    phrases
}

/// Whether what stands between two words makes them one. Where a script parts no words, that no space does
/// means nothing.
fn joins(query: &str, a: &Range<usize>, b: &Range<usize>) -> bool {
    let is_spaced = |word: &Range<usize>| !query[word.clone()].starts_with(is_unspaced);
    let between = query.get(a.end..b.start).unwrap_or_default();
    is_spaced(a) && is_spaced(b) && (is_joined_by(between) || is_number(query, a, b))
}

/// Whether what stands between two words, stop words included, makes them one.
fn is_joined_by(between: &str) -> bool {
    between.chars().all(|c| c.is_alphanumeric() || JOINERS.contains(c))
}

/// Whether a comma between two words parts the digits of a number.
fn is_number(query: &str, a: &Range<usize>, b: &Range<usize>) -> bool {
    let ends_in_digit = query[..a.end].ends_with(|c: char| c.is_ascii_digit());
    let begins_with_digit = query[b.start..].starts_with(|c: char| c.is_ascii_digit());
    query.get(a.end..b.start) == Some(",") && ends_in_digit && begins_with_digit
}

/// Returns the bytes between two quotation marks, for every pair of them.
fn quotes(query: &str) -> Vec<Range<usize>> {
    let marks = query.match_indices(['"', '\u{201c}', '\u{201d}', '\u{201e}']);
    let marks: Vec<(usize, &str)> = marks.collect();
    let pair = |pair: &[(usize, &str)]| pair[0].0 + pair[0].1.len()..pair[1].0;
    marks.chunks_exact(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(query: &str) -> Vec<String> {
        let one = |phrase: Phrase| {
            let terms: Vec<String> =
                phrase.readings[0].iter().map(|(at, term)| format!("{at}:{term}")).collect();
            terms.join(" ")
        };
        phrases(Analyzer::NEWEST, query).into_iter().map(one).collect()
    }

    #[test]
    fn words_without_a_space_between_them_are_one() {
        assert_eq!(written("where is KD-1 sold"), ["0:kd 1:1"]);
        assert_eq!(written("x86_64 and v1.2, v1.2"), ["0:x86 1:64", "0:v1 1:2"]);
        assert_eq!(written("state-of-the-art design"), ["0:state 3:art"]);
        assert_eq!(written("a dose of 1,000 units"), ["0:1 1:000"]);
    }

    #[test]
    fn words_in_quotes_are_one() {
        assert_eq!(written("who wrote \"call the plumber\" twice"), ["0:call 2:plumber"]);
        assert_eq!(written("\u{201c}red fox\u{201d} or \"red fox\""), ["0:red 1:fox"]);
    }

    #[test]
    fn nothing_else_is() {
        let none: [&str; 0] = [];
        for query in
            ["red fox", "salt,pepper", "why - not", "the patient's nurse", "\"fox", "e-", ""]
        {
            assert_eq!(written(query), none, "{query}");
        }
    }

    #[test]
    fn their_number_is_bounded() {
        let long: String = (0..10_000).map(|i| format!("a{i}-b{i} ")).collect();
        assert_eq!(phrases(Analyzer::NEWEST, &long).len(), MAX_QUERY_PHRASES);
        let one = vec!["w"; 10_000].join("-");
        assert_eq!(phrases(Analyzer::NEWEST, &one)[0].readings[0].len(), MAX_QUERY_TERMS);
    }
}
