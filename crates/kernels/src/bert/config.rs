//! The shape of a model.

use crate::error::KernelError;

/// Most inputs of a linear layer: what an int8 sum in i32 is proved for.
const MOST_INPUTS: usize = 1 << 16;

/// The shape of a BERT model, as its `config.json` states it.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Rows of the table of words (`vocab_size`).
    pub vocabulary: usize,
    /// Longest sequence in tokens (`max_position_embeddings`).
    pub positions: usize,
    /// Rows of the table of token types (`type_vocab_size`).
    pub types: usize,
    /// Numbers per token (`hidden_size`), at most 65536; a multiple of `heads`.
    pub hidden: usize,
    /// Encoder layers (`num_hidden_layers`).
    pub layers: usize,
    /// Attention heads (`num_attention_heads`).
    pub heads: usize,
    /// Width of the feed-forward layer (`intermediate_size`), at most 65536.
    pub intermediate: usize,
    /// Added to the variance in every LayerNorm (`layer_norm_eps`).
    pub epsilon: f32,
    /// Outputs of the classifier; 0 for a model without one.
    pub labels: usize,
}

impl Config {
    pub(super) fn check(&self) -> Result<(), KernelError> {
        let Self { vocabulary, positions, types, hidden, heads, intermediate, labels, .. } = *self;
        let tables = [("vocabulary", vocabulary), ("positions", positions), ("types", types)];
        for (what, got) in tables {
            if got == 0 {
                return bad(what, "at least 1", got);
            }
        }
        for (what, got) in [("hidden size", hidden), ("intermediate size", intermediate)] {
            if got == 0 || got > MOST_INPUTS {
                return bad(what, format!("1 to {MOST_INPUTS}"), got);
            }
        }
        // Sizes in bytes are computed without further checks.
        let most = isize::MAX as usize / size_of::<f32>() / hidden;
        let widest =
            [("labels", labels), ("hidden size", 3 * hidden), ("intermediate size", intermediate)];
        for (what, got) in tables.into_iter().chain(widest) {
            if got > most {
                return bad(what, format!("at most {most} rows of the hidden size {hidden}"), got);
            }
        }
        if heads == 0 || !hidden.is_multiple_of(heads) {
            return bad("heads", format!("a divisor of the hidden size {hidden}"), heads);
        }
        Ok(())
    }
}

fn bad(what: &'static str, expected: impl Into<String>, got: usize) -> Result<(), KernelError> {
    Err(KernelError::BadConfig { what, expected: expected.into(), got })
}
