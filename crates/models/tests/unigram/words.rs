//! Words of forty scripts, the same at every run.

use unicode_normalization_alignments::char::{canonical_combining_class, decompose_compatible};

/// Where the letters of a script lie.
type Script = &'static [(u32, u32)];

/// Forty scripts by their blocks in Unicode; the last are in no published vocabulary of ours.
pub(crate) const SCRIPTS: [Script; 40] = [
    &[(0x61, 0x7a), (0x41, 0x5a)],                           // Latin
    &[(0xc0, 0x17f)],                                        // Latin with marks
    &[(0x61, 0x7a), (0x1ea0, 0x1ef9)],                       // Vietnamese
    &[(0x370, 0x3ff)],                                       // Greek
    &[(0x1f00, 0x1fff)],                                     // Greek, polytonic
    &[(0x410, 0x44f)],                                       // Russian
    &[(0x400, 0x52f)],                                       // Cyrillic
    &[(0x531, 0x587)],                                       // Armenian
    &[(0x5d0, 0x5ea)],                                       // Hebrew
    &[(0x620, 0x64a), (0x671, 0x6d3)],                       // Arabic
    &[(0xfb50, 0xfdfb), (0xfe70, 0xfefc)],                   // Arabic, presentation forms
    &[(0x710, 0x72f)],                                       // Syriac
    &[(0x780, 0x7a5)],                                       // Thaana
    &[(0x904, 0x939), (0x93e, 0x94c)],                       // Devanagari
    &[(0x985, 0x9b9), (0x9be, 0x9cc)],                       // Bengali
    &[(0xa05, 0xa39), (0xa3e, 0xa4c)],                       // Gurmukhi
    &[(0xa85, 0xab9), (0xabe, 0xacc)],                       // Gujarati
    &[(0xb05, 0xb39), (0xb3e, 0xb4c)],                       // Oriya
    &[(0xb85, 0xbb9), (0xbbe, 0xbcc)],                       // Tamil
    &[(0xc05, 0xc39), (0xc3e, 0xc4c)],                       // Telugu
    &[(0xc85, 0xcb9), (0xcbe, 0xccc)],                       // Kannada
    &[(0xd05, 0xd39), (0xd3e, 0xd4c)],                       // Malayalam
    &[(0xd85, 0xdc6), (0xdcf, 0xddf)],                       // Sinhala
    &[(0xe01, 0xe30), (0xe40, 0xe46)],                       // Thai
    &[(0xe81, 0xeb0), (0xec0, 0xec6)],                       // Lao
    &[(0xf40, 0xf6c)],                                       // Tibetan
    &[(0x1000, 0x102a)],                                     // Myanmar
    &[(0x10d0, 0x10ff)],                                     // Georgian
    &[(0x1100, 0x1112), (0x1161, 0x1175), (0x11a8, 0x11c2)], // Hangul, decomposed
    &[(0xac00, 0xd7a3)],                                     // Hangul
    &[(0x1200, 0x135a)],                                     // Ethiopic
    &[(0x1780, 0x17b3)],                                     // Khmer
    &[(0x3041, 0x3096), (0x30a1, 0x30fa)],                   // kana
    &[(0xff10, 0xff5a), (0xff66, 0xff9d)],                   // full and half width
    &[(0x4e00, 0x9fa5)],                                     // Han
    &[(0x20000, 0x2a6d6)],                                   // Han, the rare ones
    &[(0x13a0, 0x13f4)],                                     // Cherokee
    &[(0x1d400, 0x1d7ff), (0x2460, 0x24ff)], // letters of mathematics and in circles
    &[(0x12000, 0x12399)],                   // cuneiform
    &[(0x1f300, 0x1f64f), (0x2600, 0x26ff)], // pictures
];

/// What stands between and around letters.
const SIGNS: [&str; 20] = [
    "-", "'", "’", ".", ",", "!", "?", "(", ")", "…", "«", "»", "、", "。", "1", "42", "½", "€",
    "\u{200d}", "%",
];

/// Marks that compose with letters of several scripts.
const MARKS: [char; 8] =
    ['\u{301}', '\u{308}', '\u{302}', '\u{30a}', '\u{3099}', '\u{309a}', '\u{93c}', '\u{653}'];

/// A linear congruential generator with Knuth's constants.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

/// Returns the characters of a script, marks that canonical order may move left out: the library
/// puts them in order, which SentencePiece does not.
pub(crate) fn characters(script: Script) -> Vec<char> {
    let assigned = |c: &char| c.is_alphanumeric() || matches!(u32::from(*c), 0x2460..);
    script
        .iter()
        .flat_map(|(first, last)| *first..=*last)
        .filter_map(char::from_u32)
        .filter(|c| assigned(c) && canonical_combining_class(*c) == 0)
        .collect()
}

/// Returns so many words, the scripts by turns, and every fourth word mixed with signs, marks or
/// another script.
pub(crate) fn words(count: usize, seed: u64) -> Vec<String> {
    let scripts: Vec<Vec<char>> = SCRIPTS.iter().map(|script| characters(script)).collect();
    let mut dice = Dice(seed);
    (0..count).map(|number| word(&scripts, number, &mut dice)).collect()
}

fn word(scripts: &[Vec<char>], number: usize, dice: &mut Dice) -> String {
    let own = &scripts[number % scripts.len()];
    let is_mixed = dice.below(4) == 0;
    let mut word = String::new();
    for _ in 0..1 + dice.below(12) {
        if is_mixed && dice.below(4) == 0 {
            match dice.below(3) {
                0 => word.push_str(dice.one(&SIGNS)),
                1 => {
                    let other = dice.below(scripts.len());
                    word.push(dice.one(&scripts[other]));
                }
                // Between letters that bring no marks of their own.
                _ => {
                    let letter = dice.one(own);
                    let mark = (!brings_marks(letter)).then(|| dice.one(&MARKS));
                    word.push(letter);
                    word.extend(mark);
                    word.push('x');
                }
            }
        } else {
            word.push(dice.one(own));
        }
    }
    word
}

/// Returns whether a character becomes one with a mark behind it.
fn brings_marks(c: char) -> bool {
    let mut brings = false;
    decompose_compatible(c, |part| brings |= canonical_combining_class(part) != 0);
    brings
}
