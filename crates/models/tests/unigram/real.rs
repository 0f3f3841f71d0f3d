//! The vocabulary that people will use, over words of forty scripts.

use tokenizers::Tokenizer;
use trommel_models::{InstalledModel, Unigram, Vocabulary};
use unicode_normalization_alignments::UnicodeNormalization;
use unicode_normalization_alignments::char::{canonical_combining_class, decompose_canonical};

use crate::library::library;
use crate::words::{Dice, words};

fn model() -> Option<InstalledModel> {
    trommel_testkit::in_store("multilingual-e5-small")
}

/// Ours, and the library's on texts that are normalised before.
struct Real {
    ours: Unigram,
    library: Tokenizer,
    vocabulary: Vocabulary,
}

impl Real {
    fn new() -> Option<Self> {
        let model = model()?;
        let (ours, vocabulary) = (model.unigram().unwrap(), model.vocabulary().unwrap());
        Some(Self { ours, library: library(&vocabulary), vocabulary })
    }

    /// Replaces character by character, then composes.
    fn normalised(&self, text: &str) -> String {
        let mut replaced = String::new();
        for c in text.chars() {
            match self.vocabulary.replacements.get(&c) {
                Some(replacement) => replaced.push_str(replacement),
                None => replaced.push(c),
            }
        }
        replaced.nfc().map(|(c, _)| c).collect()
    }

    fn assert_same(&self, text: &str) {
        let expected = self.library.encode_fast(self.normalised(text), true).unwrap();
        assert_eq!(self.ours.single(text, usize::MAX), expected.get_ids(), "{text:?}");
    }

    /// Reads words, ten at a time, and as many made of pieces of the vocabulary, which can be cut in
    /// many ways.
    fn assert_same_words(&self, count: usize) {
        let mut dice = Dice(9);
        let pieces = &self.vocabulary.pieces[5..self.vocabulary.pieces.len() - 1];
        for some in words(count, 21).chunks(10) {
            self.assert_same(&some.join(" "));
            let mut text = String::new();
            for _ in 0..30 {
                let (piece, _) = &pieces[dice.below(pieces.len())];
                text.push_str(if dice.below(3) == 0 { piece } else { piece.trim_matches('▁') });
            }
            if !reorders(&text) {
                self.assert_same(&text.replace('▁', " "));
            }
        }
    }
}

/// Returns whether a text has marks that are not in their canonical order, which SentencePiece leaves
/// as they are and composition by the book does not.
fn reorders(text: &str) -> bool {
    let mut classes = Vec::new();
    for c in text.chars() {
        decompose_canonical(c, |part| classes.push(canonical_combining_class(part)));
    }
    classes.windows(2).any(|two| two[1] != 0 && two[0] > two[1])
}

#[test]
fn a_published_vocabulary_gives_the_same_tokens() {
    let Some(real) = Real::new() else { return };
    real.assert_same_words(4_000);
}

/// The examples that the README of XLM-R in the library fairseq has.
#[test]
fn the_published_examples_have_the_published_ids() {
    let Some(model) = model() else { return };
    let ours = model.unigram().unwrap();
    for (text, ids) in [
        ("Hello world!", &[0, 35378, 8999, 38, 2][..]),
        ("你好，世界", &[0, 6, 124084, 4, 3221, 2]),
        ("नमस्ते दुनिया", &[0, 68700, 97883, 29405, 2]),
        ("مرحبا بالعالم", &[0, 665, 193478, 258, 1705, 77796, 2]),
        ("Bonjour le monde", &[0, 84602, 95, 11146, 2]),
    ] {
        assert_eq!(ours.single(text, 99), ids, "{text}");
    }
}

#[test]
#[ignore = "takes minutes without optimisation"]
fn two_hundred_thousand_words_have_the_same_tokens() {
    let Some(real) = Real::new() else { return };
    real.assert_same_words(200_000);
}
