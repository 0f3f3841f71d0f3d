//! Attention in f32.

use super::Place;
use crate::isa::simd::{Kernel, PANEL_VECTORS, Simd};
use crate::math::exp;

/// Keys of one block: its scores for one panel of queries stay in the second-level cache.
const KEYS: usize = 256;

/// Room for one head; kept between layers.
#[derive(Default)]
pub(crate) struct Scratch {
    keys: Vec<f32>,
    values: Vec<f32>,
    queries: Vec<f32>,
    scores: Vec<f32>,
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
        // ROWS · 2 sums, two vectors of the panel and one splat must stay in registers: 19 of 32,
        // or 11 of 16.
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
                // Keys and values are packed once for a head, because every panel of queries meets
                // all of them.
                self.pack_keys::<ROWS>(first, length, head);
                self.pack_values::<ROWS>(first, length, head);
                for query in (0..asking).step_by(panel) {
                    let count = panel.min(asking - query);
                    self.pack_queries(first + query, count, head, panel);
                    self.attend::<S, ROWS>(s, length);
                    self.write(row + query, count, head, panel);
                }
            }
            first += length;
            row += asking;
        }
    }

    /// Keys in tiles of `ROWS`: tile, dimension, key.
    #[inline(always)]
    fn pack_keys<const ROWS: usize>(&mut self, first: usize, length: usize, head: usize) {
        let mut keys = std::mem::take(&mut self.scratch.keys);
        // Keys that only fill up the last tile keep what an earlier head left there: `attend` cuts
        // their scores off.
        keys.resize(length.next_multiple_of(ROWS) * self.place.size, 0.0);
        for key in 0..length {
            // With 4 rows and 32 dimensions key 5 is the second of tile 1: it starts at 128 + 1,
            // and its dimensions are 4 apart.
            let start = key / ROWS * ROWS * self.place.size + key % ROWS;
            let places = keys[start..].iter_mut().step_by(ROWS);
            for (place, &x) in places.zip(self.place.head(first + key, 1, head)) {
                *place = x;
            }
        }
        self.scratch.keys = keys;
    }

    /// Values in tiles of `ROWS` dimensions: tile, key, dimension.
    #[inline(always)]
    fn pack_values<const ROWS: usize>(&mut self, first: usize, length: usize, head: usize) {
        let mut values = std::mem::take(&mut self.scratch.values);
        // Dimensions that only fill up the last tile keep old numbers too: `write` leaves them out.
        values.resize(length * self.place.size.next_multiple_of(ROWS), 0.0);
        for key in 0..length {
            let value = self.place.head(first + key, 2, head);
            for (tile, part) in value.chunks(ROWS).enumerate() {
                values[(tile * length + key) * ROWS..][..part.len()].copy_from_slice(part);
            }
        }
        self.scratch.values = values;
    }

    /// Queries across a panel, divided by √size: dimension, query. Lanes beyond `count` are 0.
    #[inline(always)]
    fn pack_queries(&mut self, token: usize, count: usize, head: usize, panel: usize) {
        // Scaling the queries scales every score, with one multiplication per query and dimension.
        let scale = 1.0 / (self.place.size as f32).sqrt();
        let mut queries = std::mem::take(&mut self.scratch.queries);
        queries.clear();
        queries.resize(self.place.size * panel, 0.0);
        for query in 0..count {
            let places = queries[query..].iter_mut().step_by(panel);
            for (place, &x) in places.zip(self.place.head(token + query, 0, head)) {
                *place = x * scale;
            }
        }
        self.scratch.queries = queries;
    }

    /// Fills `scratch.out` (dimension, query) for the packed queries, keys and values.
    #[inline(always)]
    fn attend<S: Simd, const ROWS: usize>(&mut self, s: S, length: usize) {
        let Scratch { keys, values, queries, scores, out } = &mut *self.scratch;
        let panel = PANEL_VECTORS * S::LANES;
        out.clear();
        out.resize(self.place.size.next_multiple_of(ROWS) * panel, 0.0);
        let mut peaks = [s.splat(f32::MIN); PANEL_VECTORS];
        let mut sums = [s.splat(0.0); PANEL_VECTORS];
        for first in (0..length).step_by(KEYS) {
            // `KEYS` is a multiple of `ROWS`, so every block begins with a whole tile.
            let count = KEYS.min(length - first);
            // `accumulate` adds to what is there.
            scores.clear();
            scores.resize(count.next_multiple_of(ROWS) * panel, 0.0);
            let tiles = keys[first * self.place.size..].chunks_exact(ROWS * self.place.size);
            for (tile, scores) in tiles.zip(scores.chunks_exact_mut(ROWS * panel)) {
                accumulate::<S, ROWS>(s, tile, queries, scores);
            }
            let scores = &mut scores[..count * panel];
            for (j, (peak, sum)) in peaks.iter_mut().zip(&mut sums).enumerate() {
                softmax_block(s, scores, out, j * S::LANES, peak, sum);
            }
            let tiles = values.chunks_exact(length * ROWS);
            for (tile, out) in tiles.zip(out.chunks_exact_mut(ROWS * panel)) {
                let tile = &tile[first * ROWS..][..count * ROWS];
                accumulate::<S, ROWS>(s, tile, scores, out);
            }
        }
        for (j, sum) in sums.into_iter().enumerate() {
            // The key at the peak counts e⁰ = 1, so no sum is near 0. A lane without a query has
            // equal scores for all keys and is left out by `write`.
            let inverse = s.div(s.splat(1.0), sum);
            for out in out.chunks_exact_mut(panel) {
                let out = &mut out[j * S::LANES..];
                let scaled = s.mul(s.load(out), inverse);
                s.store(out, scaled);
            }
        }
    }

    /// Writes `scratch.out` (dimension, query) to the head's places of `count` rows.
    #[inline(always)]
    fn write(&mut self, row: usize, count: usize, head: usize, panel: usize) {
        let Place { heads, size, .. } = self.place;
        for query in 0..count {
            let context = &mut self.place.context[((row + query) * heads + head) * size..][..size];
            let out = self.scratch.out[query..].iter().step_by(panel);
            for (context, &x) in context.iter_mut().zip(out) {
                *context = x;
            }
        }
    }
}

/// Adds the product of `tile` (steps × `ROWS`) and `panel` (steps × panel width) to `sums`
/// (`ROWS` × panel width).
#[inline(always)]
fn accumulate<S: Simd, const ROWS: usize>(s: S, tile: &[f32], panel: &[f32], sums: &mut [f32]) {
    let width = PANEL_VECTORS * S::LANES;
    let mut acc = [[s.splat(0.0); PANEL_VECTORS]; ROWS];
    for (acc, sums) in acc.iter_mut().zip(sums.chunks_exact(width)) {
        *acc = [s.load(sums), s.load(&sums[S::LANES..])];
    }
    for (column, weights) in tile.chunks_exact(ROWS).zip(panel.chunks_exact(width)) {
        let w0 = s.load(weights);
        let w1 = s.load(&weights[S::LANES..]);
        for (acc, &x) in acc.iter_mut().zip(column) {
            let x = s.splat(x);
            acc[0] = s.mul_add(x, w0, acc[0]);
            acc[1] = s.mul_add(x, w1, acc[1]);
        }
    }
    for (acc, sums) in acc.iter().zip(sums.chunks_exact_mut(width)) {
        s.store(sums, acc[0]);
        s.store(&mut sums[S::LANES..], acc[1]);
    }
}

/// Turns one block of scores into e^(score − peak) in the vector at `lane` of each row, and
/// brings `out` and `sum` of the earlier blocks under the new peak.
#[inline(always)]
fn softmax_block<S: Simd>(
    s: S,
    scores: &mut [f32],
    out: &mut [f32],
    lane: usize,
    peak: &mut S::F,
    sum: &mut S::F,
) {
    let panel = PANEL_VECTORS * S::LANES;
    let mut new = *peak;
    for row in scores.chunks_exact(panel) {
        new = s.max(new, s.load(&row[lane..]));
    }
    // At the first block `out` and `sum` are 0, so what they are multiplied by does not matter.
    let correction = exp(s, s.sub(*peak, new));
    *peak = new;
    for out in out.chunks_exact_mut(panel) {
        let out = &mut out[lane..];
        let scaled = s.mul(s.load(out), correction);
        s.store(out, scaled);
    }
    let mut total = s.mul(*sum, correction);
    for row in scores.chunks_exact_mut(panel) {
        let row = &mut row[lane..];
        let e = exp(s, s.sub(s.load(row), new));
        total = s.add(total, e);
        s.store(row, e);
    }
    *sum = total;
}
