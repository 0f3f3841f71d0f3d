//! The sentence of a passage that best matches a query.

use std::collections::HashSet;
use std::ops::Range;

use trommel_lexical::{QueryTerm, matches};
use unicode_segmentation::UnicodeSegmentation;

/// Returns the sentence with the most different words of the query, the first of equals, and the
/// places of those words; without any match the first sentence. Ranges are bytes of `text`.
///
/// Headings, and a line that repeats the title, say nothing that a hit does not show anyway: they
/// count only where there is nothing else.
pub(super) fn best_sentence(
    terms: &[QueryTerm],
    title: &str,
    text: &str,
) -> (Range<usize>, Vec<Range<usize>>) {
    let found = matches(terms, text);
    let mut best = (0, trimmed(text, 0..text.len()), Vec::new());
    let mut first = true;
    let is_heading = |sentence: &Range<usize>| {
        let sentence = &text[sentence.clone()];
        sentence.starts_with('#') || sentence == title
    };
    let all: Vec<Range<usize>> = sentences(text).collect();
    let only_headings = all.iter().all(is_heading);
    for sentence in all.into_iter().filter(|sentence| only_headings || !is_heading(sentence)) {
        let inside: Vec<Range<usize>> = found
            .iter()
            .filter(|word| sentence.start <= word.start && word.end <= sentence.end)
            .cloned()
            .collect();
        let different: HashSet<String> =
            inside.iter().map(|word| text[word.clone()].to_lowercase()).collect();
        if first || different.len() > best.0 {
            best = (different.len(), sentence, inside);
            first = false;
        }
    }
    (best.1, best.2)
}

/// Cuts a text at line breaks and at the sentence boundaries of Unicode (UAX #29).
fn sentences(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    text.split_sentence_bound_indices()
        .flat_map(|(start, sentence)| {
            sentence.split_inclusive('\n').scan(start, |at, line| {
                let range = *at..*at + line.len();
                *at = range.end;
                Some(range)
            })
        })
        .map(|range| trimmed(text, range))
        .filter(|range| text[range.clone()].chars().any(char::is_alphanumeric))
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let slice = &text[range.clone()];
    let start = range.start + (slice.len() - slice.trim_start().len());
    start..start + slice.trim().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(query: &str, text: &str) -> (String, Vec<String>) {
        let (sentence, words) = best_sentence(&trommel_lexical::terms(query), "The pump", text);
        let words = words.into_iter().map(|word| text[word].to_owned()).collect();
        (text[sentence].to_owned(), words)
    }

    #[test]
    fn the_sentence_with_most_of_the_query_wins() {
        let text = "The pump hums. Pumps leak when a seal is worn.\nReplace seals yearly.";
        let (sentence, words) = best("why does the pump leak", text);
        assert_eq!(sentence, "Pumps leak when a seal is worn.");
        assert_eq!(words, ["Pumps", "leak"]);
    }

    #[test]
    fn headings_and_the_title_are_shown_only_where_there_is_nothing_else() {
        assert_eq!(best("pump", "The pump\n\n## Pump care\n\nIt hums.").0, "It hums.");
        assert_eq!(best("pump care", "The pump\n\n## Pump care").0, "## Pump care");
    }

    #[test]
    fn without_a_match_the_first_sentence_stands() {
        assert_eq!(best("zebra", "One. Two.").0, "One.");
        assert_eq!(best("zebra", ""), (String::new(), vec![]));
    }
}
