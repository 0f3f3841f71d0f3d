//! The sentence of a passage that answers a query best: by its words and by what it means.
//!
//! Words alone take the sentence that happens to repeat the query; meaning alone passes over a code or a
//! name, near which every sentence stands alike. So a sentence's score is the share of the query that it
//! has, each word by its idf, and its vector's cosine with the query's.

use std::ops::Range;

use trommel_core::Encoder;
use trommel_lexical::{Analyzer, LexicalError, LexicalIndex, QueryTerm};

use super::marks::{self, mark};
use super::sentences::{Sentence, on_one_line, sentences, trimmed};

/// How much a cosine counts beside the share of the query's words.
const MEANING: f64 = 2.0;
/// How much a word counts that the heading above a sentence has.
const HEADING: f64 = 0.5;
/// In how many passages a rare word stands at most: a sentence that has it goes before all others.
const RARE: usize = 2;
/// By how much of the query's words a sentence may be behind and still win by its meaning: within a
/// passage cosines hardly differ by more than a quarter.
const BEHIND: f64 = 0.5;
/// How many sentences of a passage are encoded at most.
const ENCODED: usize = 5;
/// How many sentences of all hits are encoded at most, those of the best hits first: each costs as much
/// as the query.
const ENCODED_IN_ALL: usize = 8;
/// How many bytes of a sentence are encoded at most, about 27 tokens of English.
const ENCODED_BYTES: usize = 120;

/// The words of a query, and how much each tells.
pub(super) struct QueryWords {
    /// How the texts become terms that are compared with these.
    analyzer: Analyzer,
    terms: Vec<QueryTerm>,
    /// Each term's share of what all of them tell together: by how often the query says it, and its idf.
    shares: Vec<f64>,
    /// Whether each term is rare in the collection.
    rare: Vec<bool>,
}

impl QueryWords {
    /// Returns the words of a query, all of them as rare as each other.
    pub(super) fn unweighted(query: &str) -> Self {
        let analyzer = Analyzer::NEWEST;
        let terms = analyzer.terms(query);
        let shares = shares(terms.iter().map(|term| f64::from(term.count)).collect());
        Self { analyzer, rare: vec![false; terms.len()], terms, shares }
    }

    /// Returns the words of a query as they weigh in an index.
    pub(super) fn weighted(query: &str, index: &LexicalIndex) -> Result<Self, LexicalError> {
        let analyzer = index.analyzer();
        let terms = analyzer.terms(query);
        let mut weights = Vec::with_capacity(terms.len());
        let mut rare = Vec::with_capacity(terms.len());
        for (term, known) in terms.iter().zip(index.matches(query, &[])?) {
            let holding = known.few.map(|few| few.len());
            // A term that no passage has tells nothing of a sentence.
            let weight = if holding == Some(0) { 0.0 } else { known.idf };
            weights.push(f64::from(term.count) * weight);
            rare.push(holding.is_some_and(|holding| (1..=RARE).contains(&holding)));
        }
        Ok(Self { analyzer, terms, shares: shares(weights), rare })
    }
}

/// Where words of a query stand in a text, each as the term's place among them and its range of bytes, in
/// the order of the text.
pub(super) type Occurrences = Vec<(usize, Range<usize>)>;

impl QueryWords {
    /// Returns where the words stand in a text.
    pub(super) fn occurrences(&self, text: &str) -> Occurrences {
        self.analyzer.occurrences(&self.terms, text)
    }

    /// Returns the share of the words that a document has, where they stand in its passage and in further
    /// parts of it, each word counting the same, so that it does not depend on other documents; nothing if
    /// there are no words. A stop word of any of the collection's languages is none.
    pub(super) fn share_of<'t>(
        &self,
        passage: &Occurrences,
        parts: impl IntoIterator<Item = &'t str>,
    ) -> Option<f32> {
        let mut has = vec![false; self.terms.len()];
        passage.iter().for_each(|(term, _)| has[*term] = true);
        for part in parts {
            self.occurrences(part).into_iter().for_each(|(term, _)| has[term] = true);
        }
        let words = self.terms.iter().zip(has).filter(|(term, _)| !term.is_stop_word());
        let has: Vec<bool> = words.map(|(_, has)| has).collect();
        let found = has.iter().filter(|has| **has).count();
        (!has.is_empty()).then(|| found as f32 / has.len() as f32)
    }
}

/// Returns weights as shares of their sum; zeros as they are.
fn shares(weights: Vec<f64>) -> Vec<f64> {
    let all: f64 = weights.iter().sum();
    if all > 0.0 { weights.into_iter().map(|weight| weight / all).collect() } else { weights }
}

/// The sentences of a passage of which one is shown.
pub(super) struct Choice {
    /// Those that may be shown, in the order of the passage.
    sentences: Vec<Scored>,
}

/// A sentence, and what it has of the query.
#[derive(Debug, Clone, PartialEq)]
struct Scored {
    range: Range<usize>,
    /// The words of it that the query has, too.
    words: Vec<Range<usize>>,
    /// The share of the query that it has, in [0, 1].
    share: f64,
    /// The share of the query that it has in rare words, in [0, 1].
    rare: f64,
}

/// A sentence and its matching words, as ranges of bytes of the passage's text.
pub(super) type Shown = (Range<usize>, Vec<Range<usize>>);

impl Choice {
    /// Returns the sentences of a passage that may be shown, given where words of the query stand in it.
    ///
    /// Headings, and a line that repeats the title, say nothing that a hit does not show anyway: they
    /// are shown only where there is nothing else. Where a rare word of the query stands in a passage,
    /// so it does in what may be shown.
    pub(super) fn new(words: &QueryWords, found: &Occurrences, title: &str, text: &str) -> Self {
        let all = sentences(text);
        let is_heading = |it: &Sentence| it.is_heading || &text[it.range.clone()] == title;
        let only_headings = all.iter().all(is_heading);
        let mut above = vec![false; words.terms.len()];
        let mut choice = Vec::new();
        for sentence in &all {
            let is_heading = is_heading(sentence);
            if is_heading {
                above.fill(false);
            }
            let range = sentence.range.clone();
            // Occurrences rise, and a long text has many.
            let first = found.partition_point(|(_, word)| word.start < range.start);
            let here = found[first..].iter().take_while(|(_, word)| word.start < range.end);
            let mut has = vec![false; words.terms.len()];
            let mut matches = Vec::new();
            for (term, word) in here.filter(|(_, word)| word.end <= range.end) {
                has[*term] = true;
                mark(&mut matches, word);
            }
            if is_heading {
                above.clone_from(&has);
            }
            if is_heading && !only_headings {
                continue;
            }
            let amount = |term: usize| match (has[term], above[term]) {
                (true, _) => words.shares[term],
                (false, true) => HEADING * words.shares[term],
                (false, false) => 0.0,
            };
            let share = (0..has.len()).map(amount).sum();
            let rare = (0..has.len()).filter(|term| words.rare[*term]).map(amount).sum();
            choice.push(Scored { range, words: matches, share, rare });
        }
        if choice.is_empty() {
            let range = trimmed(text, 0..text.len());
            choice.push(Scored { range, words: Vec::new(), share: 0.0, rare: 0.0 });
        }
        let rarest = choice.iter().map(|it| it.rare).fold(0.0, f64::max);
        choice.retain(|it| it.rare >= rarest);
        Self { sentences: choice }
    }

    /// Returns the places of at most so many sentences whose meaning may decide, rising; none where there
    /// is no choice.
    fn undecided(&self, limit: usize) -> Vec<usize> {
        let most = self.sentences.iter().map(|it| it.share).fold(0.0, f64::max);
        let may_win = |place: &usize| self.sentences[*place].share >= most - BEHIND;
        let mut places: Vec<usize> = (0..self.sentences.len()).filter(may_win).collect();
        // The sort is stable: of equals the first go on.
        places.sort_by(|a, b| self.sentences[*b].share.total_cmp(&self.sentences[*a].share));
        places.truncate(limit);
        places.sort_unstable();
        if places.len() < 2 { Vec::new() } else { places }
    }

    /// Returns the sentence with the highest score, the first of equals; an empty one if there is none.
    /// `cosines` has a sentence's place and its cosine with the query; without any the words decide.
    fn best(mut self, cosines: &[(usize, f64)]) -> Shown {
        let all: Vec<(usize, f64)> = (0..self.sentences.len()).map(|place| (place, 0.0)).collect();
        let mut best: Option<(usize, f64)> = None;
        for &(place, cosine) in if cosines.is_empty() { &all } else { cosines } {
            let score = self.sentences[place].share + MEANING * cosine;
            if best.is_none_or(|(_, highest)| score > highest) {
                best = Some((place, score));
            }
        }
        let best = best.map(|(place, _)| self.sentences.swap_remove(place));
        best.map_or((0..0, Vec::new()), |best| (best.range, best.words))
    }
}

/// Returns what is shown of each passage, given its text and its choice, and how many sentences were
/// encoded for it. All are encoded together; without an encoder, or if it fails, words alone decide.
pub(super) fn choose(
    choices: Vec<(Choice, &str)>,
    encoder: Option<(&dyn Encoder, &[f32])>,
) -> (Vec<Shown>, usize) {
    let mut left = ENCODED_IN_ALL;
    let undecided = choices.iter().map(|(choice, _)| {
        let places = choice.undecided(left.min(ENCODED));
        left -= places.len();
        places
    });
    let undecided: Vec<Vec<usize>> = undecided.collect();
    let mut texts = Vec::new();
    for ((choice, text), places) in choices.iter().zip(&undecided) {
        let text_of = |place: &usize| encoded(&text[choice.sentences[*place].range.clone()]);
        texts.extend(places.iter().map(text_of));
    }
    let cosines = encoder.and_then(|(encoder, query)| cosines(encoder, query, &texts));
    let count = cosines.as_ref().map_or(0, Vec::len);
    let mut cosines = cosines.unwrap_or_default().into_iter();
    let shown = choices.into_iter().zip(undecided).map(|((choice, text), places)| {
        let cosines: Vec<(usize, f64)> = places.into_iter().zip(cosines.by_ref()).collect();
        marks::whole(text, choice.best(&cosines))
    });
    (shown.collect(), count)
}

/// Returns the cosine of each text with a query; nothing if the encoder cannot tell. A hit is not lost
/// because the best sentence of it is not known.
fn cosines(encoder: &dyn Encoder, query: &[f32], texts: &[String]) -> Option<Vec<f64>> {
    if texts.is_empty() {
        return None;
    }
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let vectors = encoder.encode_passages(&texts).ok()?;
    let dot = |vector: &Vec<f32>| {
        query.iter().zip(vector).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    (vectors.len() == texts.len()).then(|| vectors.iter().map(dot).collect())
}

/// Returns what an encoder reads of a sentence.
fn encoded(sentence: &str) -> String {
    let mut line = on_one_line(sentence);
    if line.len() > ENCODED_BYTES {
        let cut = line.floor_char_boundary(ENCODED_BYTES);
        // A space that parts no words, as in Chinese, may be far away.
        let space = line[..cut].rfind(' ').filter(|space| 2 * space > cut);
        line.truncate(space.unwrap_or(cut));
    }
    line
}

#[cfg(test)]
mod tests {
    use trommel_core::{Metadata, PassageId};
    use trommel_lexical::{LexicalPassage, LexicalWriter};
    use trommel_testkit::FakeEncoder;

    use super::*;

    /// The words of a query with given shares; those that are rare have a negative one.
    fn words(query: &str, shares: &[f64]) -> QueryWords {
        let rare = shares.iter().map(|share| *share < 0.0).collect();
        let shares = shares.iter().map(|share| share.abs()).collect();
        QueryWords {
            analyzer: Analyzer::NEWEST,
            terms: Analyzer::NEWEST.terms(query),
            shares,
            rare,
        }
    }

    fn chosen(words: &QueryWords, title: &str, text: &str) -> Choice {
        Choice::new(words, &words.occurrences(text), title, text)
    }

    fn by_words(words: &QueryWords, text: &str) -> (String, Vec<String>) {
        let choice = chosen(words, "The pump", text);
        let (sentence, matches) = choose(vec![(choice, text)], None).0.remove(0);
        let matches = matches.into_iter().map(|word| text[word].to_owned()).collect();
        (text[sentence].to_owned(), matches)
    }

    fn best(query: &str, text: &str) -> (String, Vec<String>) {
        by_words(&QueryWords::unweighted(query), text)
    }

    #[test]
    fn without_an_encoder_the_sentence_with_most_of_the_query_wins() {
        let text = "The pump hums. Pumps leak when a\nseal is worn.\n\nReplace seals yearly.";
        let (sentence, words) = best("why does the pump leak", text);
        assert_eq!(sentence, "Pumps leak when a\nseal is worn.");
        assert_eq!(words, ["Pumps", "leak"]);
        // .2 + .2 < .6, however often the other two are said.
        let words = words_of_three();
        assert_eq!(by_words(&words, "Pumps leak, pump by pump. Of seals.").0, "Of seals.");
        assert_eq!(by_words(&words, "Pumps leak. Pumps and leaks.").0, "Pumps leak.");
    }

    fn words_of_three() -> QueryWords {
        words("pump leak seal", &[0.2, 0.2, 0.6])
    }

    #[test]
    fn headings_and_the_title_are_shown_only_where_there_is_nothing_else() {
        assert_eq!(best("pump", "The pump\n\n## Pump care\n\nIt hums.").0, "It hums.");
        assert_eq!(best("pump care", "The pump\n\n## Pump care").0, "## Pump care");
    }

    #[test]
    fn a_heading_lends_its_words_to_what_stands_under_it_and_to_nothing_else() {
        let text = "It hums.\n\n## Seal\n\nIt leaks.\n\n## Hose\n\nPumps.";
        // .3 under the heading, .2 in the last sentence.
        assert_eq!(by_words(&words_of_three(), text).0, "It leaks.");
        assert_eq!(by_words(&words("pump seal", &[0.6, 0.4]), text).0, "Pumps.");
    }

    #[test]
    fn without_a_match_the_first_sentence_stands() {
        assert_eq!(best("zebra", "One. Two.").0, "One.");
        assert_eq!(best("zebra", ""), (String::new(), vec![]));
        assert_eq!(best("zebra", " ?! ").0, "?!");
    }

    /// Scores by hand, with `MEANING` 2: 0 + 2 · .7 = 1.4 against .4 + 2 · .4 = 1.2 and .4 + 2 · .5.
    #[test]
    fn meaning_and_words_decide_together() {
        let text = "It drips. The pump leaks. Leaks of pumps.";
        let of = |cosines: &[f64]| {
            let cosines: Vec<(usize, f64)> = (0..).zip(cosines.iter().copied()).collect();
            text[chosen(&words_of_three(), "", text).best(&cosines).0].to_owned()
        };
        assert_eq!(of(&[0.7, 0.4, 0.4]), "It drips.");
        assert_eq!(of(&[0.7, 0.4, 0.6]), "Leaks of pumps.");
        assert_eq!(of(&[0.6, 0.4, 0.4]), "The pump leaks.");
    }

    #[test]
    fn a_rare_word_goes_before_all_meaning() {
        let text = "What pumps mean. Of E-21.\n\n## E-22\n\nThe seal is worn.";
        let mut choice = chosen(&words("E-21 pump", &[-0.3, -0.3, 0.4]), "", text);
        assert_eq!(choice.sentences.len(), 1);
        assert_eq!(text[choice.sentences.remove(0).range], *"Of E-21.");
    }

    /// The fake encoder's texts are near each other if they share words, stop words as well; BM25 knows
    /// none of these.
    #[test]
    fn the_sentences_of_all_passages_are_encoded_together_and_each_gets_its_own() {
        let query = "into it";
        let encoder = FakeEncoder::new(64);
        let vector = encoder.encode_query(query).unwrap();
        let texts = ["It hums. No hands into it. No.", "Only one.", "Pumps. Into it!"];
        let shown = |encoder| {
            let words = QueryWords::unweighted(query);
            let choices = texts.iter().map(|text| (chosen(&words, "", text), *text)).collect();
            let (shown, encoded) = choose(choices, encoder);
            let shown: Vec<&str> =
                shown.into_iter().zip(texts).map(|((range, _), text)| &text[range]).collect();
            (shown, encoded)
        };
        let by_meaning = vec!["No hands into it.", "Only one.", "Into it!"];
        assert_eq!(shown(Some((&encoder as &dyn Encoder, vector.as_slice()))), (by_meaning, 5));
        assert_eq!(shown(None), (vec!["It hums.", "Only one.", "Pumps."], 0));
    }

    #[test]
    fn the_best_hits_have_their_sentences_encoded() {
        let (encoder, text) = (FakeEncoder::new(8), "One. Two. Three. Four. Five. Six.");
        let words = QueryWords::unweighted("six");
        let vector = encoder.encode_query("six").unwrap();
        let choices = (0..3).map(|_| (chosen(&words, "", text), text)).collect();
        let (shown, encoded) = choose(choices, Some((&encoder, &vector)));
        assert_eq!((shown.len(), encoded), (3, 0), "the words decide");
        let words = QueryWords::unweighted("seven");
        let choices = (0..3).map(|_| (chosen(&words, "", text), text)).collect();
        assert_eq!(choose(choices, Some((&encoder, &vector))).1, 8);
    }

    #[test]
    fn of_a_long_passage_the_sentences_with_most_of_the_query_are_encoded_else_the_first() {
        let mut text = "Nothing. ".repeat(40);
        text.push_str("A pump.");
        let choice = chosen(&words_of_three(), "", &text);
        let mut expected: Vec<usize> = (0..ENCODED - 1).collect();
        expected.push(40);
        assert_eq!(choice.undecided(ENCODED), expected);
        // .6 less of the query than another one is too far behind, .4 is not.
        let choice = chosen(&words_of_three(), "", "It hums. Of seals. Leaking pumps.");
        assert_eq!(choice.undecided(ENCODED), [1, 2]);
        let long = format!("{}end", "word ".repeat(100));
        assert_eq!(encoded(&long), "word ".repeat(24).trim_end());
        assert_eq!(encoded(&"é".repeat(200)), "é".repeat(60));
    }

    /// Of five passages all have "pump", one has "seal": with BM25's idf ln(1 + (N − n + ½) / (n + ½))
    /// these weigh ln(12/11) and, said twice, 2 · ln 4.
    #[test]
    fn words_weigh_by_the_index() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = LexicalWriter::create(folder.path()).unwrap();
        let metadata = Metadata::new();
        let bodies = ["A pump", "The pump", "Pumps", "One pump", "The pump has a seal"];
        for (id, body) in (0..).map(PassageId).zip(bodies) {
            let (title, headings, path) = ("", "", "");
            let (metadata, language, read_as) = (&metadata, None, None);
            writer
                .add(&LexicalPassage {
                    id,
                    title,
                    headings,
                    body,
                    path,
                    metadata,
                    language,
                    read_as,
                })
                .unwrap();
        }
        let state = writer.commit().unwrap();
        let index = LexicalIndex::open(folder.path(), &state).unwrap();
        let words = QueryWords::weighted("zebra pump seal, seal", &index).unwrap();
        let (pump, seal) = ((12.0f64 / 11.0).ln(), 2.0 * 4.0f64.ln());
        let expected = [0.0, pump / (pump + seal), seal / (pump + seal)];
        let near = |(a, b): (&f64, f64)| (a - b).abs() < 1e-6;
        assert!(words.shares.iter().zip(expected).all(near), "{:?}", words.shares);
        assert_eq!(words.rare, [false, false, true]);
    }
}
