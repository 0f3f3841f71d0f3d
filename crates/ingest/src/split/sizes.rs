//! Counts the tokens of any stretch of a block without tokenizing it again.

use std::cell::RefCell;
use std::collections::HashMap;

use text_splitter::ChunkSizer;
use trommel_core::TokenCounter;

/// The longest piece, in bytes, that is counted at once.
const MAX_PIECE: usize = 64;

/// The longest piece, in bytes, that is worth remembering.
const MAX_REMEMBERED: usize = 32;

/// How many pieces are remembered.
const MAX_WORDS: usize = 1 << 17;

/// The token counts of words seen before: few words make up most of any text.
#[derive(Default)]
pub(super) struct WordCounts(HashMap<Box<str>, u32>);

impl WordCounts {
    fn count(&mut self, counter: &dyn TokenCounter, piece: &str) -> u32 {
        if let Some(count) = self.0.get(piece) {
            return *count;
        }
        let count = u32::try_from(counter.count(piece)).unwrap_or(u32::MAX);
        // When the memory is full, new words are counted again and again, but the common ones came
        // first.
        if piece.len() <= MAX_REMEMBERED && self.0.len() < MAX_WORDS {
            self.0.insert(piece.into(), count);
        }
        count
    }
}

/// A word of the block, or a part of a long one.
struct Piece {
    start: usize,
    end: usize,
}

/// The token counts of a block's pieces, summed up from its start.
pub(super) struct Sizes<'a> {
    block: &'a str,
    pieces: Vec<Piece>,
    /// `sums[i]` is the count of the first `i` pieces.
    sums: Vec<usize>,
    counter: &'a dyn TokenCounter,
    words: RefCell<&'a mut WordCounts>,
}

impl<'a> Sizes<'a> {
    pub(super) fn new(
        block: &'a str,
        counter: &'a dyn TokenCounter,
        words: &'a mut WordCounts,
    ) -> Self {
        let pieces = pieces(block);
        let mut sums = Vec::with_capacity(pieces.len() + 1);
        // Running sums: the tokens of pieces a to b are sums[b] − sums[a], however many there are.
        let mut sum = 0usize;
        sums.push(sum);
        for piece in &pieces {
            sum += words.count(counter, &block[piece.start..piece.end]) as usize;
            sums.push(sum);
        }
        Self { block, pieces, sums, counter, words: RefCell::new(words) }
    }

    /// Counts from `start` to `end`: whole pieces by their sums, cut ones on their own.
    fn count(&self, start: usize, end: usize) -> usize {
        // The pieces from `first` up to `last` lie wholly within; those on either side may be cut.
        let first = self.pieces.partition_point(|piece| piece.start < start);
        let last = self.pieces.partition_point(|piece| piece.end <= end);
        let cut_at_start = first.checked_sub(1).map(|i| &self.pieces[i]);
        let head = match cut_at_start {
            Some(piece) if piece.end > start => self.part(start, piece.end.min(end)),
            _ => 0,
        };
        // Both ends lie in one piece, which was counted as the head.
        if last < first {
            return head;
        }
        let tail = match self.pieces.get(last) {
            Some(piece) if piece.start < end => self.part(piece.start.max(start), end),
            _ => 0,
        };
        head + self.sums[last] - self.sums[first] + tail
    }

    fn part(&self, start: usize, end: usize) -> usize {
        self.words.borrow_mut().count(self.counter, &self.block[start..end]) as usize
    }
}

impl ChunkSizer for Sizes<'_> {
    /// Counts a stretch of the block, found by its address; any other text is counted as it is.
    fn size(&self, chunk: &str) -> usize {
        // text-splitter hands over slices of the block. An address below it wraps round to a huge
        // number, which `get` refuses.
        let base = self.block.as_ptr().addr();
        let start = chunk.as_ptr().addr().wrapping_sub(base);
        let end = start.wrapping_add(chunk.len());
        if self.block.get(start..end).is_some() {
            self.count(start, end)
        } else {
            self.counter.count(chunk)
        }
    }
}

/// Returns the words of a block; one of more than [`MAX_PIECE`] bytes is cut behind a punctuation
/// character, where WordPiece cuts too, or failing that anywhere.
fn pieces(block: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for word in block.split_whitespace() {
        let mut start = word.as_ptr().addr() - block.as_ptr().addr();
        let end = start + word.len();
        while end - start > MAX_PIECE {
            let window = &block[start..block.floor_char_boundary(start + MAX_PIECE)];
            let length = match window.rfind(|character: char| character.is_ascii_punctuation()) {
                Some(at) => at + 1,
                None => window.len(),
            };
            pieces.push(Piece { start, end: start + length });
            start += length;
        }
        pieces.push(Piece { start, end });
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One token a letter.
    struct Letters;

    impl TokenCounter for Letters {
        fn count(&self, text: &str) -> usize {
            text.chars().filter(|character| !character.is_whitespace()).count()
        }
    }

    #[test]
    fn every_stretch_counts_as_if_it_were_counted_alone() {
        let block = format!(" a bb\n\nçç {} d-{}! ", "x/".repeat(80), "語".repeat(60));
        let mut words = WordCounts::default();
        let sizes = Sizes::new(&block, &Letters, &mut words);
        let cuts: Vec<usize> = (0..=block.len()).filter(|at| block.is_char_boundary(*at)).collect();
        for (i, start) in cuts.iter().enumerate() {
            for end in &cuts[i..] {
                let chunk = &block[*start..*end];
                assert_eq!(sizes.size(chunk), Letters.count(chunk), "{chunk:?}");
            }
        }
        assert_eq!(sizes.size("another text"), 11);
    }

    #[test]
    fn long_words_are_cut_behind_punctuation() {
        let url = format!("https://example.org/{}?page=2", "a".repeat(60));
        let cut: Vec<&str> =
            pieces(&url).iter().map(|piece| &url[piece.start..piece.end]).collect();
        let path = "a".repeat(60);
        assert_eq!(cut, ["https://example.org/", &format!("{path}?"), "page=2"]);
    }
}
