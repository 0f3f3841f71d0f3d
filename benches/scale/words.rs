//! The words of a made-up language, as frequent as those of a real one.

/// The exponent and the shift of Zipf's law as Mandelbrot has it (*An Informational Theory of the
/// Statistical Structure of Language*, 1953): the word of rank `r` is as frequent as `(SHIFT + r)^-EXPONENT`.
const EXPONENT: f64 = 1.05;
const SHIFT: f64 = 2.7;

/// The words that every text has: real ones, so that an analyzer knows stop words and language.
const COMMON: &str = "the of and to in a is that for it as was with be by on not he this are or his from \
     at which but have an had they you were their one all we can her has there been if more when will \
     would who so no she other its may these what them than some him time into only could new then do \
     any my now such like our over man me even most made after also did many before must through back \
     years where much your way well down should because each just those people how too little state \
     good very make world still own see men work long get here between both life being under never day \
     same another know while last might us great old year off come since against go came right used";

/// Rare words are made of syllables, which look English enough for what tells languages.
const SYLLABLES: usize = ONSETS.len() * VOWELS.len();
const ONSETS: [&str; 20] = [
    "b", "c", "d", "f", "g", "h", "l", "m", "n", "p", "r", "s", "t", "v", "w", "th", "st", "tr",
    "ch", "sh",
];
const VOWELS: [&str; 4] = ["a", "e", "i", "o"];

/// All words by their rank, from 0.
pub(crate) struct Words {
    common: Vec<&'static str>,
}

impl Words {
    pub(crate) fn new() -> Self {
        Self { common: COMMON.split_whitespace().collect() }
    }

    /// Returns how many words every text has.
    pub(crate) fn common(&self) -> f64 {
        self.common.len() as f64
    }

    /// Writes a word behind `text`. Rare words are longer than frequent ones, from four letters on.
    pub(crate) fn write(&self, rank: usize, text: &mut String) {
        if let Some(word) = self.common.get(rank) {
            text.push_str(word);
            return;
        }
        let (mut rest, mut syllables, mut as_long) =
            (rank - self.common.len(), 2, SYLLABLES.pow(2));
        while rest >= as_long {
            rest -= as_long;
            as_long *= SYLLABLES;
            syllables += 1;
        }
        for _ in 0..syllables {
            let syllable = rest % SYLLABLES;
            text.push_str(ONSETS[syllable / VOWELS.len()]);
            text.push_str(VOWELS[syllable % VOWELS.len()]);
            rest /= SYLLABLES;
        }
    }
}

/// How frequent the words of some ranks are among each other.
#[derive(Clone, Copy)]
pub(crate) struct Law {
    /// The integral of the law at both ends, but for a factor.
    first: f64,
    last: f64,
}

impl Law {
    /// Returns the law of the words from one rank to before another.
    pub(crate) fn between(first: f64, end: f64) -> Self {
        let integral = |rank: f64| (SHIFT + rank).powf(1.0 - EXPONENT);
        Self { first: integral(first), last: integral(end) }
    }

    /// Returns the rank below which a share of all words lies, in [0, 1): that of a word drawn at random
    /// if the share is.
    pub(crate) fn rank(self, share: f64) -> usize {
        let at = self.first + share * (self.last - self.first);
        (at.powf(1.0 / (1.0 - EXPONENT)) - SHIFT).max(0.0) as usize
    }
}

/// Returns how many words a text of so many has, each counted once (Heaps, *Information Retrieval*, 1978).
/// The constants give MS MARCO's 2.7 M of 352 M, and 75,000 of 0.9 M.
pub(crate) fn vocabulary(words: f64) -> f64 {
    20.0 * words.powf(0.6)
}
