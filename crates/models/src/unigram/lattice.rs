//! The likeliest pieces of a word (Viterbi 1967, for pieces Kudo 2018).
//!
//! Scores are f32 and their sums f64, which holds them exactly for any text there can be: so a word
//! may be cut in stretches, and each has the pieces that it has within the whole.

use super::scan::Scanner;
use crate::sink::Sink;
use crate::trie::NO_TOKEN;

/// The best way to a place.
#[derive(Debug, Clone, Copy)]
struct Step {
    score: f64,
    /// The last piece on the way.
    id: u32,
    /// Its length in bytes.
    length: u32,
}

impl Step {
    const NONE: Self = Self { score: 0.0, id: NO_TOKEN, length: 0 };
}

/// Best ways to the places of a stretch; kept from word to word.
#[derive(Debug, Default)]
pub(super) struct Lattice {
    steps: Vec<Step>,
    /// The pieces of the best way through a stretch and where they end in the word, the last first.
    path: Vec<(u32, usize)>,
}

impl Lattice {
    /// Cuts a word into pieces, or its beginning once the sink has more than `limit`; characters
    /// that are in no piece are unknown, and those beside each other are one unknown piece.
    ///
    /// `end_of` says where the first bytes of the word end in the text.
    pub(super) fn cut<S: Sink>(
        &mut self,
        scanner: Scanner<'_>,
        word: &[u8],
        limit: usize,
        end_of: impl Fn(usize) -> usize,
        sink: &mut S,
    ) {
        let mut after_unknown = false;
        let mut start = 0;
        while start < word.len() && sink.len() <= limit {
            let end = self.stretch(scanner, word, start);
            self.path.clear();
            let mut at = end;
            while let Some(step) = self.steps.get(at - start).filter(|step| step.length > 0) {
                self.path.push((step.id, at));
                at = at.saturating_sub(step.length as usize).max(start);
            }
            for (id, end) in self.path.drain(..).rev() {
                let is_unknown = id == scanner.unk;
                if is_unknown && after_unknown {
                    sink.truncate(sink.len().saturating_sub(1));
                }
                sink.push(id, end_of(end));
                after_unknown = is_unknown;
            }
            start = end;
        }
    }

    /// Finds the best way from a place in the word to the next one that no piece reaches across, and
    /// returns that place: however long a word is, little of it is held.
    fn stretch(&mut self, scanner: Scanner<'_>, word: &[u8], start: usize) -> usize {
        self.steps.clear();
        self.steps.push(Step::NONE);
        let mut at = start;
        while let Some(first) = word.get(at) {
            let here = self.steps.get(at - start).map_or(0.0, |step| step.score);
            let char_length = char_length(*first);
            let mut has_char = false;
            scanner.trie.prefixes(&word[at..], |length, id| {
                has_char |= length == char_length;
                let score = scanner.scores.get(id as usize).map_or(0.0, |s| f32::from_le_bytes(*s));
                self.reach(
                    at + length - start,
                    Step { score: here + f64::from(score), id, length: length as u32 },
                );
            });
            if !has_char {
                let score = here + scanner.unknown_score;
                let step = Step { score, id: scanner.unk, length: char_length as u32 };
                self.reach(at + char_length - start, step);
            }
            at += char_length;
            if at - start + 1 == self.steps.len() {
                break;
            }
        }
        at.min(word.len())
    }

    /// Takes a way to a place if it is the first, or better than the best one so far.
    #[inline]
    fn reach(&mut self, place: usize, step: Step) {
        if self.steps.len() <= place {
            self.steps.resize(place + 1, Step::NONE);
        }
        let best = &mut self.steps[place];
        if best.id == NO_TOKEN || step.score > best.score {
            *best = step;
        }
    }
}

/// Returns how many bytes a character has that begins with a byte.
#[inline]
fn char_length(first: u8) -> usize {
    match first {
        0..0xc0 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    }
}
