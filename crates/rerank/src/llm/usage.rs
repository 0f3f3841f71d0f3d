//! What was asked and what it costs.

use super::{Repairs, Reply};

/// Counts of all that an [`LlmReranker`](super::LlmReranker) did since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LlmUsage {
    /// Chats that were completed.
    pub answers: u64,
    /// Requests that this took, retries included.
    pub requests: u64,
    /// Tokens read, where the answers state them.
    pub prompt_tokens: Option<u64>,
    /// Tokens written, where the answers state them.
    pub completion_tokens: Option<u64>,
    /// Answers that were not what was asked for.
    pub repairs: Repairs,
}

impl LlmUsage {
    /// Returns what there is, with its names.
    pub(crate) fn totals(&self) -> Vec<(usize, &'static str)> {
        let Repairs { missing, duplicates, strangers, unparsable } = self.repairs;
        let counts = [
            (Some(self.requests), "requests"),
            (self.prompt_tokens, "prompt tokens"),
            (self.completion_tokens, "answer tokens"),
            (Some(missing), "passages left out by the model"),
            (Some(duplicates), "passages named twice"),
            (Some(strangers), "passages that there are not"),
            (Some(unparsable), "answers without sense"),
        ];
        counts.into_iter().filter_map(|(count, what)| Some((count? as usize, what))).collect()
    }

    pub(crate) fn answered(&mut self, reply: &Reply) {
        self.answers += 1;
        self.requests += reply.requests;
        add(&mut self.prompt_tokens, reply.prompt_tokens);
        add(&mut self.completion_tokens, reply.completion_tokens);
    }
}

fn add(sum: &mut Option<u64>, more: Option<u64>) {
    if let Some(more) = more {
        *sum = Some(sum.unwrap_or(0).saturating_add(more));
    }
}
