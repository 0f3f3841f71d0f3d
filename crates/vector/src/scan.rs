//! The exact scan.

use rayon::prelude::*;
use trommel_core::PassageSet;
use trommel_kernels::Isa;
use trommel_kernels::screen::BLOCK_ROWS;

use crate::row_set::RowSet;
use crate::segment::Segment;
use crate::top::Top;

/// Rows whose scores are computed before any is looked at.
const BLOCK: usize = 256;
/// Rows that one task scans.
const TASK: usize = 8_192;
/// Rows from which several threads pay: below, waking one costs as much as it saves.
const PARALLEL_FROM: usize = 4 * TASK;

/// Vectors that are read one by one from which several threads pay.
const PARALLEL_READS_FROM: usize = 512;

/// Rows from which rounded rows are screened first: below, all are scored sooner than that.
const SCREEN_FROM: usize = 1_024;
/// Rows for each passage asked for from which screening pays: with fewer, too few are screened out.
const ROWS_PER_LIMIT: usize = 8;

/// Says whether a segment's rounded rows are to be screened first. With one wanted row in each block they still are, for
/// a block is read in one go and the rows' vectors are not.
pub(crate) fn pays_to_screen(
    segment: &Segment,
    limit: usize,
    allowed: Option<&PassageSet>,
) -> bool {
    let rows = segment.rows();
    let pays = limit > 0 && rows >= SCREEN_FROM && rows >= limit.saturating_mul(ROWS_PER_LIMIT);
    pays && allowed.is_none_or(|allowed| allowed.len() >= rows / BLOCK_ROWS)
}

/// Returns the best `limit` live passages of a segment.
pub(crate) fn all(segment: &Segment, dead: &RowSet, query: &[f32], limit: usize, isa: Isa) -> Top {
    let rows = segment.rows();
    let task = |first: usize| {
        let last = rows.min(first + TASK);
        range(segment, dead, query, limit, isa, first..last)
    };
    let tasks = rows.div_ceil(TASK);
    if rows < PARALLEL_FROM {
        (0..tasks).map(|it| task(it * TASK)).fold(Top::new(limit), Top::merge)
    } else {
        // What `Top` keeps does not depend on the order of merging, hence not on the threads.
        let tops = (0..tasks).into_par_iter().map(|it| task(it * TASK));
        tops.reduce(|| Top::new(limit), Top::merge)
    }
}

fn range(
    segment: &Segment,
    dead: &RowSet,
    query: &[f32],
    limit: usize,
    isa: Isa,
    rows: std::ops::Range<usize>,
) -> Top {
    let ids = segment.ids();
    let mut top = Top::new(limit);
    let mut scores = [0.0; BLOCK];
    for first in rows.clone().step_by(BLOCK) {
        let last = rows.end.min(first + BLOCK);
        let vectors = segment.vectors_of(first..last);
        // One call for many rows chooses the instruction set once, which is worth the scores of a
        // few dead rows.
        isa.dots(query, vectors, &mut scores);
        for (row, &score) in (first..last).zip(&scores) {
            if !dead.contains(row) {
                top.push(trommel_core::PassageId(ids[row]), score);
            }
        }
    }
    top
}

/// Returns the best `limit` live passages of a segment among `allowed`.
pub(crate) fn allowed(
    segment: &Segment,
    dead: &RowSet,
    query: &[f32],
    limit: usize,
    isa: Isa,
    allowed: &PassageSet,
) -> Top {
    // Collected first, since the rows must be counted to know whether threads pay.
    let rows = allowed_rows(segment, dead, allowed);
    let task = |rows: &[usize]| {
        let (mut top, mut buffer) = (Top::new(limit), Vec::new());
        for &row in rows {
            top.push(segment.id(row), isa.dot(query, segment.read(row, &mut buffer)));
        }
        top
    };
    if rows.len() < PARALLEL_READS_FROM {
        task(&rows)
    } else {
        let tasks = rows.par_chunks(PARALLEL_READS_FROM / 2);
        tasks.map(task).reduce(|| Top::new(limit), Top::merge)
    }
}

fn allowed_rows(segment: &Segment, dead: &RowSet, allowed: &PassageSet) -> Vec<usize> {
    let live = |row: &usize| !dead.contains(*row);
    // Few allowed ids are looked up one by one; many are cheaper to find by walking the rows.
    if are_many(allowed, segment) {
        (0..segment.rows()).filter(|&row| allowed.contains(segment.id(row))).filter(live).collect()
    } else {
        allowed.iter().filter_map(|id| segment.row(id)).filter(live).collect()
    }
}

fn are_many(allowed: &PassageSet, segment: &Segment) -> bool {
    allowed.len() >= segment.rows() / 8
}
