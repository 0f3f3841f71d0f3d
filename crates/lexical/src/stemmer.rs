//! Stems by language: Snowball's.

use std::borrow::Cow;
use std::collections::HashMap;

use frostem::{Algorithm, Stemmer};
use tantivy::tokenizer::{Language as TantivyLanguage, Token, TokenFilter, TokenStream, Tokenizer};
use whatlang::Lang;

use crate::Language;
use crate::fold::fold_letters;
use crate::scripts::Script;

/// Of how many words of a text the stems are remembered.
const MOST_KNOWN: usize = 4096;

/// Reduces words to the stems of a language, and words of other scripts to those of the language that
/// writes most in it: a Japanese text has English words, too.
#[derive(Clone, Copy)]
pub(crate) struct Stems {
    script: Script,
    stemmer: Option<Stemmer>,
    bare: bool,
}

impl Stems {
    /// Returns the stems of a language. With `bare` the stem of a word without its accents stands beside it
    /// where that is another one: stemmers know words by their accents, and people leave them out.
    pub(crate) fn of(language: Language, bare: bool) -> Self {
        let stemmer = algorithm(language.lang()).map(Stemmer::new);
        Self { script: script(language), stemmer, bare }
    }

    fn stemmer(&self, word: &str) -> Option<Stemmer> {
        let script = Script::of(word.chars().next()?);
        if script == self.script { self.stemmer } else { common(script).map(Stemmer::new) }
    }
}

/// Returns an Arabic word with one letter for each of those that people write for one another, and teh
/// marbuta at its end for heh, which is mostly meant by it: the stemmer knows the word by it.
fn arabic(word: &str) -> String {
    let mut spelt = folded(word);
    if spelt.ends_with('\u{647}') {
        spelt.pop();
        spelt.push('\u{629}');
    }
    spelt
}

fn folded(word: &str) -> String {
    let mut folded = String::new();
    fold_letters(word, &mut folded);
    folded
}

/// Returns the script of a language's words.
pub(crate) fn script(language: Language) -> Script {
    match language.lang() {
        Lang::Ell => Script::Greek,
        Lang::Rus | Lang::Ukr | Lang::Srp | Lang::Bel | Lang::Bul | Lang::Mkd => Script::Cyrillic,
        Lang::Hye => Script::Armenian,
        Lang::Heb | Lang::Yid => Script::Hebrew,
        Lang::Ara | Lang::Pes | Lang::Urd => Script::Arabic,
        Lang::Hin | Lang::Mar | Lang::Nep => Script::Devanagari,
        Lang::Tam => Script::Tamil,
        Lang::Cmn | Lang::Jpn | Lang::Kor | Lang::Tha | Lang::Mya | Lang::Khm => Script::Other,
        Lang::Ben | Lang::Kat | Lang::Amh | Lang::Kan | Lang::Guj | Lang::Pan => Script::Other,
        Lang::Tel | Lang::Mal | Lang::Ori | Lang::Sin => Script::Other,
        _ => Script::Latin,
    }
}

/// Returns the stemmer of words whose script is not that of the text around them.
fn common(script: Script) -> Option<Algorithm> {
    match script {
        Script::Latin => Some(Algorithm::English),
        Script::Greek => Some(Algorithm::Greek),
        Script::Cyrillic => Some(Algorithm::Russian),
        Script::Armenian => Some(Algorithm::Armenian),
        Script::Arabic => Some(Algorithm::Arabic),
        Script::Devanagari => Some(Algorithm::Hindi),
        Script::Tamil => Some(Algorithm::Tamil),
        Script::Hebrew | Script::Other => None,
    }
}

fn algorithm(lang: Lang) -> Option<Algorithm> {
    Some(match lang {
        Lang::Ara => Algorithm::Arabic,
        Lang::Cat => Algorithm::Catalan,
        Lang::Ces => Algorithm::Czech,
        Lang::Dan => Algorithm::Danish,
        Lang::Deu => Algorithm::German,
        Lang::Ell => Algorithm::Greek,
        Lang::Eng => Algorithm::English,
        Lang::Epo => Algorithm::Esperanto,
        Lang::Est => Algorithm::Estonian,
        Lang::Fin => Algorithm::Finnish,
        Lang::Fra => Algorithm::French,
        Lang::Hin => Algorithm::Hindi,
        Lang::Hun => Algorithm::Hungarian,
        Lang::Hye => Algorithm::Armenian,
        Lang::Ind => Algorithm::Indonesian,
        Lang::Ita => Algorithm::Italian,
        Lang::Lit => Algorithm::Lithuanian,
        Lang::Nep => Algorithm::Nepali,
        Lang::Nld => Algorithm::Dutch,
        Lang::Nob => Algorithm::Norwegian,
        Lang::Pes => Algorithm::Persian,
        Lang::Pol => Algorithm::Polish,
        Lang::Por => Algorithm::Portuguese,
        Lang::Ron => Algorithm::Romanian,
        Lang::Rus => Algorithm::Russian,
        Lang::Spa => Algorithm::Spanish,
        Lang::Srp => Algorithm::Serbian,
        Lang::Swe => Algorithm::Swedish,
        Lang::Tam => Algorithm::Tamil,
        Lang::Tur => Algorithm::Turkish,
        Lang::Yid => Algorithm::Yiddish,
        _ => return None,
    })
}

/// Whether a language reads every text as English does: by it words of its script are stemmed in any text,
/// or they have no stems.
pub(crate) fn is_common(language: Language) -> bool {
    algorithm(language.lang()) == common(script(language))
}

/// Returns the languages whose stop words are left out of a text: its own, and for words of the other
/// script that is common English or Russian.
pub(crate) fn stop_words(language: Language) -> impl Iterator<Item = TantivyLanguage> {
    let own = match language.lang() {
        Lang::Dan => Some(TantivyLanguage::Danish),
        Lang::Deu => Some(TantivyLanguage::German),
        Lang::Eng => Some(TantivyLanguage::English),
        Lang::Fin => Some(TantivyLanguage::Finnish),
        Lang::Fra => Some(TantivyLanguage::French),
        Lang::Hun => Some(TantivyLanguage::Hungarian),
        Lang::Ita => Some(TantivyLanguage::Italian),
        Lang::Nld => Some(TantivyLanguage::Dutch),
        Lang::Nob => Some(TantivyLanguage::Norwegian),
        Lang::Por => Some(TantivyLanguage::Portuguese),
        Lang::Rus => Some(TantivyLanguage::Russian),
        Lang::Spa => Some(TantivyLanguage::Spanish),
        Lang::Swe => Some(TantivyLanguage::Swedish),
        _ => None,
    };
    let english = (script(language) != Script::Latin).then_some(TantivyLanguage::English);
    let russian = (script(language) != Script::Cyrillic).then_some(TantivyLanguage::Russian);
    own.into_iter().chain(english).chain(russian)
}

impl TokenFilter for Stems {
    type Tokenizer<T: Tokenizer> = StemTokenizer<T>;

    fn transform<T: Tokenizer>(self, tokenizer: T) -> StemTokenizer<T> {
        StemTokenizer { stems: self, inner: tokenizer }
    }
}

#[derive(Clone)]
pub(crate) struct StemTokenizer<T> {
    stems: Stems,
    inner: T,
}

impl<T: Tokenizer> Tokenizer for StemTokenizer<T> {
    type TokenStream<'a> = StemStream<T::TokenStream<'a>>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Self::TokenStream<'a> {
        StemStream {
            stems: self.stems,
            inner: self.inner.token_stream(text),
            bare: None,
            known: HashMap::new(),
        }
    }
}

pub(crate) struct StemStream<T> {
    stems: Stems,
    inner: T,
    /// What stands beside the token.
    bare: Option<String>,
    /// The stems of words that the text had before: texts repeat their words.
    known: HashMap<String, String>,
}

impl<T: TokenStream> TokenStream for StemStream<T> {
    fn advance(&mut self) -> bool {
        if let Some(bare) = self.bare.take() {
            self.inner.token_mut().text = bare;
            return true;
        }
        if !self.inner.advance() {
            return false;
        }
        let word = &mut self.inner.token_mut().text;
        if let Some(stem) = self.known.get(word.as_str()) {
            word.clone_from(stem);
            return true;
        }
        let Some(stemmer) = self.stems.stemmer(word) else { return true };
        // Such a word has nothing beside it.
        let kept = (word.is_ascii() && self.known.len() < MOST_KNOWN).then(|| word.clone());
        if stemmer.algorithm() == Algorithm::Arabic {
            *word = arabic(word);
        } else if self.stems.bare && !word.is_ascii() {
            let bare = stemmer.stem(&folded(word)).into_owned();
            self.bare = (bare != folded(&stemmer.stem(word))).then_some(bare);
        }
        match stemmer.stem(word) {
            Cow::Borrowed(stem) if stem == word => {}
            stem => *word = stem.into_owned(),
        }
        if let Some(kept) = kept {
            self.known.insert(kept, word.clone());
        }
        true
    }

    fn token(&self) -> &Token {
        self.inner.token()
    }

    fn token_mut(&mut self) -> &mut Token {
        self.inner.token_mut()
    }
}
