//! What a tokenizer is made of.

use std::collections::{BTreeMap, BTreeSet};

use super::UnigramError;
use crate::trie::build::Token;

/// How much less likely an unknown character is than the least likely piece, as SentencePiece has it.
const UNKNOWN_PENALTY: f64 = 10.0;

/// Pieces, their probabilities and what a text is normalised to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Vocabulary {
    /// Each piece with the logarithm of its probability, in the order of the ids. A piece that
    /// begins a word begins with `▁`.
    pub pieces: Vec<(String, f32)>,
    /// The id of what is in no piece.
    pub unk: u32,
    /// The id of what stands before a text.
    pub bos: u32,
    /// The id of what stands after it.
    pub eos: u32,
    /// The ids of further pieces that no text can say, such as `<pad>`.
    pub control: Vec<u32>,
    /// What a character becomes; others stay as they are.
    pub replacements: BTreeMap<char, String>,
}

impl Vocabulary {
    /// Returns the pieces that are looked for in texts, sorted.
    pub(super) fn tokens(&self) -> Result<Vec<Token<'_>>, UnigramError> {
        let specials = [self.unk, self.bos, self.eos];
        let count = self.pieces.len();
        if let Some(id) = specials.iter().chain(&self.control).find(|id| **id as usize >= count) {
            return Err(UnigramError::vocabulary(format!("ids below {count}"), id.to_string()));
        }
        let unspoken: BTreeSet<u32> = specials.iter().chain(&self.control).copied().collect();
        let mut tokens = Vec::with_capacity(count);
        for (id, (piece, score)) in (0_u32..).zip(&self.pieces) {
            if !score.is_finite() {
                let got = format!("{score} for {piece:?}");
                return Err(UnigramError::vocabulary("finite scores", got));
            }
            // Byte 0 marks empty slots of the trie, so it can be in no piece. No text begins with
            // an empty one.
            if piece.contains('\0') {
                return Err(UnigramError::vocabulary(
                    "pieces without U+0000",
                    format!("{piece:?}"),
                ));
            }
            if !piece.is_empty() && !unspoken.contains(&id) {
                tokens.push((piece.as_bytes(), id));
            }
        }
        tokens.sort_unstable();
        match tokens.windows(2).find(|two| two[0].0 == two[1].0) {
            Some(two) => Err(UnigramError::vocabulary(
                "pieces that differ",
                format!("{:?} twice", self.pieces[two[0].1 as usize].0),
            )),
            None => Ok(tokens),
        }
    }

    /// Returns the score of a character that is in no piece.
    pub(super) fn unknown_score(&self) -> f64 {
        let least = self.pieces.iter().map(|(_, score)| f64::from(*score)).reduce(f64::min);
        least.unwrap_or_default() - UNKNOWN_PENALTY
    }
}
