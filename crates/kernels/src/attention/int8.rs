//! Attention with both products in eight bits.
//!
//! Queries and keys are quantised per token and head, values per dimension of a head over their
//! sequence, probabilities to 0..=255 under the running maximum. Sums are exact integers; what
//! the weights of one query add up to is counted in the same units, so they still add up to 1.

mod packed;

use self::packed::{Head, Packed};
use super::Place;
use crate::isa::simd::{Kernel, MAX_GROUP, PANEL_VECTORS, Simd};
use crate::math::quick_exp2;

/// Keys of one block: its scores for one panel of queries stay in the first-level cache.
const KEYS: usize = 128;

/// The unit of probabilities: the largest unsigned byte.
const CERTAIN: f32 = 255.0;

/// Room for one sequence; kept between layers.
#[derive(Default)]
pub(crate) struct Scratch {
    packed: Packed,
    panel: Panel,
}

/// What a panel of queries makes of the keys and values of its head.
#[derive(Default)]
struct Panel {
    /// Step, query.
    queries: Vec<i32>,
    /// By query: −OFFSET · Σq, which takes away what keys are shifted by.
    start: Vec<i32>,
    /// By query: what its scores are multiplied by to be in powers of two.
    units: Vec<f32>,
    /// Key, query; in units of the query.
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
        let width = PANEL_VECTORS * S::LANES;
        // e^x is 2^(x · log₂ e), and powers of two are the cheaper ones: see `quick_exp2`.
        let unit = std::f32::consts::LOG2_E / (self.place.size as f32).sqrt();
        let Scratch { packed, panel } = self.scratch;
        let (mut first, mut row) = (0, 0);
        for &length in self.place.lengths {
            let asking = length.min(self.place.asking);
            packed.pack(s, &self.place, (first, length), ROWS);
            for head in 0..self.place.heads {
                for query in (0..asking).step_by(width) {
                    let count = width.min(asking - query);
                    let (words, scales) = packed.queries(head, query, count);
                    panel.turn(s, words, packed.steps(), scales, unit);
                    panel.attend::<S, ROWS>(s, packed.head(head), length);
                    panel.write(s, &mut self.place, packed.width(), row + query, head, count);
                }
            }
            first += length;
            row += asking;
        }
    }
}

impl Panel {
    /// Puts queries, rows of `steps` words, across the panel; lanes beyond the last are 0.
    #[inline(always)]
    fn turn<S: Simd>(&mut self, s: S, words: &[i32], steps: usize, scales: &[f32], unit: f32) {
        let panel = PANEL_VECTORS * S::LANES;
        let Self { queries, start, units, .. } = self;
        queries.clear();
        queries.resize(steps * panel, 0);
        start.resize(panel, 0);
        units.clear();
        units.resize(panel, 0.0);
        for (lane, (query, scale)) in words.chunks_exact(steps).zip(scales).enumerate() {
            units[lane] = scale * unit;
            for (place, word) in queries[lane..].iter_mut().step_by(panel).zip(query) {
                *place = *word;
            }
        }
        // A key's bytes hold k + OFFSET, and q · (k + OFFSET) = q · k + OFFSET · Σq. The second
        // term is the product with a key that is OFFSET everywhere.
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

    /// Fills `out` (query, dimension) for the first `length` keys and values of a head.
    #[inline(always)]
    fn attend<S: Simd, const ROWS: usize>(&mut self, s: S, head: Head<'_>, length: usize) {
        let panel = PANEL_VECTORS * S::LANES;
        self.out.resize(panel * head.value_scales.len(), 0.0);
        self.corrections.resize(panel, 0.0);
        self.totals.clear();
        self.totals.resize(panel, 0.0);
        let mut peaks = [s.splat(f32::MIN); PANEL_VECTORS];
        for first in (0..length).step_by(KEYS) {
            let count = KEYS.min(length - first);
            let new = self.score::<S, ROWS>(s, head, first, count, peaks);
            self.weigh(s, count, peaks, new);
            self.gather::<S, ROWS>(s, head, first, count);
            peaks = new;
        }
    }

    /// Fills `scores` for `count` keys from `first` on, and returns the largest of a query, with
    /// the earlier `peaks` among them.
    #[inline(always)]
    fn score<S: Simd, const ROWS: usize>(
        &mut self,
        s: S,
        head: Head<'_>,
        first: usize,
        count: usize,
        mut peaks: [S::F; PANEL_VECTORS],
    ) -> [S::F; PANEL_VECTORS] {
        let panel = PANEL_VECTORS * S::LANES;
        let Self { queries, start, scores, .. } = self;
        let steps = queries.len() / panel;
        scores.resize(KEYS.next_multiple_of(ROWS) * panel, 0.0);
        let start = [s.load_i32(start), s.load_i32(&start[S::LANES..])];
        for at in (0..count).step_by(ROWS) {
            let tile = &head.keys[(first + at) * steps..][..ROWS * steps];
            let scales = &head.key_scales[first + at..][..ROWS];
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
            let keys = acc.into_iter().zip(scales).zip(scores.chunks_exact_mut(panel));
            // What fills the last tile up is no key.
            for ((acc, scale), scores) in keys.take(count - at) {
                let scale = s.splat(*scale);
                for (j, (acc, peak)) in acc.into_iter().zip(&mut peaks).enumerate() {
                    // Without the query's unit, which is positive and the same for all its keys:
                    // the largest score stays the largest.
                    let score = s.mul(s.to_f32(acc), scale);
                    *peak = s.max(*peak, score);
                    s.store(&mut scores[j * S::LANES..], score);
                }
            }
        }
        peaks
    }

    /// Turns a block of scores into probabilities under the `new` peaks, adds them to the totals
    /// and leaves the factors that bring what was under the `old` ones there in `corrections`.
    #[inline(always)]
    fn weigh<S: Simd>(
        &mut self,
        s: S,
        count: usize,
        old: [S::F; PANEL_VECTORS],
        new: [S::F; PANEL_VECTORS],
    ) {
        let panel = PANEL_VECTORS * S::LANES;
        let Self { units, scores, probabilities, corrections, totals, .. } = self;
        probabilities.resize(KEYS.div_ceil(S::GROUP) * panel, 0);
        let scores = &scores[..count * panel];
        let ones = s.join([s.splat_i32(1); MAX_GROUP]);
        for (j, (old, new)) in old.into_iter().zip(new).enumerate() {
            let lane = j * S::LANES;
            let unit = s.load(&units[lane..]);
            let correction = quick_exp2(s, s.mul(s.sub(old, new), unit), 1.0);
            // score · unit − peak · unit in one multiply-add.
            let shift = s.sub(s.splat(0.0), s.mul(new, unit));
            let mut sum = s.splat_i32(0);
            let groups = scores.chunks(S::GROUP * panel);
            for (rows, words) in groups.zip(probabilities.chunks_exact_mut(panel)) {
                // The last group may be short: a key that is not there has probability 0.
                let mut parts = [s.splat_i32(0); MAX_GROUP];
                for (part, row) in parts.iter_mut().zip(rows.chunks_exact(panel)) {
                    let below = s.mul_add(s.load(&row[lane..]), unit, shift);
                    *part = s.to_i32(quick_exp2(s, below, CERTAIN));
                }
                let word = s.join_bytes(parts);
                // What is added up is the rounded probabilities, four at a time and exactly.
                sum = s.dot_words(sum, word, ones);
                s.store_i32(&mut words[lane..], word);
            }
            s.store(&mut corrections[lane..], correction);
            let total = s.mul_add(s.load(&totals[lane..]), correction, s.to_f32(sum));
            s.store(&mut totals[lane..], total);
        }
    }

    /// Adds the block's values, by their probabilities, to the corrected `out`.
    #[inline(always)]
    fn gather<S: Simd, const ROWS: usize>(
        &mut self,
        s: S,
        head: Head<'_>,
        first: usize,
        count: usize,
    ) {
        let panel = PANEL_VECTORS * S::LANES;
        let width = head.value_scales.len();
        let Self { probabilities, corrections, out, .. } = self;
        let groups = count.div_ceil(S::GROUP);
        // `KEYS` is a multiple of every GROUP, so a block begins with a whole group.
        let values = &head.values[first / S::GROUP * width..][..groups * width];
        let probabilities = &probabilities[..groups * panel];
        for at in (0..width).step_by(panel) {
            let scales =
                [s.load(&head.value_scales[at..]), s.load(&head.value_scales[at + S::LANES..])];
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

    /// Writes `out`, divided by the totals, to the head's places of `count` rows from `row` on.
    #[inline(always)]
    fn write<S: Simd>(
        &self,
        s: S,
        place: &mut Place<'_>,
        width: usize,
        row: usize,
        head: usize,
        count: usize,
    ) {
        let Place { heads, size, .. } = *place;
        let rows = self.out.chunks_exact(width).zip(&self.totals).take(count);
        for (query, (out, total)) in rows.enumerate() {
            // Numerator and total both count in units of `CERTAIN`, which cancels. The key at the
            // peak alone gives the total 255, so it is never 0.
            let inverse = s.splat(1.0 / total);
            let context = &mut place.context[((row + query) * heads + head) * size..][..size];
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

#[cfg(test)]
mod tests;
