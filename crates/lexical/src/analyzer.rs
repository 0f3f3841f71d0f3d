//! How text becomes terms: in passages and in queries alike.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use tantivy::tokenizer::{
    AsciiFoldingFilter, Language as TantivyLanguage, LowerCaser, Stemmer, StopWordFilter,
    TextAnalyzer, TextAnalyzerBuilder, Token, TokenizerManager,
};

use crate::Language;
use crate::language::Languages;
use crate::letters::Letters;
use crate::replay::Replay;
use crate::scripts::Script;
use crate::stemmer::{Stems, is_common, script, stop_words};
use crate::term::QueryTerm;
use crate::tokenizer::Tokens;
use crate::words::{Spelling, Words};

/// A query's further distinct terms are not looked at: this bounds the work of any query.
pub const MAX_QUERY_TERMS: usize = 1024;

/// How text becomes terms. An index is read with the analyzer that made it; a new one is made with
/// [`Analyzer::NEWEST`].
///
/// A passage is read by its own language, as [`Language::of`] tells it: words, their case and accents
/// folded, without the language's stop words and reduced to its stems. A query is read by each language of
/// the index, since a few words do not tell their language. The analyzers of older indexes read everything
/// as English.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Analyzer {
    version: Version,
    /// The languages that a query is read by.
    languages: Languages,
}

/// How the terms of an index were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    /// English words as they are written: text in decomposed form, in full width or with a soft hyphen
    /// is other text.
    EnglishV1,
    /// English words in Unicode's compatible composed form without characters that nobody sees.
    EnglishV2,
    /// Words of each passage's language.
    LanguagesV1,
}

/// How much is made of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Detail {
    /// Its words: what a query asks for.
    Words,
    /// The single letters of scripts without spaces, too: what a query is ranked by.
    Letters,
    /// The stems of words without their accents, too: what an index has of a passage.
    Everything,
}

/// A word of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// What the languages make of it, each text once.
    pub(crate) texts: Vec<String>,
    /// The languages in which it is a stop word.
    pub(crate) stop_in: Languages,
    /// Where it stands.
    pub(crate) range: Range<usize>,
}

impl Analyzer {
    /// The analyzer of new indexes, as it reads the query of one in English.
    pub const NEWEST: Self = Self::of(Version::LanguagesV1);

    const ALL: [Self; 3] = [
        Self::of(Version::EnglishV1),
        Self::of(Version::EnglishV2),
        Self::of(Version::LanguagesV1),
    ];

    const fn of(version: Version) -> Self {
        Self { version, languages: Languages::ENGLISH }
    }

    /// Returns the analyzer of that name, for a query in English; nothing if there is none.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|analyzer| analyzer.name() == name)
    }

    /// Returns the name by which a generation remembers its analyzer.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.version {
            Version::EnglishV1 => "english-v1",
            Version::EnglishV2 => "english-v2",
            Version::LanguagesV1 => "languages-v1",
        }
    }

    /// Returns the name of the analyzer of paths and metadata beside it: words with case and accents
    /// folded.
    pub(crate) fn plain_name(self) -> &'static str {
        match self.version {
            Version::EnglishV1 => "plain-v1",
            Version::EnglishV2 => "plain-v2",
            Version::LanguagesV1 => "plain-v3",
        }
    }

    /// Whether passages are read by their own languages.
    pub(crate) fn knows_languages(self) -> bool {
        self.version == Version::LanguagesV1
    }

    /// Returns the analyzer of an index whose passages are in these languages.
    pub(crate) fn for_languages(self, languages: impl IntoIterator<Item = Language>) -> Self {
        let languages: Languages = languages.into_iter().collect();
        if languages.is_empty() { self } else { Self { languages, ..self } }
    }

    /// Returns the distinct terms of a query in order of first occurrence, [`MAX_QUERY_TERMS`] at
    /// most.
    ///
    /// Any text will do: it is a plain bag of words. Empty if the query has no word but stop words.
    #[must_use]
    pub fn terms(self, query: &str) -> Vec<QueryTerm> {
        QueryTerm::of(self.words(query, Detail::Words))
    }

    /// Returns what a query is ranked by: its terms, and the single letters of scripts without spaces, so
    /// that a short query finds longer words.
    pub(crate) fn ranking_terms(self, query: &str) -> Vec<QueryTerm> {
        QueryTerm::of(self.words(query, Detail::Letters))
    }

    /// Returns the words of `text` that are one of `terms`, in order: the term's place among these, and
    /// the word's byte range. Ranges may overlap.
    ///
    /// A text that is sure to be in a language of the index is read by it, as it was there; another one by
    /// all of them.
    #[must_use]
    pub fn occurrences(self, terms: &[QueryTerm], text: &str) -> Vec<(usize, Range<usize>)> {
        let mut places: HashMap<&str, usize> = HashMap::new();
        for (place, term) in terms.iter().enumerate() {
            for text in &term.texts {
                places.entry(text).or_insert(place);
            }
        }
        let mut found = Vec::new();
        let mut readings = self.readings(text);
        if readings.len() > 1
            && let Some(own) = Language::surely_of(text)
            && let Some(reading) = readings.iter().position(|(_, languages)| languages.has(own))
        {
            readings = vec![readings[reading]];
        }
        for (language, _) in readings {
            for word in self.tokens(text, language, Detail::Everything) {
                if let Some(&place) = places.get(word.text.as_str()) {
                    found.push((place, word.offset_from..word.offset_to));
                }
            }
        }
        found.sort_unstable_by_key(|(place, range)| (range.start, range.end, *place));
        found.dedup();
        found
    }

    /// Returns the words of a query, each with what the languages make of it, in order.
    pub(crate) fn words(self, text: &str, detail: Detail) -> Vec<Word> {
        self.first_words(text, detail, usize::MAX)
    }

    /// Returns the first words of a query, of as many tokens as are wanted.
    pub(crate) fn first_words(self, text: &str, detail: Detail, tokens: usize) -> Vec<Word> {
        let readings = self.readings(text);
        if let [(language, languages)] = readings[..] {
            let stop_in = self.languages.without(languages);
            let word = |token: Token| Word {
                texts: vec![token.text],
                stop_in,
                range: token.offset_from..token.offset_to,
            };
            let tokens = self.first_tokens(text, language, detail, tokens).into_iter();
            let mut words: Vec<Word> = tokens.map(word).collect();
            words.sort_by_key(|word| (word.range.start, word.range.end));
            return words;
        }
        // Several words may be made of one place, as one half is 1 and 2.
        let mut words: BTreeMap<(usize, usize, usize), (Word, Languages)> = BTreeMap::new();
        for (language, languages) in readings {
            let mut before = (0..0, 0);
            for token in self.first_tokens(text, language, detail, tokens) {
                let range = token.offset_from..token.offset_to;
                let nth = if range == before.0 { before.1 + 1 } else { 0 };
                let (word, known_in) =
                    words.entry((range.start, range.end, nth)).or_insert_with(|| {
                        let word = Word {
                            texts: Vec::new(),
                            stop_in: Languages::NONE,
                            range: range.clone(),
                        };
                        (word, Languages::NONE)
                    });
                *known_in = known_in.union(languages);
                if !word.texts.contains(&token.text) {
                    word.texts.push(token.text);
                }
                before = (range, nth);
            }
        }
        let word = |(word, known_in): (Word, Languages)| Word {
            stop_in: self.languages.without(known_in),
            ..word
        };
        words.into_values().map(word).collect()
    }

    /// Returns the languages that may read a text differently, each with those that read it as it does.
    pub(crate) fn readings(self, text: &str) -> Vec<(Language, Languages)> {
        let mut readings: Vec<(Language, Languages)> = Vec::new();
        for language in self.languages.iter() {
            let is_in_text =
                |script: Script| text.chars().any(|c| c.is_alphabetic() && Script::of(c) == script);
            let is_common = is_common(language) || !is_in_text(script(language));
            let reading = if is_common { Language::ENGLISH } else { language };
            match readings.iter_mut().find(|(known, _)| *known == reading) {
                Some((_, languages)) => *languages = languages.with(language),
                None => readings.push((reading, Languages::NONE.with(language))),
            }
        }
        readings
    }

    /// Returns the tokens of a text that is read by a language, in order.
    pub(crate) fn tokens(self, text: &str, language: Language, detail: Detail) -> Vec<Token> {
        self.first_tokens(text, language, detail, usize::MAX)
    }

    /// Returns as many of the first tokens of a text as are wanted.
    pub(crate) fn first_tokens(
        self,
        text: &str,
        language: Language,
        detail: Detail,
        most: usize,
    ) -> Vec<Token> {
        let mut analyzer = match self.version {
            Version::EnglishV1 => english(Spelling::AsWritten),
            Version::EnglishV2 => english(Spelling::Folded),
            Version::LanguagesV1 => reader(language, detail),
        };
        let mut tokens = Vec::with_capacity((text.len() / 6).min(most));
        let mut stream = analyzer.token_stream(text);
        while tokens.len() < most && stream.advance() {
            tokens.push(stream.token().clone());
        }
        drop(stream);
        tokens
    }

    /// Returns the two analyzers by their names in the schema.
    pub(crate) fn tokenizers(self) -> TokenizerManager {
        let manager = TokenizerManager::default();
        let (words, plain) = match self.version {
            Version::EnglishV1 => {
                (english(Spelling::AsWritten), plain(Spelling::AsWritten).build())
            }
            Version::EnglishV2 => (english(Spelling::Folded), plain(Spelling::Folded).build()),
            Version::LanguagesV1 => {
                let plain = TextAnalyzer::builder(Tokens::of(Language::ENGLISH, false));
                let plain = plain.filter(Letters).filter(AsciiFoldingFilter).build();
                let read = reader(Language::ENGLISH, Detail::Words);
                (TextAnalyzer::builder(Replay::or(read)).build(), plain)
            }
        };
        manager.register(self.name(), words);
        manager.register(self.plain_name(), plain);
        manager
    }
}

/// Returns what reads everything as English.
fn english(spelling: Spelling) -> TextAnalyzer {
    let words = match StopWordFilter::new(TantivyLanguage::English) {
        Some(stop_words) => plain(spelling).filter_dynamic(stop_words),
        None => plain(spelling),
    };
    words.filter_dynamic(Stemmer::new(TantivyLanguage::English)).build()
}

fn plain(spelling: Spelling) -> TextAnalyzerBuilder {
    let words = TextAnalyzer::builder(Words::new(spelling)).dynamic();
    let words = match spelling {
        Spelling::AsWritten => words.filter_dynamic(LowerCaser),
        Spelling::Folded => words,
    };
    words.filter_dynamic(AsciiFoldingFilter)
}

/// Returns what reads text by a language. It is made once: the sets of stop words cost more than a query.
fn reader(language: Language, detail: Detail) -> TextAnalyzer {
    static MADE: Mutex<BTreeMap<(Language, Detail), TextAnalyzer>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    made.entry((language, detail)).or_insert_with(|| make_reader(language, detail)).clone()
}

fn make_reader(language: Language, detail: Detail) -> TextAnalyzer {
    let mut words =
        TextAnalyzer::builder(Tokens::of(language, detail >= Detail::Letters)).dynamic();
    for stop_words in stop_words(language).filter_map(StopWordFilter::new) {
        words = words.filter_dynamic(stop_words);
    }
    // Stemmers know a word by its accents.
    let stems = words.filter_dynamic(Stems::of(language, detail == Detail::Everything));
    stems.filter_dynamic(Letters).filter_dynamic(AsciiFoldingFilter).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stems_by(analyzer: Analyzer, text: &str) -> Vec<String> {
        analyzer.terms(text).into_iter().map(|term| term.texts.join("/")).collect()
    }

    fn stems(text: &str) -> Vec<String> {
        let [older, old, newest] = Analyzer::ALL.map(|analyzer| stems_by(analyzer, text));
        assert!(older == newest && old == newest, "they read English alike");
        newest
    }

    fn newest(codes: &[&str]) -> Analyzer {
        Analyzer::NEWEST.for_languages(codes.iter().filter_map(|code| Language::of_code(code)))
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
        let terms = Analyzer::NEWEST.terms("soups, salt; SOUP soup's");
        let counts: Vec<(&str, u32)> =
            terms.iter().map(|term| (term.texts[0].as_str(), term.count)).collect();
        assert_eq!(counts, [("soup", 3), ("salt", 1)]);
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
    fn all_but_the_oldest_take_one_word_for_another_spelling_of_it() {
        let same = [
            ("\u{439}\u{43e}\u{433}\u{430}", "\u{438}\u{306}\u{43e}\u{433}\u{430}"),
            ("information", "infor\u{ad}mation"),
            ("\u{30ac}", "\u{ff76}\u{ff9e}"),
        ];
        for (composed, other) in same {
            let same = Analyzer::ALL
                .map(|analyzer| stems_by(analyzer, composed) == stems_by(analyzer, other));
            assert_eq!(same, [false, true, true], "{other}");
        }
    }

    /// Stems from the vocabularies published with the Snowball stemmers.
    #[test]
    fn words_become_the_stems_of_their_language() {
        let stems = [
            ("deu", "aufeinanderschlügen kategorischen", "aufeinanderschlug kategor"),
            ("fra", "continuellement majestueusement", "continuel majestu"),
            ("spa", "chicharrones torneados", "chicharron torn"),
            ("ita", "abbandonata pronunciato", "abbandon pronunc"),
            ("por", "boataria quilométricas", "boat quilometr"),
            ("nld", "opglimpende opglimpt", "opglimp"),
            ("swe", "jaktkarlarne klosterbacken", "jaktkarl klosterback"),
            ("dan", "indtager underste", "indtag underst"),
            ("nob", "havnedistriktene opninga", "havnedistrikt opning"),
            ("rus", "важнейшие вагонами", "важн вагон"),
        ];
        for (code, words, expected) in stems {
            let got = stems_by(newest(&[code]), words);
            assert_eq!(got, expected.split(' ').collect::<Vec<_>>(), "{code}");
        }
    }

    #[test]
    fn words_of_another_script_become_stems_of_the_language_that_writes_most_in_it() {
        for code in ["jpn", "rus", "ara", "tha", "ell"] {
            assert_eq!(stems_by(newest(&[code]), "the Updates"), ["updat"], "{code}");
        }
        assert_eq!(stems_by(newest(&["jpn"]), "вагонами и"), ["вагон"]);
    }

    #[test]
    fn a_word_is_read_by_every_language_and_is_one_term() {
        let both = newest(&["eng", "deu"]);
        assert_eq!(stems_by(both, "houses Rosen"), ["hous", "rosen/ros"]);
        assert_eq!(stems_by(both, "the die"), ["the", "die"]);
        assert_eq!(stems_by(newest(&["deu"]), "die und"), [""; 0]);
        let the = &both.terms("the")[0];
        assert_eq!(the.stop_in, Languages::ENGLISH);
        // languages that read a text alike read it once
        assert_eq!(newest(&["eng", "rus", "jpn", "kor"]).readings("soups").len(), 1);
        assert_eq!(both.readings("汤 суп").len(), 1);
    }

    #[test]
    fn scripts_without_spaces_become_pairs_of_letters() {
        assert_eq!(stems_by(Analyzer::NEWEST, "洗衣机 水"), ["洗衣", "衣机", "水"]);
        assert_eq!(stems_by(Analyzer::NEWEST, "E-42가 ﾊﾞﾗ３"), ["e", "42", "가", "バラ", "3"]);
        assert_eq!(stems_by(Analyzer::NEWEST, "한글"), ["한글"]);
        assert_eq!(stems_by(Analyzer::NEWEST, "\u{1112}\u{1161}\u{11ab}글"), ["한글"]);
        // a letter and its marks are one
        assert_eq!(stems_by(Analyzer::NEWEST, "น้ำ"), ["น\u{e49}\u{e4d}า"]);
        let ranking: Vec<String> = (Analyzer::NEWEST.ranking_terms("洗衣机").into_iter())
            .map(|term| term.texts.join("/"))
            .collect();
        assert_eq!(ranking, ["洗", "洗衣", "衣", "衣机", "机"]);
    }

    #[test]
    fn what_stands_at_an_apostrophe_is_left_off() {
        assert_eq!(
            stems_by(newest(&["fra"]), "l'eau jusqu’à aujourd'hui"),
            ["eau", "aujourd", "hui"]
        );
        assert_eq!(stems_by(newest(&["ita"]), "dell'acqua"), ["acqua"]);
        assert_eq!(stems_by(newest(&["cat"]), "l'aigua"), ["aigu"]);
        assert_eq!(stems_by(newest(&["tur"]), "Ankara'nın"), ["ankar"]);
        assert_eq!(stems_by(newest(&["eng"]), "l'eau patient's"), ["l", "eau", "patient"]);
    }

    #[test]
    fn letters_that_people_write_for_one_another_are_one() {
        let same = [
            ("ara", "الملوخيه المجففه", "الملوخية المجففة"),
            ("ara", "اول", "أوّل"),
            ("ara", "مستشفي", "مستشفى"),
            ("ara", "مـــاء", "ماء"),
            ("ara", "٢٠٢٣", "2023"),
            ("pes", "كتاب", "کتاب"),
            ("pes", "علي", "علی"),
            ("heb", "שלום", "שָׁלוֹם"),
            ("deu", "Strasse", "Straße"),
            ("fra", "declarer", "déclarer"),
            ("rus", "елка", "ёлка"),
            ("ell", "λόγος", "ΛΟΓΟΣ"),
            ("hin", "२०२३", "2023"),
        ];
        for (code, a, b) in same {
            assert_eq!(stems_by(newest(&[code]), a), stems_by(newest(&[code]), b), "{a} {b}");
        }
    }

    #[test]
    fn analyzers_are_known_by_their_names() {
        for analyzer in Analyzer::ALL {
            assert_eq!(Analyzer::of_name(analyzer.name()), Some(analyzer));
        }
        assert_eq!(Analyzer::of_name("english-v3"), None);
        assert_eq!(Analyzer::of_name("english-v2").unwrap().name(), "english-v2");
    }
}
