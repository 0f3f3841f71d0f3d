//! Screening by bounds, then scoring what is left.

use std::ops::Range;

use rayon::prelude::*;

use trommel_kernels::Isa;
use trommel_kernels::screen::{BLOCK_ROWS, Bounds, RoundedQuery, prefetch};

use super::floor::Floor;
use crate::segment::Segment;
use crate::top::Top;

/// Blocks that one task screens.
const TASK: usize = 64;
/// Blocks from which several threads pay.
const PARALLEL_FROM: usize = 4 * TASK;

/// Lower bounds that a task gathers before it tells the others.
const NOTED_AT_ONCE: usize = 32;
/// How many rows before its turn a vector is asked for: vectors lie far apart, and memory would be
/// waited for at each.
const AHEAD: usize = 4;

/// A row that may be among the best.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    /// No less than its score.
    upper: f32,
    row: u32,
}

/// Returns the best `limit` passages among the rows of a segment that `wanted` takes: exactly
/// those, and exactly the scores, that [`Isa::dot`] gives for every row.
pub(crate) fn scan(
    segment: &Segment,
    query: &[f32],
    limit: usize,
    isa: Isa,
    wanted: impl Fn(usize) -> bool + Sync,
) -> Top {
    let rounded = RoundedQuery::new(query);
    let floor = Floor::new(limit);
    let screen = |blocks| screen(segment, &rounded, isa, &floor, &wanted, blocks);
    let blocks = segment.blocks();
    let mut candidates = if blocks < PARALLEL_FROM {
        screen(0..blocks)
    } else {
        let tasks = (0..blocks.div_ceil(TASK)).into_par_iter();
        tasks.flat_map_iter(|at| screen(at * TASK..blocks.min((at + 1) * TASK))).collect()
    };
    // Whoever cannot reach what `limit` rows do reach is out; many more can than will.
    let floor = floor.settle();
    // A bound equal to the floor stays: of equal scores the smaller id wins, which is not known
    // here.
    candidates.retain(|it| it.upper >= floor);
    let mut top = Top::new(limit);
    let mut score = |candidates: &[Candidate]| {
        for (at, row) in candidates.iter().map(|it| it.row as usize).enumerate() {
            if let Some(later) = candidates.get(at + AHEAD) {
                prefetch(segment.unverified(later.row as usize));
            }
            top.push(segment.id(row), isa.dot(query, segment.vector(row)));
        }
        top.worst()
    };
    // The most promising first: what they reach leaves few of the others to be scored.
    // Every round takes `limit` rows off, and `limit` is not 0 here, so this ends.
    while candidates.len() > limit {
        candidates.select_nth_unstable_by(limit, |a, b| b.upper.total_cmp(&a.upper));
        let others = candidates.split_off(limit);
        let worst = score(&candidates).unwrap_or(f32::NEG_INFINITY);
        candidates = others;
        candidates.retain(|it| it.upper >= worst);
    }
    score(&candidates);
    top
}

/// Returns the wanted rows of some blocks that may reach the floor as it was when they were met.
fn screen(
    segment: &Segment,
    query: &RoundedQuery,
    isa: Isa,
    floor: &Floor,
    wanted: &impl Fn(usize) -> bool,
    blocks: Range<usize>,
) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    let mut reached = Vec::new();
    let mut bounds = [Bounds::default(), Bounds::default()];
    // The first half of the blocks beside the second; of an odd number, one beside itself.
    let half = blocks.len().div_ceil(2);
    for first in blocks.start..blocks.start + half {
        // Two blocks that lie apart are two streams from memory, which wait less than one.
        let second = if first + half < blocks.end { first + half } else { first };
        let (Some(a), Some(b)) = (segment.block(first), segment.block(second)) else { continue };
        let reaches = isa.bound([a, b], query, floor.get(), &mut bounds);
        let pair = [first, second].into_iter().zip(reaches).zip(&bounds);
        for ((at, reaches), bounds) in pair.take(if first == second { 1 } else { 2 }) {
            for place in ones(reaches) {
                let row = at * BLOCK_ROWS + place;
                // The last block is filled up with rows of zeros.
                if row < segment.rows() && wanted(row) {
                    candidates.push(Candidate { upper: bounds.upper[place], row: row as u32 });
                    reached.push(bounds.lower[place]);
                }
            }
        }
        if reached.len() >= NOTED_AT_ONCE {
            floor.note(reached.drain(..));
        }
    }
    floor.note(reached);
    candidates
}

/// Walks the places of the bits that are set, lowest first.
fn ones(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = bits.trailing_zeros() as usize;
        // Clears the lowest bit that is set; without any, `trailing_zeros` was 64 and the walk
        // ends.
        bits &= bits.wrapping_sub(1);
        (place < BLOCK_ROWS).then_some(place)
    })
}
