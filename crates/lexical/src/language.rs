//! The language of a text.

use std::cmp::Ordering;

use whatlang::Lang;

/// Of a long text so many bytes are read to tell its language.
const READ_BYTES: usize = 1 << 12;

/// A text of so many bytes is taken to be in the language that it tells, whatever is around it: of such
/// passages none in a thousand is told wrong (`docs/languages.md`).
const SURE_BYTES: usize = 200;

/// Words of English that no other language of the Latin script has, or hardly uses. Of the words of scifact's
/// abstracts 12 % are these, and nine in ten of the abstracts are told by them.
const ENGLISH_WORDS: [&str; 12] = [
    "the", "and", "that", "with", "are", "this", "from", "which", "were", "been", "their", "would",
];
/// A text is plainly English if it has so many words,
const LEAST_WORDS: usize = 30;
/// of which one in so many is one of those.
const ENGLISH_SHARE: usize = 12;

/// What BCP 47 calls a language, and its ISO 639-3 code; of a language with several, that of the one here.
const TAGS: [(&str, &str); 77] = [
    ("af", "afr"),
    ("ak", "aka"),
    ("am", "amh"),
    ("ar", "ara"),
    ("az", "aze"),
    ("be", "bel"),
    ("bg", "bul"),
    ("bn", "ben"),
    ("ca", "cat"),
    ("cs", "ces"),
    ("cy", "cym"),
    ("da", "dan"),
    ("de", "deu"),
    ("el", "ell"),
    ("en", "eng"),
    ("eo", "epo"),
    ("es", "spa"),
    ("et", "est"),
    ("fa", "pes"),
    ("fas", "pes"),
    ("fi", "fin"),
    ("fr", "fra"),
    ("gu", "guj"),
    ("he", "heb"),
    ("hi", "hin"),
    ("hr", "hrv"),
    ("hu", "hun"),
    ("hy", "hye"),
    ("id", "ind"),
    ("it", "ita"),
    ("iw", "heb"),
    ("ja", "jpn"),
    ("jv", "jav"),
    ("ka", "kat"),
    ("km", "khm"),
    ("kn", "kan"),
    ("ko", "kor"),
    ("la", "lat"),
    ("lt", "lit"),
    ("lv", "lav"),
    ("mk", "mkd"),
    ("ml", "mal"),
    ("mr", "mar"),
    ("my", "mya"),
    ("nb", "nob"),
    ("ne", "nep"),
    ("nl", "nld"),
    ("nn", "nob"),
    ("nno", "nob"),
    ("no", "nob"),
    ("nor", "nob"),
    ("or", "ori"),
    ("pa", "pan"),
    ("pl", "pol"),
    ("pt", "por"),
    ("ro", "ron"),
    ("ru", "rus"),
    ("si", "sin"),
    ("sk", "slk"),
    ("sl", "slv"),
    ("sn", "sna"),
    ("sr", "srp"),
    ("sv", "swe"),
    ("ta", "tam"),
    ("te", "tel"),
    ("th", "tha"),
    ("tk", "tuk"),
    ("tl", "tgl"),
    ("tr", "tur"),
    ("uk", "ukr"),
    ("ur", "urd"),
    ("uz", "uzb"),
    ("vi", "vie"),
    ("yi", "yid"),
    ("zh", "cmn"),
    ("zho", "cmn"),
    ("zu", "zul"),
];

/// A language, as ISO 639-3 has them; ordered by code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Language(Lang);

impl Language {
    /// English.
    pub const ENGLISH: Self = Self(Lang::Eng);

    /// Returns the language of a text by its script and its trigrams; nothing where these leave it open,
    /// as of a line of names and numbers.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        Guess::of(text)
            .filter(|guess| guess.certainty >= Certainty::Likely)
            .map(|guess| guess.language)
    }

    /// Returns the language of a text that is long enough to be sure.
    #[must_use]
    pub fn surely_of(text: &str) -> Option<Self> {
        Guess::of(text)
            .filter(|guess| guess.certainty == Certainty::Sure)
            .map(|guess| guess.language)
    }

    /// Returns the language of an ISO 639-3 code, such as `deu`; nothing if it is not known here.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Lang::from_code(code).map(Self)
    }

    /// Returns the language of a BCP 47 tag, such as `de` or `pt-BR`, of an ISO 639-3 code or of an English
    /// name; nothing if it is not known here.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let code = tag.trim().split(['-', '_']).next()?.to_ascii_lowercase();
        let long = TAGS.iter().find(|(short, _)| *short == code);
        let named = |lang: &&Lang| lang.eng_name().eq_ignore_ascii_case(tag.trim());
        Self::of_code(long.map_or(&code, |(_, long)| long))
            .or_else(|| Lang::all().iter().find(named).copied().map(Self))
    }

    /// Returns the language's ISO 639-3 code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Returns the language's English name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.eng_name()
    }

    pub(crate) fn lang(self) -> Lang {
        self.0
    }
}

/// The language that a text may be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Guess {
    pub(crate) language: Language,
    pub(crate) certainty: Certainty,
}

/// How certain it is which language a text is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Certainty {
    /// Others are nearly as likely.
    Open,
    /// The text is hardly in another.
    Likely,
    /// The text is long, too.
    Sure,
}

impl Guess {
    /// Returns the likeliest language of a text; nothing if it has no letters.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let read = &text[..text.floor_char_boundary(READ_BYTES)];
        if text.len() >= SURE_BYTES && is_plainly_english(read) {
            return Some(Self { language: Language::ENGLISH, certainty: Certainty::Sure });
        }
        let found = whatlang::detect(read)?;
        let certainty = match (found.is_reliable(), text.len() >= SURE_BYTES) {
            (false, _) => Certainty::Open,
            (true, false) => Certainty::Likely,
            (true, true) => Certainty::Sure,
        };
        Some(Self { language: Language(found.lang()), certainty })
    }
}

/// Says whether the words of a text leave no doubt that it is English. Many texts are, and comparing trigrams
/// with those of all languages takes more than a fifth of the time that indexing their words takes.
fn is_plainly_english(text: &str) -> bool {
    let (mut words, mut english) = (0, 0);
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        words += 1;
        let is_english = |known: &&str| known.eq_ignore_ascii_case(word);
        english += usize::from(word.len() <= 5 && ENGLISH_WORDS.iter().any(is_english));
    }
    words >= LEAST_WORDS && english * ENGLISH_SHARE >= words
}

impl Ord for Language {
    fn cmp(&self, other: &Self) -> Ordering {
        self.code().cmp(other.code())
    }
}

impl PartialOrd for Language {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A set of languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Languages(u128);

impl Languages {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const ENGLISH: Self = Self::NONE.with(Language::ENGLISH);

    pub(crate) const fn with(self, Language(lang): Language) -> Self {
        Self(self.0 | 1 << lang as u8)
    }

    pub(crate) const fn has(self, Language(lang): Language) -> bool {
        self.0 >> lang as u8 & 1 == 1
    }

    pub(crate) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Language> {
        Lang::all().iter().copied().map(Language).filter(move |language| self.has(*language))
    }
}

impl FromIterator<Language> for Languages {
    fn from_iter<T: IntoIterator<Item = Language>>(languages: T) -> Self {
        languages.into_iter().fold(Self::NONE, Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first article of the Universal Declaration of Human Rights.
    #[test]
    fn a_sentence_tells_its_language() {
        let articles = [
            ("eng", "All human beings are born free and equal in dignity and rights."),
            ("deu", "Alle Menschen sind frei und gleich an Würde und Rechten geboren."),
            ("fra", "Tous les êtres humains naissent libres et égaux en dignité et en droits."),
            ("rus", "Все люди рождаются свободными и равными в своем достоинстве и правах."),
            ("ara", "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق."),
            ("jpn", "すべての人間は、生まれながらにして自由であり、"),
            ("cmn", "人人生而自由,在尊严和权利上一律平等。"),
            ("kor", "모든 인간은 태어날 때부터 자유로우며"),
            ("tha", "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกัน"),
        ];
        for (code, article) in articles {
            assert_eq!(Language::of(article), Language::of_code(code), "{article}");
            assert_eq!(Language::of(article).unwrap().code(), code);
        }
    }

    #[test]
    fn only_english_prose_is_plainly_english() {
        let english = "The ferry that leaves from the old harbour at nine is the last one which takes cars, and \
            those who miss it have to wait with their families until the tide turns and the road is dry.";
        assert!(is_plainly_english(english));
        let others = [
            "De boot die om negen uur uit de oude haven vertrekt is de laatste die auto's meeneemt, en wie hem \
             mist moet met zijn familie wachten tot het tij keert en de weg weer droog is geworden.",
            "Færgen, der går fra den gamle havn klokken ni, er den sidste, som tager biler med, og de, der ikke \
             når den, må vente med deres familier, til tidevandet vender, og vejen er tør.",
            "Die Fähre, die um neun aus dem alten Hafen ausläuft, ist die letzte, die Autos mitnimmt, and the \
             rest müssen mit ihren Familien warten, bis die Ebbe kommt und die Straße wieder trocken ist.",
            "le the and that with are this from which were been their would",
            "",
        ];
        for text in others {
            assert!(!is_plainly_english(text), "{text}");
        }
        let code = "let x = and(this, that); ".repeat(3);
        assert!(!is_plainly_english(&code), "too short to say");
    }

    #[test]
    fn what_tells_no_language_has_none() {
        for text in ["", "1234 --", "E-4012", "w3 w17 w28", "cascade directional filter"] {
            assert_eq!(Language::of(text), None, "{text}");
        }
    }

    #[test]
    fn a_tag_says_its_language() {
        let tags = [
            ("de", "deu"),
            ("de-AT", "deu"),
            ("pt_BR", "por"),
            ("ZH-Hans-CN", "cmn"),
            ("deu", "deu"),
            ("no", "nob"),
            ("fa", "pes"),
            (" German ", "deu"),
            ("zu", "zul"),
        ];
        for (tag, code) in tags {
            assert_eq!(Language::of_tag(tag), Language::of_code(code), "{tag}");
            assert_eq!(Language::of_tag(tag).unwrap().code(), code);
        }
        for tag in ["", "-", "xx", "x-klingon", "\u{0}", "d", "🙂", "german-ish"] {
            assert_eq!(Language::of_tag(tag), None, "{tag}");
        }
        assert!(TAGS.iter().all(|(_, code)| Language::of_code(code).is_some()));
    }

    #[test]
    fn a_set_has_what_was_put_into_it() {
        let all: Languages = Lang::all().iter().map(|lang| Language(*lang)).collect();
        assert_eq!(all.iter().count(), Lang::all().len());
        let german = Language::of_code("deu").unwrap();
        let two = Languages::ENGLISH.with(german);
        assert!(two.has(german) && !Languages::ENGLISH.has(german));
        assert_eq!(two.without(Languages::ENGLISH).iter().collect::<Vec<_>>(), [german]);
        assert_eq!(Language::of_code("xxx"), None);
    }
}
