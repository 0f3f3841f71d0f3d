//! Screening by bounds, then scoring what is left.

use std::ops::Range;

use rayon::prelude::*;

use trommel_core::PassageSet;
use trommel_kernels::Isa;
use trommel_kernels::screen::{BLOCK_ROWS, Bounds, RoundedQuery};

use super::floor::Floor;
use crate::row_set::RowSet;
use crate::segment::Segment;
use crate::top::Top;

/// Blocks that one task screens.
const TASK: usize = 64;
/// Tasks from which several threads pay.
const PARALLEL_FROM: usize = 4;

/// Lower bounds that a task gathers before it tells the others.
const NOTED_AT_ONCE: usize = 32;
/// A segment of which rows are wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screened<'a> {
    pub(crate) segment: &'a Segment,
    pub(crate) dead: &'a RowSet,
    /// The passages that may be found; missing if all may.
    pub(crate) allowed: Option<&'a PassageSet>,
}

impl Screened<'_> {
    fn wants(&self, row: usize) -> bool {
        // The last block is filled up with rows of zeros.
        row < self.segment.rows()
            && !self.dead.contains(row)
            && self.allowed.is_none_or(|allowed| allowed.contains(self.segment.id(row)))
    }

    /// Says whether a block may have a row that is wanted: of few, most blocks have none and need not be read.
    fn may_want(&self, block: usize) -> bool {
        let first = block * BLOCK_ROWS;
        self.allowed.is_none() || (first..first + BLOCK_ROWS).any(|row| self.wants(row))
    }
}

/// A row that may be among the best.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    /// No less than its score.
    upper: f32,
    /// The place of its segment.
    segment: u32,
    row: u32,
}

/// Returns the best `limit` passages among the wanted rows of some segments: exactly those, and exactly the scores, that
/// [`Isa::dot`] gives for every row.
pub(crate) fn scan(segments: &[Screened<'_>], query: &[f32], limit: usize, isa: Isa) -> Top {
    let rounded = RoundedQuery::new(query);
    let floor = Floor::new(limit);
    // All segments at once: what the first have among them leaves few rows of the others.
    let tasks: Vec<(usize, Range<usize>)> = (segments.iter().enumerate())
        .flat_map(|(place, it)| {
            let blocks = it.segment.blocks();
            (0..blocks).step_by(TASK).map(move |at| (place, at..blocks.min(at + TASK)))
        })
        .collect();
    let screen = |(place, blocks): (usize, Range<usize>)| {
        screen(&segments[place], place as u32, &rounded, isa, &floor, blocks)
    };
    let mut candidates: Vec<Candidate> = if tasks.len() < PARALLEL_FROM {
        tasks.into_iter().flat_map(screen).collect()
    } else {
        tasks.into_par_iter().flat_map_iter(screen).collect()
    };
    // Whoever cannot reach what `limit` rows do reach is out; many more can than will.
    let floor = floor.settle();
    // A bound equal to the floor stays: of equal scores the smaller id wins, which is not known
    // here.
    candidates.retain(|it| it.upper >= floor);
    let (mut top, mut buffer) = (Top::new(limit), Vec::new());
    let mut score = |candidates: &[Candidate]| {
        for it in candidates {
            let (segment, row) = (segments[it.segment as usize].segment, it.row as usize);
            top.push(segment.id(row), isa.dot(query, segment.read(row, &mut buffer)));
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
    screened: &Screened<'_>,
    place: u32,
    query: &RoundedQuery,
    isa: Isa,
    floor: &Floor,
    blocks: Range<usize>,
) -> Vec<Candidate> {
    let segment = screened.segment;
    let mut candidates = Vec::new();
    let mut reached = Vec::new();
    let mut bounds = [Bounds::default(), Bounds::default()];
    // The first half of the blocks beside the second; of an odd number, one beside itself.
    let half = blocks.len().div_ceil(2);
    for first in blocks.start..blocks.start + half {
        // Two blocks that lie apart are two streams from memory, which wait less than one.
        let second = if first + half < blocks.end { first + half } else { first };
        if !screened.may_want(first) && !screened.may_want(second) {
            continue;
        }
        let (Some(a), Some(b)) = (segment.block(first), segment.block(second)) else { continue };
        let reaches = isa.bound([a, b], query, floor.get(), &mut bounds);
        let pair = [first, second].into_iter().zip(reaches).zip(&bounds);
        for ((at, reaches), bounds) in pair.take(if first == second { 1 } else { 2 }) {
            for within in ones(reaches) {
                let row = at * BLOCK_ROWS + within;
                if screened.wants(row) {
                    let upper = bounds.upper[within];
                    candidates.push(Candidate { upper, segment: place, row: row as u32 });
                    reached.push(bounds.lower[within]);
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
