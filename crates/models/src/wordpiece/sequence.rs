//! Sequences as a BERT reads them: `[CLS] A [SEP]` and `[CLS] A [SEP] B [SEP]`.

use super::WordPiece;

/// A query and a passage as one sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The ids: `[CLS] query [SEP] passage [SEP]`.
    pub ids: Vec<u32>,
    /// For each id 0 up to the first `[SEP]`, and 1 after it.
    pub types: Vec<u32>,
    /// Whether the passage lost its end.
    pub truncated: bool,
}

impl WordPiece {
    /// Returns `[CLS] text [SEP]` in at most `max_tokens` ids, and never fewer than the two special
    /// ones. A longer text loses its end, which is not read.
    #[must_use]
    pub fn single(&self, text: &str, max_tokens: usize) -> Vec<u32> {
        let mut ids = vec![self.cls()];
        self.first_ids(text, max_tokens.saturating_sub(2), &mut ids);
        ids.push(self.sep());
        ids
    }

    /// Returns `[CLS] query [SEP] passage [SEP]` in at most `max_tokens` ids, out of the query's
    /// ids without special tokens.
    ///
    /// Only the passage gives way: where query and special tokens are more than `max_tokens`, the
    /// sequence is as long as they are.
    #[must_use]
    pub fn pair(&self, query_ids: &[u32], passage: &str, max_tokens: usize) -> Pair {
        let room = max_tokens.saturating_sub(query_ids.len() + 3);
        // A token has at least one byte, so the passage has no more of them than bytes.
        let mut ids = Vec::with_capacity(query_ids.len() + 3 + room.min(passage.len()));
        ids.push(self.cls());
        ids.extend_from_slice(query_ids);
        ids.push(self.sep());
        let first = ids.len();
        let truncated = self.first_ids(passage, room, &mut ids);
        ids.push(self.sep());
        let types = (0..ids.len()).map(|i| u32::from(i >= first)).collect();
        Pair { ids, types, truncated }
    }
}
