//! Sequences, and how a batch of them is cut into tasks.

use std::ops::Range;

use super::Config;
use crate::error::KernelError;

/// Tokens of one task: enough to fill the tiles, few enough that the widest activations stay in
/// the second-level cache.
const TASK_TOKENS: usize = 128;

/// Fewest tokens that are worth a thread of their own.
const LEAST_TOKENS: usize = 64;

/// One input: token ids with the special tokens in place, and no padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sequence<'a> {
    /// Token ids, each below `vocabulary`; 1 to `positions` of them.
    pub ids: &'a [u32],
    /// One token type per token, each below `types`; empty where all are 0.
    pub types: &'a [u32],
}

/// Checks every sequence against the tables it will be looked up in.
pub(super) fn check(sequences: &[Sequence<'_>], config: &Config) -> Result<(), KernelError> {
    for (sequence, &Sequence { ids, types }) in sequences.iter().enumerate() {
        if ids.is_empty() || ids.len() > config.positions {
            let most = config.positions;
            return Err(KernelError::Length { sequence, most, got: ids.len() });
        }
        if !types.is_empty() && types.len() != ids.len() {
            let expected = ids.len();
            return Err(KernelError::Types { sequence, expected, got: types.len() });
        }
        for (what, numbers, limit) in
            [("id", ids, config.vocabulary), ("type", types, config.types)]
        {
            if let Some(position) = numbers.iter().position(|&n| n as usize >= limit) {
                let got = numbers[position];
                return Err(KernelError::OutOfTable { sequence, position, what, got, limit });
            }
        }
    }
    Ok(())
}

/// Cuts a batch into runs of whole sequences of about [`TASK_TOKENS`] tokens, as many for each of
/// `threads` as the lengths allow.
pub(super) fn tasks(sequences: &[Sequence<'_>], threads: usize) -> Vec<Range<usize>> {
    let total: usize = sequences.iter().map(|sequence| sequence.ids.len()).sum();
    // A multiple of the threads: on 4 threads 5 tasks take as long as 8 smaller ones. So 520
    // tokens, 5 tasks of 128, become 8 of 65; 100 tokens become 2 of 50, as 4 would be too small.
    let even = total.div_ceil(TASK_TOKENS).next_multiple_of(threads.max(1));
    let count = even.min(total.div_ceil(LEAST_TOKENS));
    let target = total.div_ceil(count.max(1));
    let mut tasks = Vec::with_capacity(count);
    let (mut start, mut tokens) = (0, 0);
    for (end, sequence) in sequences.iter().enumerate() {
        let length = sequence.ids.len();
        // Whichever end lies nearer to the target.
        if tokens > 0 && tokens + length / 2 > target {
            tasks.push(start..end);
            (start, tokens) = (end, 0);
        }
        tokens += length;
    }
    if start < sequences.len() {
        tasks.push(start..sequences.len());
    }
    tasks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(lengths: &[usize], threads: usize) -> Vec<Range<usize>> {
        let ids = vec![0; lengths.iter().copied().max().unwrap_or(0)];
        let sequences: Vec<Sequence<'_>> =
            lengths.iter().map(|&n| Sequence { ids: &ids[..n], types: &[] }).collect();
        tasks(&sequences, threads)
    }

    #[test]
    fn a_small_batch_is_shared_out_between_the_threads() {
        assert_eq!(cut(&[30; 6], 2), [0..3, 3..6]);
        assert_eq!(cut(&[40; 3], 1).len(), 1);
    }

    #[test]
    fn a_large_batch_is_cut_at_about_128_tokens() {
        assert_eq!(cut(&[32; 32], 2), (0..8).map(|i| 4 * i..4 * i + 4).collect::<Vec<_>>());
    }

    #[test]
    fn a_sequence_longer_than_a_task_stands_alone() {
        assert_eq!(cut(&[10, 2000, 10], 2), [0..1, 1..2, 2..3]);
    }

    #[test]
    fn many_threads_do_not_cut_a_small_batch_into_crumbs() {
        assert_eq!(cut(&[32; 8], 64), [0..2, 2..4, 4..6, 6..8]);
    }

    #[test]
    fn nothing_gives_no_task() {
        assert_eq!(cut(&[], 4), []);
    }
}
