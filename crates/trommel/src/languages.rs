//! Which languages texts are in, and which models know them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use trommel_models::{
    DEFAULT_ENCODER, DEFAULT_RERANKER, MULTILINGUAL_ENCODER, MULTILINGUAL_RERANKERS, spec,
};
use whatlang::Lang;

/// Of a text so many bytes are read to tell its language.
const READ_BYTES: usize = 1 << 10;

/// Less text than this, in bytes, decides nothing: of a few words the language is told wrong too often.
const ENOUGH_BYTES: usize = 200;

/// One byte or passage in so many has to be of other languages for them to count.
const SHARE: usize = 5;

/// How much text there is of which language, as far as the texts tell it.
///
/// ```
/// let mut sample = trommel::LanguageSample::default();
/// sample.add("The museum is closed on Mondays and on public holidays, as it has always been.");
/// assert_eq!(sample.encoder(), "bge-small-en-v1.5");
/// ```
#[derive(Debug, Clone, Default)]
pub struct LanguageSample {
    bytes: HashMap<Lang, usize>,
}

impl LanguageSample {
    /// Counts a text, of which only the beginning is read. One that leaves its language open, as a line
    /// of names and numbers does, is not counted.
    pub fn add(&mut self, text: &str) {
        let read = &text[..text.floor_char_boundary(READ_BYTES)];
        if let Some(found) = whatlang::detect(read).filter(whatlang::Info::is_reliable) {
            *self.bytes.entry(found.lang()).or_default() += read.len();
        }
    }

    /// Returns the encoder that suits these texts: the default one if they are in English.
    #[must_use]
    pub fn encoder(&self) -> &'static str {
        match self.foreign_to(DEFAULT_ENCODER).is_empty() {
            true => DEFAULT_ENCODER,
            false => MULTILINGUAL_ENCODER,
        }
    }

    /// Returns the English names of the languages that a model was not trained for, most text first;
    /// none if they make up less than a fifth of the text, or if nothing is known of the model.
    #[must_use]
    pub fn foreign_to(&self, model: &str) -> Vec<&'static str> {
        let known = spec(model).map_or(&[][..], |spec| spec.languages());
        if known.is_empty() {
            return Vec::new();
        }
        let is_known = |lang: Lang| code(lang).is_some_and(|code| known.contains(&code));
        let mut foreign: Vec<(Lang, usize)> = self.bytes.iter().map(|(it, n)| (*it, *n)).collect();
        let all: usize = foreign.iter().map(|(_, bytes)| bytes).sum();
        foreign.retain(|(lang, _)| !is_known(*lang));
        let bytes: usize = foreign.iter().map(|(_, bytes)| bytes).sum();
        if bytes < ENOUGH_BYTES || bytes * SHARE < all {
            return Vec::new();
        }
        // A language of which there is next to nothing may be told wrong.
        foreign.retain(|(_, of_it)| of_it * SHARE * 2 >= bytes);
        foreign.sort_by_key(|(lang, bytes)| (Reverse(*bytes), lang.code()));
        foreign.into_iter().map(|(lang, _)| lang.eng_name()).collect()
    }
}

/// Returns the reranker that suits a collection better than the default one, given how many of its
/// passages are in which language, by ISO 639-3 code, and which models there are.
///
/// Nothing if less than a fifth of the passages is in languages that the default one does not know, or
/// no reranker of the table that is there knows more of them.
#[must_use]
pub fn reranker_for(
    passages: &BTreeMap<String, u64>,
    is_there: impl Fn(&str) -> bool,
) -> Option<&'static str> {
    let unknown_to = |model: &str| -> u64 {
        let known = spec(model).map_or(&[][..], |spec| spec.languages());
        let is_known = |language: &str| short(language).is_some_and(|it| known.contains(&it));
        let unknown = passages.iter().filter(|(it, _)| !known.is_empty() && !is_known(it));
        unknown.map(|(_, passages)| passages).sum()
    };
    let unknown = unknown_to(DEFAULT_RERANKER);
    if unknown == 0 || unknown * (SHARE as u64) < passages.values().sum() {
        return None;
    }
    let there = MULTILINGUAL_RERANKERS.into_iter().filter(|id| is_there(id));
    there.min_by_key(|id| unknown_to(id)).filter(|id| unknown_to(id) < unknown)
}

/// Returns the ISO 639-1 code of a language.
fn code(lang: Lang) -> Option<&'static str> {
    short(lang.code())
}

/// Returns the ISO 639-1 code for one of ISO 639-3.
fn short(long: &str) -> Option<&'static str> {
    CODES.iter().find(|(code, _)| *code == long).map(|(_, code)| *code)
}

/// The languages that are told apart, as ISO 639-3 and as ISO 639-1 have them.
#[rustfmt::skip]
const CODES: [(&str, &str); 70] = [
    ("afr", "af"), ("aka", "ak"), ("amh", "am"), ("ara", "ar"), ("aze", "az"), ("bel", "be"),
    ("ben", "bn"), ("bul", "bg"), ("cat", "ca"), ("ces", "cs"), ("cmn", "zh"), ("cym", "cy"),
    ("dan", "da"), ("deu", "de"), ("ell", "el"), ("eng", "en"), ("epo", "eo"), ("est", "et"),
    ("fin", "fi"), ("fra", "fr"), ("guj", "gu"), ("heb", "he"), ("hin", "hi"), ("hrv", "hr"),
    ("hun", "hu"), ("hye", "hy"), ("ind", "id"), ("ita", "it"), ("jav", "jv"), ("jpn", "ja"),
    ("kan", "kn"), ("kat", "ka"), ("khm", "km"), ("kor", "ko"), ("lat", "la"), ("lav", "lv"),
    ("lit", "lt"), ("mal", "ml"), ("mar", "mr"), ("mkd", "mk"), ("mya", "my"), ("nep", "ne"),
    ("nld", "nl"), ("nob", "no"), ("ori", "or"), ("pan", "pa"), ("pes", "fa"), ("pol", "pl"),
    ("por", "pt"), ("ron", "ro"), ("rus", "ru"), ("sin", "si"), ("slk", "sk"), ("slv", "sl"),
    ("sna", "sn"), ("spa", "es"), ("srp", "sr"), ("swe", "sv"), ("tam", "ta"), ("tel", "te"),
    ("tgl", "tl"), ("tha", "th"), ("tuk", "tk"), ("tur", "tr"), ("ukr", "uk"), ("urd", "ur"),
    ("uzb", "uz"), ("vie", "vi"), ("yid", "yi"), ("zul", "zu"),
];

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str = "She planted tomatoes along the south wall, where the sun is strongest, and \
        carried water to them every evening until the first rain of the autumn came down.";
    const GERMAN: &str = "Das Museum ist montags und an Feiertagen geschlossen. Wer den Garten sehen \
        will, geht durch das kleine Tor an der Straße und fragt nach dem Schlüssel, der dort hängt.";
    const RUSSIAN: &str = "Музей закрыт по понедельникам и в праздничные дни, а сад открыт всегда. \
        Ключ от ворот висит у входа, и его можно взять на весь день.";

    fn sample(texts: &[&str]) -> LanguageSample {
        let mut sample = LanguageSample::default();
        texts.iter().for_each(|text| sample.add(text));
        sample
    }

    #[test]
    fn every_language_that_is_told_has_a_code() {
        for lang in Lang::all() {
            assert!(code(*lang).is_some(), "{}", lang.code());
        }
        assert_eq!(Lang::all().len(), CODES.len());
        assert!(CODES.is_sorted());
    }

    #[test]
    fn english_gets_the_default_encoder_and_others_the_one_of_many_languages() {
        assert_eq!(sample(&[ENGLISH; 3]).encoder(), DEFAULT_ENCODER);
        assert_eq!(sample(&[GERMAN, GERMAN]).encoder(), MULTILINGUAL_ENCODER);
        assert_eq!(sample(&[RUSSIAN, GERMAN, ENGLISH]).encoder(), MULTILINGUAL_ENCODER);
    }

    #[test]
    fn texts_that_tell_no_language_get_the_default_encoder() {
        assert_eq!(sample(&[]).encoder(), DEFAULT_ENCODER);
        assert_eq!(sample(&["1234 --", "PE-1307", "", "w3 w17 w28"]).encoder(), DEFAULT_ENCODER);
        // Hardly told wrong, and yet too little to decide for everything that comes later.
        assert_eq!(sample(&["Музей закрыт по понедельникам"]).encoder(), DEFAULT_ENCODER);
    }

    #[test]
    fn a_fifth_of_the_text_decides() {
        let mut texts = vec![ENGLISH; 20];
        texts.extend([GERMAN, GERMAN]);
        assert_eq!(sample(&texts).encoder(), DEFAULT_ENCODER, "a tenth");
        texts.extend([GERMAN; 4]);
        assert_eq!(sample(&texts).encoder(), MULTILINGUAL_ENCODER, "more than a fifth");
    }

    #[test]
    fn languages_are_named_by_how_much_text_they_have() {
        let both = sample(&[GERMAN, GERMAN, RUSSIAN, ENGLISH]);
        assert_eq!(both.foreign_to(DEFAULT_ENCODER), ["German", "Russian"]);
        assert!(both.foreign_to(MULTILINGUAL_ENCODER).is_empty());
        assert!(both.foreign_to("a-model-of-ones-own").is_empty(), "nothing is known of it");
        let zulu = "Bonke abantu bazalwa bekhululekile belingana ngesithunzi nangamalungelo. Bahlanganiswe \
            wumcabango nangunembeza futhi kufanele baphathane ngomoya wobunye. ";
        assert_eq!(sample(&[zulu, zulu]).foreign_to(MULTILINGUAL_ENCODER), ["Zulu"]);
    }

    #[test]
    fn a_reranker_of_many_languages_takes_over_where_it_is_there_and_knows_more() {
        let passages = |counts: &[(&str, u64)]| {
            counts.iter().map(|(code, count)| ((*code).to_owned(), *count)).collect()
        };
        let [mmarco, base, m3, _] = MULTILINGUAL_RERANKERS;
        let of = |counts: &[(&str, u64)], there: &[&str]| {
            reranker_for(&passages(counts), |id| there.contains(&id))
        };
        assert_eq!(of(&[("deu", 20), ("eng", 80)], &[mmarco]), Some(mmarco));
        assert_eq!(of(&[("deu", 19), ("eng", 81)], &[mmarco]), None, "less than a fifth");
        assert_eq!(of(&[("deu", 20), ("eng", 80)], &[]), None, "none is there");
        assert_eq!(of(&[("deu", 20), ("eng", 80)], &[base]), None, "which knows no German");
        assert_eq!(of(&[("cmn", 20), ("eng", 80)], &[m3, base]), Some(base), "the smallest");
        assert_eq!(of(&[("cmn", 1), ("tha", 1)], &[mmarco, base, m3]), Some(m3), "Thai, too");
        // What an older analyzer made says nothing of languages.
        assert_eq!(of(&[], &[mmarco]), None);
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        let mut sample = LanguageSample::default();
        sample.add(&"я".repeat(READ_BYTES));
        sample.add(&format!("x{}", "字".repeat(READ_BYTES)));
    }
}
