//! Attention with both products in eight bits.
//!
//! Queries and keys are quantised per token and head, values per dimension of a head over their
//! sequence, probabilities to 0..=255 under the running maximum. Sums are exact integers; what
//! the weights of one query add up to is counted in the same units, so they still add up to 1.

use super::Place;
use crate::isa::simd::{Kernel, MAX_GROUP, PANEL_VECTORS, Simd};
use crate::math::quick_exp2;
use crate::quantise::{PEAK, Span, TINY, quantise};

/// Keys of one block: its scores for one panel of queries stay in the first-level cache.
const KEYS: usize = 128;

/// The unit of probabilities: the largest unsigned byte.
const CERTAIN: f32 = 255.0;

/// Room for one head; kept between layers.
#[derive(Default)]
pub(crate) struct Scratch {
    /// Key, step; a step is a word of GROUP dimensions.
    keys: Vec<i32>,
    key_scales: Vec<f32>,
    /// Group of keys, dimension.
    values: Vec<i32>,
    value_scales: Vec<f32>,
    /// Step, query.
    queries: Vec<i32>,
    /// One word per step.
    query: Vec<i32>,
    /// By query: −OFFSET · Σq, which takes away what keys are shifted by.
    start: Vec<i32>,
    /// By query: a score's unit in powers of two.
    query_scales: Vec<f32>,
    /// Key, query.
    scores: Vec<f32>,
    /// Group of keys, query.
    probabilities: Vec<i32>,
    /// By query: what brings earlier blocks under the newest peak.
    corrections: Vec<f32>,
    /// By query: the sum of its probabilities.
    totals: Vec<f32>,
    /// Query, dimension.
    out: Vec<f32>,
}

/// Writes softmax(q·kᵀ / √size)·v of every sequence and head.
pub(crate) struct Attention<'a> {
    pub(crate) place: Place<'a>,
    pub(crate) scratch: &'a mut Scratch,
}

impl Kernel for Attention<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        if S::WIDE { self.heads::<S, 8>(s) } else { self.heads::<S, 4>(s) }
    }
}

impl Attention<'_> {
    #[inline(always)]
    fn heads<S: Simd, const ROWS: usize>(mut self, s: S) {
        let panel = PANEL_VECTORS * S::LANES;
        let (mut first, mut row) = (0, 0);
        for &length in self.place.lengths {
            let asking = length.min(self.place.asking);
            for head in 0..self.place.heads {
                self.pack_keys::<S, ROWS>(s, first, length, head);
                self.pack_values::<S>(s, first, length, head);
                for query in (0..asking).step_by(panel) {
                    let count = panel.min(asking - query);
                    self.pack_queries::<S>(s, first + query, count, head);
                    self.attend::<S, ROWS>(s, length);
                    self.write(s, row + query, count, head);
                }
            }
            first += length;
            row += asking;
        }
    }

    /// Returns the words of one quantised head, filled up to whole vectors with zeros.
    #[inline(always)]
    fn steps<S: Simd>(&self) -> usize {
        self.place.size.next_multiple_of(S::LANES) / S::GROUP
    }

    #[inline(always)]
    fn pack_keys<S: Simd, const ROWS: usize>(
        &mut self,
        s: S,
        first: usize,
        length: usize,
        head: usize,
    ) {
        let steps = self.steps::<S>();
        let Scratch { keys, key_scales, .. } = &mut *self.scratch;
        // The last tile reads whole rows; what it makes of those beyond the last key is not used.
        keys.resize(length.next_multiple_of(ROWS) * steps, 0);
        key_scales.resize(length.next_multiple_of(ROWS), 0.0);
        for (key, (words, scale)) in
            keys.chunks_exact_mut(steps).zip(key_scales).take(length).enumerate()
        {
            *scale =
                quantise(s, self.place.head(first + key, 1, head), Span::Even, S::OFFSET, words);
        }
    }

    #[inline(always)]
    fn pack_values<S: Simd>(&mut self, s: S, first: usize, length: usize, head: usize) {
        let size = self.place.size;
        let width = size.next_multiple_of(PANEL_VECTORS * S::LANES);
        let Scratch { values, value_scales, .. } = &mut *self.scratch;
        // Vectors that fill up a panel may hold anything: what they make is not written.
        values.resize(length.div_ceil(S::GROUP) * width, 0);
        value_scales.resize(width, 0.0);
        for at in (0..size).step_by(S::LANES) {
            let mut peak = s.splat(TINY);
            for key in 0..length {
                let value = &self.place.head(first + key, 2, head)[at..];
                peak = s.max(peak, s.abs(load(s, value)));
            }
            s.store(&mut value_scales[at..], s.mul(peak, s.splat(1.0 / PEAK)));
            let inverse = s.div(s.splat(PEAK), peak);
            for (group, words) in values.chunks_exact_mut(width).enumerate() {
                let key = group * S::GROUP;
                let mut parts = [s.splat_i32(0); MAX_GROUP];
                for (i, part) in parts.iter_mut().enumerate().take(S::GROUP.min(length - key)) {
                    let value = &self.place.head(first + key + i, 2, head)[at..];
                    *part = s.to_i32(s.mul(load(s, value), inverse));
                }
                s.store_i32(&mut words[at..], s.join(parts));
            }
        }
    }

    /// Queries across a panel; lanes beyond `count` are 0.
    #[inline(always)]
    fn pack_queries<S: Simd>(&mut self, s: S, token: usize, count: usize, head: usize) {
        let panel = PANEL_VECTORS * S::LANES;
        let steps = self.steps::<S>();
        let unit = std::f32::consts::LOG2_E / (self.place.size as f32).sqrt();
        let Scratch { queries, query, start, query_scales, .. } = &mut *self.scratch;
        query.resize(steps, 0);
        queries.clear();
        queries.resize(steps * panel, 0);
        start.clear();
        start.resize(panel, 0);
        query_scales.clear();
        query_scales.resize(panel, 0.0);
        for lane in 0..count {
            let scale = quantise(s, self.place.head(token + lane, 0, head), Span::Even, 0, query);
            query_scales[lane] = scale * unit;
            for (place, &word) in queries[lane..].iter_mut().step_by(panel).zip(&*query) {
                *place = word;
            }
        }
        let offsets = s.join([s.splat_i32(S::OFFSET); MAX_GROUP]);
        for at in [0, S::LANES] {
            let mut sums = s.splat_i32(0);
            for queries in queries.chunks_exact(panel) {
                sums = s.dot_words(sums, offsets, s.load_i32(&queries[at..]));
            }
            s.store_i32(&mut start[at..], sums);
        }
        start.iter_mut().for_each(|sum| *sum = -*sum);
    }

    /// Fills `scratch.out` (query, dimension) for the packed queries, keys and values.
    #[inline(always)]
    fn attend<S: Simd, const ROWS: usize>(&mut self, s: S, length: usize) {
        let panel = PANEL_VECTORS * S::LANES;
        let width = self.place.size.next_multiple_of(panel);
        let Scratch { out, corrections, totals, .. } = &mut *self.scratch;
        out.resize(panel * width, 0.0);
        corrections.resize(panel, 0.0);
        totals.clear();
        totals.resize(panel, 0.0);
        let mut peaks = [s.splat(f32::MIN); PANEL_VECTORS];
        for first in (0..length).step_by(KEYS) {
            let count = KEYS.min(length - first);
            self.score::<S, ROWS>(s, first, count);
            self.weigh(s, count, &mut peaks);
            self.gather::<S, ROWS>(s, first, count);
        }
    }

    /// Fills `scratch.scores` for `count` keys from `first` on, in powers of two.
    #[inline(always)]
    fn score<S: Simd, const ROWS: usize>(&mut self, s: S, first: usize, count: usize) {
        let panel = PANEL_VECTORS * S::LANES;
        let steps = self.steps::<S>();
        let Scratch { keys, key_scales, queries, start, query_scales, scores, .. } =
            &mut *self.scratch;
        scores.resize(KEYS.next_multiple_of(ROWS) * panel, 0.0);
        let start = [s.load_i32(start), s.load_i32(&start[S::LANES..])];
        let units = [s.load(query_scales), s.load(&query_scales[S::LANES..])];
        for at in (0..count).step_by(ROWS) {
            let tile = &keys[(first + at) * steps..][..ROWS * steps];
            let scales = &key_scales[first + at..][..ROWS];
            let scores = &mut scores[at * panel..][..ROWS * panel];
            let mut acc = [start; ROWS];
            for (step, queries) in queries.chunks_exact(panel).enumerate() {
                let (q0, q1) = (s.load_i32(queries), s.load_i32(&queries[S::LANES..]));
                for (i, acc) in acc.iter_mut().enumerate() {
                    let key = s.splat_i32(tile[i * steps + step]);
                    acc[0] = s.dot_words(acc[0], key, q0);
                    acc[1] = s.dot_words(acc[1], key, q1);
                }
            }
            for ((acc, scale), scores) in
                acc.into_iter().zip(scales).zip(scores.chunks_exact_mut(panel))
            {
                let scale = s.splat(*scale);
                s.store(scores, s.mul(s.to_f32(acc[0]), s.mul(units[0], scale)));
                s.store(&mut scores[S::LANES..], s.mul(s.to_f32(acc[1]), s.mul(units[1], scale)));
            }
        }
    }

    /// Turns a block of scores into probabilities under the new `peaks`, adds them to the totals
    /// and leaves the factors that bring earlier blocks under the new peaks in `corrections`.
    #[inline(always)]
    fn weigh<S: Simd>(&mut self, s: S, count: usize, peaks: &mut [S::F; PANEL_VECTORS]) {
        let panel = PANEL_VECTORS * S::LANES;
        let Scratch { scores, probabilities, corrections, totals, .. } = &mut *self.scratch;
        probabilities.resize(KEYS.div_ceil(S::GROUP) * panel, 0);
        let scores = &scores[..count * panel];
        let ones = s.join([s.splat_i32(1); MAX_GROUP]);
        for (j, peak) in peaks.iter_mut().enumerate() {
            let lane = j * S::LANES;
            let mut new = *peak;
            for row in scores.chunks_exact(panel) {
                new = s.max(new, s.load(&row[lane..]));
            }
            let correction = quick_exp2(s, s.sub(*peak, new));
            *peak = new;
            let mut sum = s.splat_i32(0);
            let groups = scores.chunks(S::GROUP * panel);
            for (rows, words) in groups.zip(probabilities.chunks_exact_mut(panel)) {
                let mut parts = [s.splat_i32(0); MAX_GROUP];
                for (part, row) in parts.iter_mut().zip(rows.chunks_exact(panel)) {
                    let e = quick_exp2(s, s.sub(s.load(&row[lane..]), new));
                    *part = s.to_i32(s.mul(e, s.splat(CERTAIN)));
                }
                let word = s.join(parts);
                sum = s.dot_words(sum, word, ones);
                s.store_i32(&mut words[lane..], word);
            }
            s.store(&mut corrections[lane..], correction);
            let total = s.mul_add(s.load(&totals[lane..]), correction, s.to_f32(sum));
            s.store(&mut totals[lane..], total);
        }
    }

    /// Adds the block's values, by their probabilities, to the corrected `scratch.out`.
    #[inline(always)]
    fn gather<S: Simd, const ROWS: usize>(&mut self, s: S, first: usize, count: usize) {
        let panel = PANEL_VECTORS * S::LANES;
        let width = self.place.size.next_multiple_of(panel);
        let Scratch { values, value_scales, probabilities, corrections, out, .. } =
            &mut *self.scratch;
        let groups = count.div_ceil(S::GROUP);
        let values = &values[first / S::GROUP * width..][..groups * width];
        let probabilities = &probabilities[..groups * panel];
        for at in (0..width).step_by(panel) {
            let scales = [s.load(&value_scales[at..]), s.load(&value_scales[at + S::LANES..])];
            for query in (0..panel).step_by(ROWS) {
                let mut acc = [[s.splat_i32(0); PANEL_VECTORS]; ROWS];
                for (words, values) in
                    probabilities.chunks_exact(panel).zip(values.chunks_exact(width))
                {
                    let (v0, v1) =
                        (s.load_i32(&values[at..]), s.load_i32(&values[at + S::LANES..]));
                    for (acc, &word) in acc.iter_mut().zip(&words[query..query + ROWS]) {
                        let word = s.splat_i32(word);
                        acc[0] = s.dot_words(acc[0], word, v0);
                        acc[1] = s.dot_words(acc[1], word, v1);
                    }
                }
                for (i, acc) in acc.into_iter().enumerate() {
                    let correction = s.splat(corrections[query + i]);
                    let out = &mut out[(query + i) * width + at..][..panel];
                    for (j, acc) in acc.into_iter().enumerate() {
                        let block = s.mul(s.to_f32(acc), scales[j]);
                        let out = &mut out[j * S::LANES..];
                        // What a reused buffer holds before the first block is no number to add to.
                        let sum = if first == 0 {
                            block
                        } else {
                            s.mul_add(s.load(out), correction, block)
                        };
                        s.store(out, sum);
                    }
                }
            }
        }
    }

    /// Writes `scratch.out`, divided by the totals, to the head's places of `count` rows.
    #[inline(always)]
    fn write<S: Simd>(&mut self, s: S, row: usize, count: usize, head: usize) {
        let Place { heads, size, .. } = self.place;
        let width = size.next_multiple_of(PANEL_VECTORS * S::LANES);
        let Scratch { out, totals, .. } = &*self.scratch;
        for (query, (out, total)) in out.chunks_exact(width).zip(totals).take(count).enumerate() {
            let inverse = s.splat(1.0 / total);
            let context = &mut self.place.context[((row + query) * heads + head) * size..][..size];
            for (context, out) in context.chunks_mut(S::LANES).zip(out.chunks_exact(S::LANES)) {
                let v = s.mul(s.load(out), inverse);
                if context.len() == S::LANES {
                    s.store(context, v)
                } else {
                    s.store_part(context, v)
                }
            }
        }
    }
}

/// Loads a vector, or what is left of one.
#[inline(always)]
fn load<S: Simd>(s: S, x: &[f32]) -> S::F {
    if x.len() >= S::LANES { s.load(x) } else { s.load_part(x) }
}

#[cfg(test)]
mod tests;
