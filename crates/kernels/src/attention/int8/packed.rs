//! Queries, keys and values of one sequence in eight bits.
//!
//! They are packed for all heads at once, token by token, because that is the order in which they
//! lie in memory: a head at a time would touch a page for every token.

use super::super::Place;
use crate::isa::simd::{MAX_GROUP, PANEL_VECTORS, Simd};
use crate::quantise::{PEAK, Span, TINY, quantise};

/// One sequence, packed; kept between layers.
#[derive(Default)]
pub(super) struct Packed {
    /// Tokens of the sequence, and of them those that ask.
    length: usize,
    asking: usize,
    /// Keys of a head, filled up to whole tiles.
    rows: usize,
    /// Words of one token and head, filled up to whole vectors.
    steps: usize,
    /// Dimensions of a head, filled up to whole panels.
    width: usize,
    /// Head, token, step; a step is a word of GROUP dimensions.
    queries: Vec<i32>,
    query_scales: Vec<f32>,
    /// Head, key, step.
    keys: Vec<i32>,
    key_scales: Vec<f32>,
    /// Head, group of keys, dimension.
    values: Vec<i32>,
    value_scales: Vec<f32>,
    /// By head and dimension: what a value is multiplied by.
    inverses: Vec<f32>,
}

/// The keys and values of one head.
#[derive(Clone, Copy)]
pub(super) struct Head<'a> {
    /// Key, step.
    pub(super) keys: &'a [i32],
    pub(super) key_scales: &'a [f32],
    /// Group of keys, dimension.
    pub(super) values: &'a [i32],
    pub(super) value_scales: &'a [f32],
}

impl Packed {
    /// Packs the `length` tokens from `first` on; keys come in tiles of `tile`.
    #[inline(always)]
    pub(super) fn pack<S: Simd>(
        &mut self,
        s: S,
        place: &Place<'_>,
        (first, length): (usize, usize),
        tile: usize,
    ) {
        let size = place.size;
        self.length = length;
        self.asking = length.min(place.asking);
        self.rows = length.next_multiple_of(tile);
        self.steps = size.next_multiple_of(S::LANES) / S::GROUP;
        self.width = size.next_multiple_of(PANEL_VECTORS * S::LANES);
        // Keys that fill a tile up and dimensions that fill a panel up may hold anything: what they
        // make is not used.
        self.queries.resize(place.heads * self.asking * self.steps, 0);
        self.query_scales.resize(place.heads * self.asking, 0.0);
        self.keys.resize(place.heads * self.rows * self.steps, 0);
        self.key_scales.resize(place.heads * self.rows, 0.0);
        self.values.resize(place.heads * length.div_ceil(S::GROUP) * self.width, 0);
        self.value_scales.resize(place.heads * self.width, 0.0);
        self.inverses.resize(place.heads * self.width, 0.0);
        self.pack_queries_and_keys(s, place, first);
        self.measure_values(s, place, first);
        self.pack_values(s, place, first);
    }

    #[inline(always)]
    fn pack_queries_and_keys<S: Simd>(&mut self, s: S, place: &Place<'_>, first: usize) {
        let steps = self.steps;
        for token in 0..self.length {
            for head in 0..place.heads {
                // The multiply-add takes unsigned by signed bytes. Queries are the signed side;
                // keys get the offset, once for all queries that meet them. Dimensions that fill up
                // a vector are 0 in a query, so what a key holds there does not count.
                if token < self.asking {
                    let at = head * self.asking + token;
                    let words = &mut self.queries[at * steps..][..steps];
                    let query = place.head(first + token, 0, head);
                    self.query_scales[at] = quantise(s, query, Span::Even, 0, words);
                }
                let at = head * self.rows + token;
                let words = &mut self.keys[at * steps..][..steps];
                let key = place.head(first + token, 1, head);
                self.key_scales[at] = quantise(s, key, Span::Even, S::OFFSET, words);
            }
        }
    }

    /// Finds the unit of each dimension of the values: its largest magnitude is 127.
    #[inline(always)]
    fn measure_values<S: Simd>(&mut self, s: S, place: &Place<'_>, first: usize) {
        // A value's probability changes from key to key, so keys can have no scale of their own in
        // the sum over them: the unit is per dimension. Until the last token is seen,
        // `value_scales` holds the largest magnitudes.
        let peaks = &mut self.value_scales;
        peaks.fill(TINY);
        for token in first..first + self.length {
            for (head, peaks) in peaks.chunks_exact_mut(self.width).enumerate() {
                let value = place.head(token, 2, head).chunks(S::LANES);
                for (value, peaks) in value.zip(peaks.chunks_exact_mut(S::LANES)) {
                    let peak = s.max(s.load(peaks), s.abs(load(s, value)));
                    s.store(peaks, peak);
                }
            }
        }
        let scales = peaks.chunks_exact_mut(S::LANES);
        for (scale, inverse) in scales.zip(self.inverses.chunks_exact_mut(S::LANES)) {
            let peak = s.load(scale);
            s.store(scale, s.mul(peak, s.splat(1.0 / PEAK)));
            s.store(inverse, s.div(s.splat(PEAK), peak));
        }
    }

    #[inline(always)]
    fn pack_values<S: Simd>(&mut self, s: S, place: &Place<'_>, first: usize) {
        let groups = self.length.div_ceil(S::GROUP);
        for group in 0..groups {
            let key = group * S::GROUP;
            for head in 0..place.heads {
                let words = &mut self.values[(head * groups + group) * self.width..][..self.width];
                let inverses = &self.inverses[head * self.width..][..self.width];
                for at in (0..place.size).step_by(S::LANES) {
                    let inverse = s.load(&inverses[at..]);
                    let mut parts = [s.splat_i32(0); MAX_GROUP];
                    let present = S::GROUP.min(self.length - key);
                    for (i, part) in parts.iter_mut().enumerate().take(present) {
                        let value = &place.head(first + key + i, 2, head)[at..];
                        *part = s.to_i32(s.mul(load(s, value), inverse));
                    }
                    s.store_i32(&mut words[at..], s.join(parts));
                }
            }
        }
    }

    /// Returns the dimensions of a head, filled up to whole panels.
    #[inline(always)]
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Returns the words of one token and head.
    #[inline(always)]
    pub(super) fn steps(&self) -> usize {
        self.steps
    }

    /// Returns the words and the units of `count` queries of one head from `first` on.
    #[inline(always)]
    pub(super) fn queries(&self, head: usize, first: usize, count: usize) -> (&[i32], &[f32]) {
        let at = head * self.asking + first;
        (&self.queries[at * self.steps..][..count * self.steps], &self.query_scales[at..][..count])
    }

    #[inline(always)]
    pub(super) fn head(&self, head: usize) -> Head<'_> {
        let Self { rows, steps, width, .. } = *self;
        // `value_scales` has `width` numbers for each head, so this is the words of one head.
        let values = self.values.len() / (self.value_scales.len() / width);
        Head {
            keys: &self.keys[head * rows * steps..][..rows * steps],
            key_scales: &self.key_scales[head * rows..][..rows],
            values: &self.values[head * values..][..values],
            value_scales: &self.value_scales[head * width..][..width],
        }
    }
}

/// Loads a vector, or what is left of one.
#[inline(always)]
fn load<S: Simd>(s: S, x: &[f32]) -> S::F {
    if x.len() >= S::LANES { s.load(x) } else { s.load_part(x) }
}
