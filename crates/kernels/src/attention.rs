//! Self-attention over sequences laid end to end (Vaswani et al. 2017), one head at a time.
//!
//! Scores are computed transposed, keys down and queries across the lanes: the softmax over keys
//! then never adds across a vector, and its result already lies as the panel that the product
//! with the values wants. Keys are taken a block at a time with a running maximum and sum
//! (Milakov & Gimelshein 2018), so no s × s matrix exists.
//!
//! [`float`] does it in f32. [`int8`] quantises queries, keys, values and probabilities for the
//! two products and keeps maximum, sum and rescaling in f32.

pub(crate) mod float;
pub(crate) mod int8;

/// Where attention reads and writes.
pub(crate) struct Place<'a> {
    /// A row per token: all queries, all keys, all values, each heads × size.
    pub(crate) qkv: &'a [f32],
    /// Tokens of each sequence.
    pub(crate) lengths: &'a [usize],
    /// How many tokens at the front of each sequence ask; the others are only keys and values.
    pub(crate) asking: usize,
    pub(crate) heads: usize,
    /// Numbers per head.
    pub(crate) size: usize,
    /// A row of heads × size for each token that asks.
    pub(crate) context: &'a mut [f32],
}

impl Place<'_> {
    /// Returns one head's numbers of one token; `part` is 0 for query, 1 for key, 2 for value.
    #[inline(always)]
    fn head(&self, token: usize, part: usize, head: usize) -> &[f32] {
        &self.qkv[((3 * token + part) * self.heads + head) * self.size..][..self.size]
    }
}
