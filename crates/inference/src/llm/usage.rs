//! What was asked and what it costs.

use trommel_core::Reply;

use super::Repairs;

/// Counts of all that one call of an [`LlmReranker`](super::LlmReranker) did.
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

impl From<LlmUsage> for trommel_core::Usage {
    fn from(usage: LlmUsage) -> Self {
        let Repairs { missing, duplicates, strangers, unparsable } = usage.repairs;
        Self::default()
            .with("requests", usage.requests as f64)
            .with("prompt tokens", usage.prompt_tokens.unwrap_or_default() as f64)
            .with("answer tokens", usage.completion_tokens.unwrap_or_default() as f64)
            .with("passages left out by the model", missing as f64)
            .with("passages named twice", duplicates as f64)
            .with("passages that there are not", strangers as f64)
            .with("answers without sense", unparsable as f64)
    }
}
