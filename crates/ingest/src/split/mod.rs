//! From a document to passages.

mod assemble;
mod block;
mod sizes;

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use text_splitter::{ChunkConfig, MarkdownSplitter, TextSplitter};
use trommel_core::{Document, Markup, Passage, TokenCounter};

use sizes::{Sizes, WordCounts};

/// How large passages are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SplitSettings {
    /// The most tokens of a passage; 0 is taken as 1.
    pub max_tokens: usize,
    /// The most tokens that a passage repeats of the one before it, at most half of `max_tokens`.
    pub overlap_tokens: usize,
}

/// Cuts documents into passages.
///
/// Cuts fall between the largest units that fit: sections, blocks and lines of Markdown, paragraphs
/// and lines of plain text, then sentences, words and characters. Tokens are counted word by word,
/// each word once; the sum is exact for tokenizers that split at white space first (WordPiece), and
/// an estimate for others. A word of more than 64 bytes is counted in parts, which may count more
/// than the whole: so a passage stays bounded even if a tokenizer makes one token of a megabyte.
pub struct Splitter<'a> {
    counter: &'a dyn TokenCounter,
    max_tokens: usize,
    overlap_tokens: usize,
    /// One memory of words for each thread that splits at the same time.
    idle: Mutex<Vec<WordCounts>>,
}

impl<'a> Splitter<'a> {
    /// Returns a splitter that measures with `counter`.
    #[must_use]
    pub fn new(counter: &'a dyn TokenCounter, settings: SplitSettings) -> Self {
        let max_tokens = settings.max_tokens.max(1);
        let overlap_tokens = settings.overlap_tokens.min(max_tokens / 2);
        Self { counter, max_tokens, overlap_tokens, idle: Mutex::new(Vec::new()) }
    }

    /// Returns the document's passages in their order.
    ///
    /// Each begins and ends with a character that is not white space, begins and ends behind the one
    /// before it, and together they hold all that is not white space. A document with a title and no
    /// text has one empty passage, so that its title can be found.
    #[must_use]
    pub fn split(&self, document: &Document) -> Vec<Passage> {
        let mut words = self.borrow_words();
        let ranges = self.ranges(&document.text, document.markup, &mut words);
        // The memory of words goes back for the next document. It is lent and not shared, so
        // threads hold the lock only for a moment; a poisoned one is no loss, for it guards nothing
        // but counts.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(words);
        assemble::passages(document, ranges)
    }

    fn borrow_words(&self) -> WordCounts {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Cuts a text block by block: text-splitter's work grows with the square of what it is given.
    ///
    /// A block's last passage is cut once more as the start of the next block, so that no passage
    /// is short and no overlap is missing because a block ended there.
    fn ranges(&self, text: &str, markup: Markup, words: &mut WordCounts) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let mut start = 0;
        while start < text.len() {
            let end = block::end(text, start, self.max_tokens);
            let mut found = self.cut(&text[start..end], markup, words);
            // With one passage only, cutting it again would begin at the same place and never move
            // on.
            let last = if end < text.len() && found.len() > 1 { found.pop() } else { None };
            for range in found {
                push(&mut ranges, start + range.start..start + range.end);
            }
            start = last.map_or(end, |last| start + last.start);
        }
        ranges
    }

    /// Returns the trimmed ranges that text-splitter finds in a block.
    fn cut(&self, block: &str, markup: Markup, words: &mut WordCounts) -> Vec<Range<usize>> {
        let sizes = Sizes::new(block, self.counter, words);
        let config = || ChunkConfig::new(self.max_tokens).with_sizer(&sizes);
        // Refused is an overlap as large as a passage, which `new` rules out.
        let config = config().with_overlap(self.overlap_tokens).unwrap_or_else(|_| config());
        let trimmed = |(start, chunk): (usize, &str)| {
            // Offsets of the trimmed chunk: what trimming takes off in front is the difference of
            // the lengths.
            let from = start + chunk.len() - chunk.trim_start().len();
            from..from + chunk.trim().len()
        };
        match markup {
            Markup::Plain => TextSplitter::new(config).chunk_indices(block).map(trimmed).collect(),
            Markup::Markdown => {
                MarkdownSplitter::new(config).chunk_indices(block).map(trimmed).collect()
            }
        }
    }
}

/// Adds a passage, unless nothing or nothing new is in it.
fn push(ranges: &mut Vec<Range<usize>>, range: Range<usize>) {
    match ranges.last_mut() {
        _ if range.is_empty() => {}
        // Blocks that overlap may cut the same text twice: what lies within the last passage adds
        // nothing, and what holds all of it takes its place.
        Some(last) if range.end <= last.end => {}
        Some(last) if range.start <= last.start => *last = range,
        _ => ranges.push(range),
    }
}
