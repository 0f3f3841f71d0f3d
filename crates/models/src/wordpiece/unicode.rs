//! Words with characters beyond ASCII, or with control characters inside.

use super::ascii::Byte;
use super::char_table::Simple;
use super::rules::{Class, Fate};
use super::scan::Scanner;
use crate::sink::Sink;

/// A stretch of text without plain spaces and punctuation, while it is read.
///
/// Canonical decomposition never moves anything across a character of combining class 0, so that
/// only the marks since the last such character wait; everything else goes straight into the word.
#[derive(Debug, Default)]
pub(super) struct Stretch {
    /// The word so far, normalized; no more of it than a known word can have.
    word: Vec<u8>,
    /// Where each byte of the word ends in the text.
    ends: Vec<usize>,
    chars: usize,
    end: usize,
    /// Marks that are not yet in their canonical order, each behind its class.
    marks: Vec<(u8, char)>,
    /// Where the waiting marks end in the text. Ends keep the order of the text, so that a text is
    /// never cut before something that was read already.
    mark_ends: Vec<usize>,
}

impl Stretch {
    /// Reads from a place in the text to the next plain space or punctuation, which is not read,
    /// and returns its place. Stops early when the sink has more pieces than `limit`.
    pub(super) fn read(
        &mut self,
        scanner: &Scanner<'_>,
        text: &str,
        from: usize,
        limit: usize,
        sink: &mut impl Sink,
    ) -> usize {
        let mut at = from;
        for c in text.get(from..).unwrap_or_default().chars() {
            let is_end =
                c.is_ascii() && matches!(scanner.class(c as u8), Byte::Space | Byte::Punctuation);
            if is_end || sink.len() > limit {
                break;
            }
            at += c.len_utf8();
            self.take(scanner, c, at, sink);
        }
        self.settle(scanner, sink);
        self.end_word(scanner, sink);
        at
    }

    fn take(&mut self, scanner: &Scanner<'_>, c: char, end: usize, sink: &mut impl Sink) {
        match simple(scanner, c) {
            // It is taken out before marks are put in order, so it does not part them.
            Simple::Dropped => {}
            Simple::Space => {
                self.settle(scanner, sink);
                self.end_word(scanner, sink);
            }
            Simple::Punctuation(c) => {
                self.settle(scanner, sink);
                self.push_alone(scanner, c, end, sink);
            }
            Simple::Letter(c) => {
                self.settle(scanner, sink);
                self.push(scanner, c, end);
            }
            Simple::Not => match scanner.rules.fate(c) {
                Fate::Dropped => {}
                Fate::Kept => self.decompose(scanner, c, end, sink),
                Fate::Space => {
                    self.settle(scanner, sink);
                    self.end_word(scanner, sink);
                }
                Fate::Ideograph => {
                    self.settle(scanner, sink);
                    self.end_word(scanner, sink);
                    self.decompose(scanner, c, end, sink);
                    self.settle(scanner, sink);
                    self.end_word(scanner, sink);
                }
            },
        }
    }

    fn decompose(&mut self, scanner: &Scanner<'_>, c: char, end: usize, sink: &mut impl Sink) {
        scanner.rules.decompose(c, |part, class| {
            if class == 0 {
                self.settle(scanner, sink);
                self.lowercase(scanner, part, end, sink);
            } else {
                self.marks.push((class, part));
                self.mark_ends.push(end);
            }
        });
    }

    /// Puts waiting marks into the word: by rising class, those of one class as they came.
    fn settle(&mut self, scanner: &Scanner<'_>, sink: &mut impl Sink) {
        if self.marks.is_empty() {
            return;
        }
        let mut marks = std::mem::take(&mut self.marks);
        let ends = std::mem::take(&mut self.mark_ends);
        // A stable sort, as canonical order wants it.
        marks.sort_by_key(|(class, _)| *class);
        for ((_, mark), end) in marks.into_iter().zip(ends) {
            self.lowercase(scanner, mark, end, sink);
        }
    }

    fn lowercase(&mut self, scanner: &Scanner<'_>, c: char, end: usize, sink: &mut impl Sink) {
        scanner.rules.lowercase(c, |c| match Class::of(c) {
            Class::Space => self.end_word(scanner, sink),
            Class::Punctuation => self.push_alone(scanner, c, end, sink),
            Class::Letter => self.push(scanner, c, end),
        });
    }

    fn push_alone(&mut self, scanner: &Scanner<'_>, c: char, end: usize, sink: &mut impl Sink) {
        self.end_word(scanner, sink);
        self.push(scanner, c, end);
        self.end_word(scanner, sink);
    }

    #[inline]
    fn push(&mut self, scanner: &Scanner<'_>, c: char, end: usize) {
        // Counted beyond the bound too, which is how a word is known to be too long.
        self.chars += 1;
        self.end = end;
        if self.chars <= scanner.max_word_chars {
            self.word.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            self.ends.resize(self.word.len(), end);
        }
    }

    #[inline]
    fn end_word(&mut self, scanner: &Scanner<'_>, sink: &mut impl Sink) {
        if self.chars == 0 {
            return;
        }
        if self.chars > scanner.max_word_chars {
            sink.push(scanner.unk, self.end);
        } else {
            let end_of = |n: usize| self.ends.get(n.wrapping_sub(1)).copied().unwrap_or(self.end);
            scanner.word(&self.word, self.chars, end_of, sink);
        }
        self.word.clear();
        self.ends.clear();
        self.chars = 0;
    }
}

/// Returns what a character becomes if that is known without the full rules.
#[inline]
fn simple(scanner: &Scanner<'_>, c: char) -> Simple {
    match scanner.char_table.get(c as usize) {
        Some(entry) => Simple::of(u32::from_le_bytes(*entry)),
        // The two great blocks of ideographs have no decompositions, no case and no punctuation.
        None if scanner.rules.handle_chinese_chars
            && matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}') =>
        {
            Simple::Punctuation(c)
        }
        None => Simple::Not,
    }
}
