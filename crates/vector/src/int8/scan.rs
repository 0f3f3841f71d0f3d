//! Screening by bounds, then scoring what is left.

use std::ops::Range;

use rayon::prelude::*;

use super::floor::Floor;
use super::isa::Bounds;
use super::{Isa, ROWS, RoundedQuery};
use crate::dot::Dot;
use crate::segment::Segment;
use crate::top::Top;

/// Blocks that one task screens.
const TASK: usize = 64;
/// Blocks from which several threads pay.
const PARALLEL_FROM: usize = 4 * TASK;

/// A row that may be among the best.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    /// No less than its score.
    upper: f32,
    row: u32,
}

/// Returns the best `limit` passages among the rows of a segment that `wanted` takes: exactly
/// those, and exactly the scores, that `dot` gives for every row.
pub(crate) fn scan(
    segment: &Segment,
    query: &[f32],
    limit: usize,
    dot: Dot,
    isa: Isa,
    wanted: impl Fn(usize) -> bool + Sync,
) -> Top {
    let rounded = RoundedQuery::new(query);
    let floor = Floor::new(limit);
    let screen = |blocks| screen(segment, &rounded, isa, &floor, &wanted, blocks);
    let blocks = segment.blocks().len();
    let mut candidates = if blocks < PARALLEL_FROM {
        screen(0..blocks)
    } else {
        let tasks = (0..blocks.div_ceil(TASK)).into_par_iter();
        tasks.flat_map_iter(|at| screen(at * TASK..blocks.min((at + 1) * TASK))).collect()
    };
    // What the floor rose to in the end is below the `limit` best scores as well.
    let floor = floor.get();
    candidates.retain(|it| it.upper >= floor);
    // By rising bound, and of equal ones the smaller row last.
    candidates.sort_unstable_by(|a, b| a.upper.total_cmp(&b.upper).then(b.row.cmp(&a.row)));
    let mut top = Top::new(limit);
    for Candidate { upper, row } in candidates.into_iter().rev() {
        if top.worst().is_some_and(|worst| upper < worst) {
            break;
        }
        let row = row as usize;
        top.push(segment.id(row), dot.one(query, segment.vector(row)));
    }
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
    let all = segment.blocks();
    let mut candidates = Vec::new();
    let mut bounds = Bounds::new();
    for at in blocks {
        let Some(block) = all.get(at) else { continue };
        let lowest = floor.get();
        if !isa.bound(block, query, lowest, &mut bounds) {
            continue;
        }
        let first = at * ROWS;
        let before = candidates.len();
        for row in 0..ROWS.min(segment.rows() - first) {
            let upper = bounds.middle[row] + bounds.margin[row];
            if upper >= lowest && wanted(first + row) {
                candidates.push(Candidate { upper, row: (first + row) as u32 });
            }
        }
        if candidates.len() > before {
            let new = candidates[before..].iter().map(|it| it.row as usize - first);
            floor.raise(new.map(|row| bounds.middle[row] - bounds.margin[row]));
        }
    }
    candidates
}
