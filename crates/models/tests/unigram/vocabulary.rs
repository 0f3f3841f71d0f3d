//! A vocabulary of our own over forty scripts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use trommel_models::Vocabulary;
use unicode_normalization_alignments::UnicodeNormalization;

use crate::words::{Dice, SCRIPTS, characters, words};

/// Pieces of several characters.
const PIECES: usize = 30_000;

/// Returns what compatibility normalisation makes of each single character.
fn nfkc() -> BTreeMap<char, String> {
    let becomes = |c: char| {
        let text: String = c.to_string().nfkc().map(|(c, _)| c).collect();
        (text != c.to_string()).then_some((c, text))
    };
    // Of the other planes only that of variants has any.
    ('\0'..'\u{30000}').filter_map(becomes).collect()
}

/// Returns the vocabulary of forty scripts.
pub(crate) fn vocabulary() -> &'static Vocabulary {
    static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(make);
    &VOCABULARY
}

/// Returns pieces for most characters of the scripts and for parts of their words.
///
/// Scores are quarters, so that many ways through a word are equally good, and every seventh
/// character is in no piece.
fn make() -> Vocabulary {
    let mut dice = Dice(7);
    let mut seen: BTreeSet<String> =
        ["<s>", "<pad>", "</s>", "<unk>", "▁"].map(str::to_owned).into();
    let mut pieces: Vec<(String, f32)> =
        ["<s>", "<pad>", "</s>", "<unk>"].map(|name| (name.to_owned(), 0.0)).into();
    pieces.push(("▁".to_owned(), -3.5));
    let mut add = |piece: String, score: f32| {
        if seen.insert(piece.clone()) {
            pieces.push((piece, score));
        }
    };
    let score = |dice: &mut Dice, least: usize| -0.25 * (least + dice.below(40)) as f32;
    for c in SCRIPTS.iter().flat_map(|script| characters(script)) {
        let known = u32::from(c) % 7 != 0 && !(0x3500..0xac00).contains(&u32::from(c));
        if known && u32::from(c) < 0x20000 {
            add(c.to_string(), score(&mut dice, 30));
        }
    }
    for word in words(PIECES, 11) {
        let chars: Vec<char> = format!("▁{word}").nfkc().map(|(c, _)| c).collect();
        let start = dice.below(chars.len().min(3));
        let end = (start + 1 + dice.below(5)).min(chars.len());
        let piece: String = chars[start..end].iter().collect();
        if !piece.contains(char::is_whitespace) {
            add(piece, score(&mut dice, 20));
        }
    }
    Vocabulary { pieces, unk: 3, bos: 0, eos: 2, control: vec![1], replacements: nfkc() }
}
