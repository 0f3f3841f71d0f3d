//! What our own networks share: attention, one head at a time.
//!
//! The square of scores is all that grows faster than the text. With one head of it at a time, a
//! text of 8192 tokens needs a quarter of a gigabyte, not several.

use candle_core::{Result, Tensor};
use candle_nn::ops::softmax_last_dim;

/// Returns (tokens, hidden) as (heads, tokens, hidden / heads).
pub(super) fn by_head(states: &Tensor, heads: usize) -> Result<Tensor> {
    let (tokens, hidden) = states.dims2()?;
    states.reshape((tokens, heads, hidden / heads))?.transpose(0, 1)?.contiguous()
}

/// Returns the values (heads, tokens, width) mixed by the softmax of each head's scores
/// (tokens, tokens), as (tokens, hidden).
pub(super) fn mix(values: &Tensor, scores: impl Fn(usize) -> Result<Tensor>) -> Result<Tensor> {
    let heads = (0..values.dim(0)?)
        .map(|head| softmax_last_dim(&scores(head)?)?.matmul(&values.get(head)?))
        .collect::<Result<Vec<_>>>()?;
    Tensor::cat(&heads, 1)
}
